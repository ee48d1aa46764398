/**
 * The `Athena` port: starts one statement, polls it to its end, and pages through its answer.
 * Source: Amazon Athena API reference, StartQueryExecution, GetQueryExecution, GetQueryResults, StopQueryExecution.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { attempt } from '../domain/aws-errors.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Athena, AthenaQuery } from '../ports.ts'
import { abortable, type Aws, type Place } from './clients.ts'

export interface AthenaNeeds {
  readonly aws: Pick<Aws, 'athena'>
  readonly place: Place
  /** Makes the token by which Athena knows a retried start: 32 to 128 characters. */
  readonly token: () => string
  readonly pollMs?: number | undefined
}

const POLL_MS = 1000
/** The most that one request gives. */
const PAGE = 1000

export function makeAthena({ aws, place, token, pollMs = POLL_MS }: AthenaNeeds): Athena {
  const { region } = place
  return {
    async run(query) {
      const client = aws.athena(place)
      const queryId = await start(client, query)
      const ended = await waitFor(client, queryId, query)
      return {
        queryId,
        scannedBytes: ended.Statistics?.DataScannedInBytes ?? 0,
        rows: () => pages(client, queryId, query.signal),
      }
    },
  }

  async function start(client: AthenaClient, query: AthenaQuery): Promise<string> {
    const started = await attempt({ action: 'athena:StartQueryExecution', resource: named(query), region }, () =>
      client.send(
        new StartQueryExecutionCommand({
          QueryString: query.sql,
          ClientRequestToken: token(),
          ...(query.database === undefined ? {} : { QueryExecutionContext: { Database: query.database } }),
          ...(query.output === undefined ? {} : { ResultConfiguration: { OutputLocation: query.output } }),
          ...(query.workgroup === undefined ? {} : { WorkGroup: query.workgroup }),
        }),
        abortable(query.signal),
      ),
    )
    if (started.QueryExecutionId === undefined) throw new LandfallError('ATHENA_FAILED', 'Athena gave the query no id')
    return started.QueryExecutionId
  }

  async function waitFor(client: AthenaClient, queryId: string, query: AthenaQuery): Promise<QueryExecution> {
    const { signal, progress } = query
    try {
      for (;;) {
        const { QueryExecution: now } = await attempt(
          { action: 'athena:GetQueryExecution', resource: `query ${queryId}`, region },
          () => client.send(new GetQueryExecutionCommand({ QueryExecutionId: queryId }), abortable(signal)),
        )
        const state = now?.Status?.State
        if (now !== undefined && state === 'SUCCEEDED') return now
        if (state === 'FAILED' || state === 'CANCELLED') throw failed(queryId, state, now)
        progress?.(state ?? 'QUEUED', now?.Statistics?.DataScannedInBytes ?? 0)
        await sleep(pollMs, undefined, signal === undefined ? {} : { signal })
      }
    } catch (error) {
      // What is given up here would go on scanning there, and be paid for.
      if (signal?.aborted === true) await stop(client, queryId)
      throw error
    }
  }

  async function stop(client: AthenaClient, queryId: string): Promise<void> {
    await client.send(new StopQueryExecutionCommand({ QueryExecutionId: queryId })).catch(() => {})
  }

  async function* pages(
    client: AthenaClient,
    queryId: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly (readonly (string | null)[])[]> {
    let next: string | undefined
    let isFirst = true
    do {
      const page = await attempt({ action: 'athena:GetQueryResults', resource: `query ${queryId}`, region }, () =>
        client.send(
          new GetQueryResultsCommand({
            QueryExecutionId: queryId,
            MaxResults: PAGE,
            ...(next === undefined ? {} : { NextToken: next }),
          }),
          abortable(signal),
        ),
      )
      const rows = (page.ResultSet?.Rows ?? []).map(({ Data: data = [] }) =>
        data.map(({ VarCharValue: value }) => value ?? null),
      )
      // The first row of the first page is the columns' names.
      yield isFirst ? rows.slice(1) : rows
      isFirst = false
      next = page.NextToken
    } while (next !== undefined)
  }
}

function named({ workgroup, output }: AthenaQuery): string {
  return `work group ${workgroup ?? 'primary'}${output === undefined ? '' : `, output ${output}`}`
}

function failed(queryId: string, state: string, execution: QueryExecution | undefined): LandfallError {
  const why = execution?.Status?.StateChangeReason ?? 'Athena gives no reason'
  return new LandfallError(
    'ATHENA_FAILED',
    `query ${queryId} ${state === 'FAILED' ? 'failed' : 'was cancelled'}: ${why}`,
    {
      details: { queryId, errorType: execution?.Status?.AthenaError?.ErrorType },
    },
  )
}
