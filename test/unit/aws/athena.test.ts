import { expect, test } from 'vitest'
import { makeAthena } from '../../../src/aws/athena.ts'
import { makeAws } from '../../../src/aws/clients.ts'
import { type FakeReply, type FakeRequest, startFakeAws } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate } from '../../support/small-estate.ts'

const json = (body: object, status = 200): FakeReply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
})
const actionOf = ({ headers }: FakeRequest): string => String(headers['x-amz-target']).replace('AmazonAthena.', '')
const bodyOf = ({ body }: FakeRequest): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>
const row = (...values: readonly (string | null)[]) => ({
  Data: values.map((value) => (value === null ? {} : { VarCharValue: value })),
})

/** Answers GetQueryExecution with these states in turn, the last one again and again. */
function engine(
  states: readonly { readonly State: string; readonly StateChangeReason?: string }[],
  pages: readonly object[] = [],
) {
  let polls = 0
  return (request: FakeRequest): FakeReply => {
    const said = bodyOf(request)
    switch (actionOf(request)) {
      case 'StartQueryExecution':
        return json({ QueryExecutionId: 'q-1' })
      case 'GetQueryExecution': {
        const Status = states[Math.min(polls++, states.length - 1)]
        return json({ QueryExecution: { QueryExecutionId: 'q-1', Status, Statistics: { DataScannedInBytes: 1234 } } })
      }
      case 'GetQueryResults':
        return json(pages[Number(said['NextToken'] ?? 0)] ?? {})
      default:
        return json({})
    }
  }
}

async function withAthena(
  reply: (request: FakeRequest) => FakeReply,
  use: (athena: ReturnType<typeof makeAthena>, requests: readonly FakeRequest[]) => Promise<void>,
) {
  await using fake = await startFakeAws(reply)
  const aws = makeAws({ estate: smallEstate(), log: recordingLog(), pathStyle: true })
  try {
    const place = { account: 'main', region: 'eu-west-2' }
    await use(makeAthena({ aws, place, token: () => 'landfall-token-of-32-characters-x', pollMs: 1 }), fake.requests)
  } finally {
    aws.close()
  }
}

async function all(rows: AsyncIterable<readonly (readonly (string | null)[])[]>) {
  const found: (readonly (string | null)[])[] = []
  for await (const page of rows) found.push(...page)
  return found
}

test('a statement is started, waited for, and its answer paged through, without the head', async () => {
  const pages = [
    { ResultSet: { Rows: [row('side', 'key'), row('source', 'a')] }, NextToken: '1' },
    { ResultSet: { Rows: [row('source', 'b,"\u001b'), row('destination', null)] } },
  ]
  await withAthena(
    engine([{ State: 'QUEUED' }, { State: 'RUNNING' }, { State: 'SUCCEEDED' }], pages),
    async (athena, requests) => {
      const seen: string[] = []
      const answer = await athena.run({
        sql: 'SELECT 1',
        database: 'inventories',
        output: 's3://out/',
        workgroup: 'audits',
        progress: (state) => seen.push(state),
      })
      expect(answer).toMatchObject({ queryId: 'q-1', scannedBytes: 1234 })
      expect(await all(answer.rows())).toEqual([
        ['source', 'a'],
        ['source', 'b,"\u001b'],
        ['destination', null],
      ])
      expect(seen).toEqual(['QUEUED', 'RUNNING'])
      expect(bodyOf(requests[0]!)).toEqual({
        QueryString: 'SELECT 1',
        ClientRequestToken: 'landfall-token-of-32-characters-x',
        QueryExecutionContext: { Database: 'inventories' },
        ResultConfiguration: { OutputLocation: 's3://out/' },
        WorkGroup: 'audits',
      })
    },
  )
})

test('a failure carries the id and the reason that Athena gives', async () => {
  const reply = engine([{ State: 'FAILED', StateChangeReason: 'TABLE_NOT_FOUND: line 3:8: Table does not exist' }])
  await withAthena(reply, async (athena) => {
    await expect(athena.run({ sql: 'SELECT 1' })).rejects.toMatchObject({
      code: 'ATHENA_FAILED',
      message: expect.stringMatching(/q-1 failed: TABLE_NOT_FOUND/) as string,
    })
  })
})

test('given up here, it is stopped there', async () => {
  const ended = new AbortController()
  await withAthena(engine([{ State: 'RUNNING' }]), async (athena, requests) => {
    const run = athena.run({ sql: 'SELECT 1', signal: ended.signal, progress: () => ended.abort() })
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }) as Error)
    expect(actionOf(requests.at(-1)!)).toBe('StopQueryExecution')
    expect(bodyOf(requests.at(-1)!)).toEqual({ QueryExecutionId: 'q-1' })
  })
})

test('a refused start names the action', async () => {
  const denied = json(
    { __type: 'AccessDeniedException', Message: 'not authorized to perform: athena:StartQueryExecution on x' },
    400,
  )
  await withAthena(
    () => denied,
    async (athena) => {
      await expect(athena.run({ sql: 'SELECT 1', workgroup: 'audits' })).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        message: 'athena:StartQueryExecution is denied on work group audits (eu-west-2)',
      })
    },
  )
})
