/**
 * The text for Athena, run by DuckDB with Trino's own functions under their names: no Trino is at hand, and this holds
 * its joins, casts and NULLs to what the text for DuckDB says. What Trino alone would refuse, it does not show.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NO_LIFECYCLE } from '../../../src/domain/audit/lifecycle.ts'
import { athenaRelation, tableOf } from '../../../src/inventory/athena-sql.ts'
import { auditOfRows, startOf } from '../../../src/inventory/audit.ts'
import type { RawRow } from '../../../src/inventory/rows.ts'
import { joinSql } from '../../../src/inventory/sql.ts'

const CATALOG = 's3tablescatalog/aws-s3'
const DAY = '2026-11-24'
const DT = '2026-11-24-01-00'
const NOW = Date.UTC(2026, 10, 24, 12)

let instance: DuckDBInstance
let connection: DuckDBConnection

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`ATTACH ':memory:' AS "${CATALOG}"`)
  await connection.run(
    "CREATE MACRO from_iso8601_timestamp(x) AS CAST(CASE WHEN x LIKE '%T%' THEN x ELSE 'no time' END AS TIMESTAMPTZ)",
  )
  await connection.run('CREATE MACRO to_unixtime(x) AS epoch(x)')
  // The user guide's tables: of CSV all texts, of Parquet times in ms, of Iceberg true times.
  const text = ['csv', 'VARCHAR', 'VARCHAR', 'VARCHAR'] as const
  for (const [name, flag, size, time] of [text, ['parquet', 'BOOLEAN', 'BIGINT', 'BIGINT'] as const]) {
    for (const side of ['s', 'd']) {
      await connection.run(
        `CREATE TABLE ${name}_${side} (bucket VARCHAR, "key" VARCHAR, version_id VARCHAR, is_latest ${flag}, is_delete_marker ${flag}, size ${size}, last_modified_date ${time}, e_tag VARCHAR, replication_status VARCHAR, dt VARCHAR)`,
      )
    }
  }
  for (const side of ['s', 'd']) {
    await connection.run(`CREATE SCHEMA "${CATALOG}".b_${side}`)
    await connection.run(
      `CREATE TABLE "${CATALOG}".b_${side}.inventory (bucket VARCHAR, "key" VARCHAR, sequence_number VARCHAR, version_id VARCHAR, is_delete_marker BOOLEAN, size BIGINT, last_modified_date TIMESTAMPTZ, e_tag VARCHAR)`,
    )
  }
  await fill()
})

afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

interface Row {
  readonly key: string
  readonly id: string | null
  readonly latest: boolean
  readonly marker: boolean
  readonly size: number | null
  /** Hour of the day. */
  readonly hour: number
  readonly status: string | null
}

const object = (key: string, more: Partial<Row> = {}): Row => ({
  key,
  id: `v-${key}`,
  latest: true,
  marker: false,
  size: 5,
  hour: 0,
  status: 'COMPLETED',
  ...more,
})
const SOURCE = [
  object('same'),
  object('a b+c'),
  object('never', { status: null }),
  object('size'),
  object('unversioned', { id: null }),
  object('old', { latest: false }),
  { ...object('old', { hour: 0.5 }), id: 'marker', marker: true, size: null, status: null },
  object('young', { hour: 11.9 }),
]
const DESTINATION = [
  object('same'),
  object('size', { size: 6 }),
  object('unversioned', { id: null }),
  object('old', { latest: false }),
  { ...object('old', { hour: 0.5 }), id: 'marker', marker: true, size: null, status: null },
]

async function fill(): Promise<void> {
  for (const [side, bucket, rows] of [
    ['s', 'source', SOURCE],
    ['d', 'destination', DESTINATION],
  ] as const) {
    for (const row of rows) {
      const at = new Date(Date.parse(`${DAY}T00:00:00Z`) + row.hour * 3_600_000)
      const etag = row.marker ? null : 'e'
      const size = row.size === null ? null : BigInt(row.size)
      const csv = [
        bucket,
        encodeURIComponent(row.key),
        row.id ?? '',
        String(row.latest),
        String(row.marker),
        String(row.size ?? ''),
        at.toISOString(),
        etag ?? '',
        row.status ?? '',
        DT,
      ]
      await connection.run(`INSERT INTO csv_${side} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, csv)
      await connection.run(`INSERT INTO parquet_${side} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, [
        bucket,
        row.key,
        row.id,
        row.latest,
        row.marker,
        size,
        BigInt(at.getTime()),
        etag,
        row.status,
        DT,
      ])
      await connection.run(
        `INSERT INTO "${CATALOG}".b_${side}.inventory VALUES ($1, $2, $3, $4, $5, $6, CAST($7 AS TIMESTAMPTZ), $8)`,
        [bucket, row.key, String(row.hour), row.id, row.marker, size, at.toISOString(), etag],
      )
    }
    // Another day, and another bucket, in the same table.
    await connection.run(
      `INSERT INTO parquet_${side} VALUES ('${bucket}', 'yesterday', 'v', true, false, 1, 1, 'e', 'COMPLETED', '2026-11-23-01-00')`,
    )
    await connection.run(
      `INSERT INTO parquet_${side} VALUES ('other', 'other', 'v', true, false, 1, 1, 'e', 'COMPLETED', '${DT}')`,
    )
  }
}

async function audited(source: string, destination: string, encodedKeys: boolean) {
  const tables = { source: tableOf(source), destination: tableOf(destination) }
  const sql = joinSql({
    source: athenaRelation({ table: tables.source, bucket: 'source', encodedKeys }),
    destination: athenaRelation({ table: tables.destination, bucket: 'destination', encodedKeys }),
    dialect: 'athena',
    match: 'version',
  })
  const answer = (await connection.runAndReadAll(sql)).getRowsJson() as readonly RawRow[]
  async function* rows(): AsyncGenerator<readonly RawRow[]> {
    yield answer
  }
  const policy = { match: 'version', deleteMarkers: true, excludePrefixes: [], lateAfterMs: 900_000 } as const
  const rules = {
    policy,
    startedAt: startOf(tables, NOW),
    lifecycle: { source: NO_LIFECYCLE, destination: NO_LIFECYCLE },
  }
  const walk = auditOfRows(rows(), { rules, tables })
  const found: string[] = []
  for (;;) {
    const next = await walk.next()
    if (next.done === true) return { found: found.sort(), totals: next.value }
    found.push(`${next.value.class} ${next.value.key}`)
  }
}

describe.each([
  ['S3 Inventory in CSV', `csv_s/dt=${DT}`, `csv_d/dt=${DT}`, true],
  ['S3 Inventory in Parquet', `parquet_s/dt=${DT}`, `main.parquet_d/dt=${DT}`, false],
] as const)('%s', (_name, source, destination, encoded) => {
  test('one partition of one bucket, whatever the types of the table', async () => {
    expect(await audited(source, destination, encoded)).toEqual({
      found: ['excluded never', 'late young', 'mismatched size', 'missing a b+c'],
      totals: { compared: SOURCE.length, matched: 4 },
    })
  })
})

test('S3 Metadata: the youngest version is the current one, and no status excludes', async () => {
  expect(await audited(`${CATALOG}.b_s.inventory`, `${CATALOG}.b_d.inventory`, false)).toEqual({
    found: ['late young', 'mismatched size', 'missing a b+c', 'missing never'],
    totals: { compared: SOURCE.length, matched: 4 },
  })
})

test('a partition that is not there is no clean audit', async () => {
  const other = 'parquet_d/dt=2026-11-25-01-00'
  const refused = expect.objectContaining({ code: 'INVENTORY_UNFIT', message: `no row in ${other}` }) as Error
  await expect(audited(`parquet_s/dt=${DT}`, other, false)).rejects.toThrow(refused)
})
