/**
 * The join's answer, as rows of plain data, and rows of one key put together.
 */
import { LandfallError } from '../domain/errors.ts'
import type { VersionKind } from '../domain/version.ts'
import { ROW_COLUMNS, TOTAL } from './sql.ts'

export type RowSide = 'source' | 'destination'

/** One version on one side. */
export interface InventoryRow {
  readonly side: RowSide
  readonly key: string
  readonly versionId: string
  readonly kind: VersionKind
  readonly latest: boolean
  readonly size?: number | undefined
  readonly etag?: string | undefined
  /** ms */
  readonly lastModified: number
  /** S3's word; undefined: none, or the inventory has no such column. */
  readonly replication?: string | undefined
}

/** Versions of a side, those of keys that do not differ included. */
export interface Totals {
  readonly source: number
  readonly destination: number
}

export interface KeyRows {
  readonly key: string
  readonly source: readonly InventoryRow[]
  readonly destination: readonly InventoryRow[]
}

/** What both engines give: rows in the order of `ROW_COLUMNS`, as they come (DuckDB's types, or Athena's texts). */
export type RawRow = readonly unknown[]

type Parsed = InventoryRow | { readonly total: RowSide; readonly count: number }

/**
 * Keys with both sides' versions, newest first, one key at a time. Returns the totals.
 *
 * With `named` (what each side's rows were asked of) a side without any row throws INVENTORY_UNFIT before the first key:
 * a misspelt partition would make all the other side's versions missing, or nothing at all a clean audit.
 */
export async function* keysOf(
  rows: AsyncIterable<readonly RawRow[]>,
  named?: Readonly<Record<RowSide, string>>,
): AsyncGenerator<KeyRows, Totals> {
  const totals: Partial<Record<RowSide, number>> = {}
  let current: InventoryRow[] = []
  for await (const chunk of rows) {
    for (const raw of chunk) {
      const row = parseRow(raw)
      if ('total' in row) {
        if (row.count === 0 && named !== undefined) throw noRows(named[row.total])
        totals[row.total] = row.count
        continue
      }
      requireTotals(totals)
      if (current.length > 0 && current[0]!.key !== row.key) {
        yield together(current)
        current = []
      }
      if (!isTwice(current.at(-1), row)) current.push(row)
    }
  }
  if (current.length > 0) yield together(current)
  return requireTotals(totals)
}

function requireTotals({ source, destination }: Partial<Totals>): Totals {
  if (source !== undefined && destination !== undefined) return { source, destination }
  throw new LandfallError('INVENTORY_UNFIT', 'the answer of the join has not both totals', {
    hint: 'Run the audit again: what it gave until now is incomplete.',
  })
}

function noRows(name: string): LandfallError {
  return new LandfallError('INVENTORY_UNFIT', `no row in ${name}`, {
    hint: 'Are the table, its partition and the bucket right, and does the table know the partition (MSCK REPAIR TABLE)?',
  })
}

/** Rows come by key and version id: one that an inventory lists twice comes twice in a row. */
function isTwice(last: InventoryRow | undefined, row: InventoryRow): boolean {
  return last !== undefined && last.side === row.side && last.versionId === row.versionId
}

function together(rows: readonly InventoryRow[]): KeyRows {
  const of = (side: RowSide): InventoryRow[] => rows.filter((row) => row.side === side).sort(newestFirst)
  return { key: rows[0]!.key, source: of('source'), destination: of('destination') }
}

/**
 * Times have whole seconds: the current version is known by its flag, before all others. Those of one second stay in the
 * order of their version ids, the same on both sides, so that no difference comes of it.
 */
function newestFirst(one: InventoryRow, other: InventoryRow): number {
  return Number(other.latest) - Number(one.latest) || other.lastModified - one.lastModified
}

export function parseRow(raw: RawRow): Parsed {
  const [side, key, versionId, latest, marker, size, etag, lastModified, replication] = raw
  if (side === TOTAL.source || side === TOTAL.destination) {
    return { total: side === TOTAL.source ? 'source' : 'destination', count: whole(size, raw) }
  }
  if (side !== 'source' && side !== 'destination') throw unreadable(raw)
  if (typeof key !== 'string' || typeof versionId !== 'string') throw unreadable(raw)
  const isMarker = truth(marker, raw)
  return {
    side,
    key,
    versionId,
    kind: isMarker ? 'marker' : 'object',
    latest: truth(latest, raw),
    ...(isMarker || size === null || size === undefined ? {} : { size: whole(size, raw) }),
    ...(typeof etag === 'string' && etag !== '' && !isMarker ? { etag } : {}),
    lastModified: whole(lastModified, raw),
    ...(typeof replication === 'string' && replication !== '' ? { replication } : {}),
  }
}

function whole(value: unknown, raw: RawRow): number {
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value ?? NaN)
  if (!Number.isSafeInteger(number)) throw unreadable(raw)
  return number
}

function truth(value: unknown, raw: RawRow): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw unreadable(raw)
}

/** Never guessed: a version taken for what it is not would be a finding, or hide one. */
function unreadable(raw: RawRow): LandfallError {
  const shown = Object.fromEntries(ROW_COLUMNS.map((column, index) => [column, shownOf(raw[index])]))
  return new LandfallError(
    'INVENTORY_UNFIT',
    `a row of the inventory has a value that cannot be read: ${JSON.stringify(shown)}`,
  )
}

function shownOf(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, 200)
  return typeof value === 'bigint' ? value.toString() : (value ?? null)
}
