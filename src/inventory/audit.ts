/**
 * The audit of two inventories, whichever engine joins them: what is found, from when on, and what could not be seen.
 */
import type { AuditRules } from '../domain/audit/classify.ts'
import type { AuditCounts, Finding } from '../domain/audit/finding.ts'
import { type AthenaTable, begunAt, tableName } from './athena-sql.ts'
import { type DuckdbOptions, runDuckdb } from './duckdb.ts'
import { duckdbRelation } from './duckdb-sql.ts'
import { findingsOf } from './findings.ts'
import type { Inventory } from './load.ts'
import { has } from './manifest.ts'
import { keysOf, type RawRow } from './rows.ts'
import { joinSql } from './sql.ts'

export type Findings = AsyncGenerator<Finding, Pick<AuditCounts, 'compared' | 'matched'>>

export interface Sides<T> {
  readonly source: T
  readonly destination: T
}

/** Joins two inventories that are here. */
export function auditByDuckdb(
  { source, destination }: Sides<Inventory>,
  options: Omit<DuckdbOptions, 'files'> & { readonly rules: AuditRules; readonly prefix?: string | undefined },
): Findings {
  const sql = joinSql({
    source: duckdbRelation(source.manifest, source.files),
    destination: duckdbRelation(destination.manifest, destination.files),
    dialect: 'duckdb',
    match: options.rules.policy.match,
    prefix: options.prefix,
  })
  const rows = runDuckdb(sql, { ...options, files: [...source.files, ...destination.files] })
  return findingsOf(keysOf(rows), { rules: options.rules, statusKnown: has(source.manifest.columns, 'replication') })
}

/** From the rows that Athena gave for `joinSql`. With a prefix a side may be without rows; else that throws. */
export function auditOfRows(
  rows: AsyncIterable<readonly RawRow[]>,
  {
    rules,
    tables,
    prefix,
  }: { readonly rules: AuditRules; readonly tables: Sides<AthenaTable>; readonly prefix?: string | undefined },
): Findings {
  const named = { source: tableName(tables.source), destination: tableName(tables.destination) }
  const keys = keysOf(rows, prefix === undefined || prefix === '' ? named : undefined)
  return findingsOf(keys, { rules, statusKnown: tables.source.dt !== undefined })
}

/**
 * What the audit takes as its beginning, ms: the older inventory's time. A live inventory table has none of its own and
 * lags by up to an hour (Amazon S3 user guide, "S3 Metadata live inventory tables schema").
 */
export function startOf(tables: Sides<AthenaTable>, now: number): number {
  return Math.min(begunAt(tables.source) ?? now - LIVE_LAG_MS, begunAt(tables.destination) ?? now - LIVE_LAG_MS)
}

const LIVE_LAG_MS = 3_600_000

/** Hours between now and the older inventory, and what that means: for the report's notes. */
export function ageNote(startedAt: number, now: number): string {
  const hours = Math.max(0, (now - startedAt) / 3_600_000).toFixed(1)
  return `The older inventory was begun ${hours} h ago (${new Date(startedAt).toISOString()}): what was written since is not judged.`
}
