/** `landfall audit --inventory ... --engine athena`: the same join on Amazon Athena, printed or run. */
import { createHash } from 'node:crypto'
import { makeAthena } from '../aws/athena.ts'
import type { Pair } from '../config/estate.ts'
import { type AthenaTable, athenaRelation, tableOf } from '../inventory/athena-sql.ts'
import { ageNote, auditOfRows, startOf } from '../inventory/audit.ts'
import { joinSql } from '../inventory/sql.ts'
import { processName, systemClock } from '../system.ts'
import type { At, Joined, RulesAt } from './audit-inventory.ts'
import type { Asked } from './audit-inventory-options.ts'
import type { Io } from './command.ts'
import { printJson, printLine } from './output.ts'

interface Tables {
  readonly source: AthenaTable
  readonly destination: AthenaTable
}

function tablesOf([source, destination]: readonly [string, string]): Tables {
  return { source: tableOf(source), destination: tableOf(destination) }
}

function sqlOf(pair: Pair, tables: Tables, { athenaEncodedKeys, prefix }: Asked): string {
  const relation = (side: 'source' | 'destination'): string =>
    athenaRelation({ table: tables[side], bucket: pair[side].bucket, encodedKeys: athenaEncodedKeys === true })
  return joinSql({
    source: relation('source'),
    destination: relation('destination'),
    dialect: 'athena',
    match: pair.match,
    prefix,
  })
}

export function printAthenaSql(pair: Pair, names: readonly [string, string], options: Asked, io: Io): void {
  const sql = sqlOf(pair, tablesOf(names), options)
  if (options.json) printJson(io.stdout, { pair: pair.name, sql })
  else printLine(io.stdout, sql.trimEnd())
  printLine(io.stderr, 'Nothing was run. --run runs it on Athena, classifies its rows and reports.')
}

/** Dollars a byte (Amazon Athena pricing, SQL queries: $5 a TB scanned in most regions). */
const DOLLARS_A_BYTE = 5 / 1e12

export async function athenaFindings(
  pair: Pair,
  names: readonly [string, string],
  options: Asked,
  at: Pick<At, 'estate' | 'aws' | 'progress' | 'signal'> & { readonly rules: RulesAt },
): Promise<Joined> {
  const { estate, aws, progress, signal } = at
  const tables = tablesOf(names)
  const region = options.athenaRegion ?? estate.service.region
  const athena = makeAthena({
    aws,
    place: { account: pair.destination.account, region },
    // Athena takes 32 to 128 characters.
    token: () => createHash('sha256').update(processName()).digest('hex'),
  })
  const startedAt = startOf(tables, systemClock.now())
  const rules = await at.rules(startedAt)
  progress.say(`${pair.name}: Athena joins in ${region}`)
  const answer = await athena.run({
    sql: sqlOf(pair, tables, options),
    database: options.athenaDatabase,
    output: options.athenaOutput,
    workgroup: options.athenaWorkgroup,
    signal,
    progress: (state, bytes) =>
      progress.update(`${pair.name}: ${state.toLowerCase()}, ${(bytes / 1e9).toFixed(2)} GB scanned`),
  })
  const gb = (answer.scannedBytes / 1e9).toFixed(2)
  const dollars = (answer.scannedBytes * DOLLARS_A_BYTE).toFixed(2)
  const cost = `Athena scanned ${gb} GB for query ${answer.queryId}: about $${dollars} at $5 a TB.`
  progress.say(cost)
  return {
    findings: auditOfRows(answer.rows(), { rules, tables, prefix: options.prefix }),
    rules,
    notes: [ageNote(startedAt, systemClock.now()), cost],
  }
}
