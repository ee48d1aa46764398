/**
 * The join leaves out only keys at which the classification finds nothing: random histories of both sides go into DuckDB
 * and to `classifyKey` as a listing would, and both must come to the same findings and counts.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuditRules, classifyKey } from '../../../src/domain/audit/classify.ts'
import type { Finding, SideSeen } from '../../../src/domain/audit/finding.ts'
import { NO_LIFECYCLE } from '../../../src/domain/audit/lifecycle.ts'
import { findingsOf } from '../../../src/inventory/findings.ts'
import { keysOf, type RawRow } from '../../../src/inventory/rows.ts'
import { joinSql } from '../../../src/inventory/sql.ts'
import { fc, runs } from '../../support/fc.ts'

const NOW = 1_800_000_000_000
const LATE = 900_000
/** Hostile for SQL, JSON and terminals alike. */
const KEYS = ['a', "o'brien/1.pdf", 'ü/\u0000', '-- "x"; DROP', '\u001b[31m', '+ &%2F']
const SIDES = ['source', 'destination'] as const

let instance: DuckDBInstance
let connection: DuckDBConnection

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
  for (const side of SIDES) {
    await connection.run(
      `CREATE TABLE ${side}_rows ("key" VARCHAR, version_id VARCHAR, latest BOOLEAN, marker BOOLEAN, size BIGINT, etag VARCHAR, last_modified BIGINT, replication VARCHAR)`,
    )
  }
})

afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

/** Newest first, each a second older than the one before; few ids and contents, so that sides often agree. */
const version = fc.record({
  versionId: fc.constantFrom('v1', 'v2', 'v3', 'null'),
  marker: fc.boolean(),
  size: fc.constantFrom(0, 5, undefined),
  etag: fc.constantFrom('e1', 'e2', undefined),
})
const history = fc
  .tuple(
    fc.uniqueArray(version, { selector: ({ versionId }) => versionId, maxLength: 4 }),
    fc.constantFrom(NOW, NOW - 10 * LATE),
  )
  .map(([versions, newest]) =>
    versions.map(({ marker, size, etag, ...one }, index): SideSeen => ({
      ...one,
      ...(marker ? { kind: 'marker' } : { kind: 'object', size, etag }),
      lastModified: newest - 1000 * index,
      latest: index === 0,
    })),
  )
/** The destination is mostly the source's copy, now and then with a version left out or all of it of its own. */
const USES = ['same', 'less', 'own', 'reordered', 'older gone', 'size', 'etag', 'kind'] as const
const both = fc
  .record({ source: history, own: history, use: fc.constantFrom(...USES) })
  .map(({ source, own, use }) => ({
    source,
    destination: theirs(use, source, own),
  }))

function theirs(
  use: (typeof USES)[number],
  source: readonly SideSeen[],
  own: readonly SideSeen[],
): readonly SideSeen[] {
  const [newest, ...others] = source
  if (use === 'own') return own
  if (newest === undefined || use === 'same') return source
  if (use === 'less') return flagged(others)
  if (use === 'older gone') return source.slice(0, -1)
  if (use === 'reordered') return flagged(source.toReversed())
  if (use === 'kind') {
    const { size: _, etag: __, ...rest } = newest
    return [
      newest.kind === 'marker' ? { ...rest, kind: 'object', size: 5, etag: 'e1' } : { ...rest, kind: 'marker' },
      ...others,
    ]
  }
  if (newest.kind === 'marker') return source
  return [use === 'size' ? { ...newest, size: 7 } : { ...newest, etag: 'e3' }, ...others]
}

function flagged(versions: readonly SideSeen[]): SideSeen[] {
  return versions.map((one, index) => ({
    ...one,
    latest: index === 0,
    lastModified: versions[0]!.lastModified! - 1000 * index,
  }))
}

const estate = fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), both), {
  selector: ([key]) => key,
  maxLength: KEYS.length,
})
const policy = fc.record({
  match: fc.constantFrom('version' as const, 'content' as const),
  deleteMarkers: fc.boolean(),
  excludePrefixes: fc.constantFrom([], ['a']),
})

test('the same findings and counts as the classification of a listing', async () => {
  await fc.assert(
    fc.asyncProperty(estate, policy, async (keys, policy) => {
      const rules: AuditRules = {
        policy: { ...policy, lateAfterMs: LATE },
        startedAt: NOW,
        lifecycle: { source: NO_LIFECYCLE, destination: NO_LIFECYCLE },
      }
      const expected = keys.map(([key, { source, destination }]) => classifyKey(key, source, destination, rules))
      for (const side of SIDES) await load(side, keys)
      const { findings, totals } = await joined(rules)
      expect(sorted(findings)).toEqual(sorted(expected.flatMap((one) => one.findings)))
      expect(totals).toEqual({
        compared: expected.reduce((sum, one) => sum + one.compared, 0),
        matched: expected.reduce((sum, one) => sum + one.matched, 0),
      })
    }),
    runs(150),
  )
}, 60_000)

type Keys = readonly (readonly [
  string,
  { readonly source: readonly SideSeen[]; readonly destination: readonly SideSeen[] },
])[]

async function load(side: (typeof SIDES)[number], keys: Keys): Promise<void> {
  await connection.run(`DELETE FROM ${side}_rows`)
  const appender = await connection.createAppender(`${side}_rows`)
  for (const [key, sides] of keys) {
    for (const { versionId, kind, latest, size, etag, lastModified } of sides[side]) {
      appender.appendVarchar(key)
      appender.appendVarchar(versionId)
      appender.appendBoolean(latest === true)
      appender.appendBoolean(kind === 'marker')
      if (size === undefined) appender.appendNull()
      else appender.appendBigInt(BigInt(size))
      if (etag === undefined) appender.appendNull()
      else appender.appendVarchar(etag)
      appender.appendBigInt(BigInt(lastModified!))
      appender.appendNull()
      appender.endRow()
    }
  }
  appender.closeSync()
}

async function joined(rules: AuditRules) {
  const sql = joinSql({
    source: 'SELECT * FROM source_rows',
    destination: 'SELECT * FROM destination_rows',
    dialect: 'duckdb',
    match: rules.policy.match,
  })
  const answer: readonly RawRow[] = (await connection.runAndReadAll(sql)).getRowsJS()
  async function* rows(): AsyncGenerator<readonly RawRow[]> {
    yield answer
  }
  const walk = findingsOf(keysOf(rows()), { rules, statusKnown: false })
  const findings: Finding[] = []
  for (;;) {
    const next = await walk.next()
    if (next.done === true) return { findings, totals: next.value }
    findings.push(next.value)
  }
}

function sorted(findings: readonly Finding[]): readonly string[] {
  return findings
    .map((finding) =>
      JSON.stringify(
        finding,
        Object.keys(finding).sort().concat('versionId', 'kind', 'size', 'etag', 'lastModified', 'latest'),
      ),
    )
    .sort()
}
