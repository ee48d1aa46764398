/** Whether a dump's size and rows are believed, beside those of the last one that was. */
export interface Measure {
  readonly stored: number
  /** What pg_dump wrote; absent where it could not be read. */
  readonly plain?: number | undefined
  readonly rows?: Readonly<Record<string, number>> | undefined
}

export interface Bounds {
  /** Shares of the last one's. */
  readonly smallest: number
  readonly largest: number
}

/** Below this a table may empty without anybody's wondering. */
const FEW_ROWS = 1000
const MOST_NAMED = 5

/** What is out of bounds, in words; empty where nothing is. */
export function outOfBounds(now: Measure, last: Measure, bounds: Bounds): readonly string[] {
  const said: string[] = []
  const compare = (what: string, value: number | undefined, before: number | undefined): void => {
    if (value === undefined || before === undefined) return
    if (value < before * bounds.smallest) said.push(`${what} shrank from ${before} to ${value}`)
    else if (value > before * bounds.largest) said.push(`${what} grew from ${before} to ${value}`)
  }
  // Of a plain size the stored one says nothing more: another compression changes it.
  if (now.plain !== undefined && last.plain !== undefined) compare('its bytes', now.plain, last.plain)
  else compare('its stored bytes', now.stored, last.stored)
  if (now.rows === undefined || last.rows === undefined) return said
  compare('its rows', totalOf(now.rows), totalOf(last.rows))
  const shrunk = Object.entries(last.rows).filter(
    ([table, rows]) => rows >= FEW_ROWS && (now.rows![table] ?? 0) < rows * bounds.smallest,
  )
  for (const [table, rows] of shrunk.slice(0, MOST_NAMED)) {
    const left = now.rows[table]
    said.push(left === undefined ? `${table} is gone (${rows} rows)` : `${table} shrank from ${rows} rows to ${left}`)
  }
  if (shrunk.length > MOST_NAMED) said.push(`and ${shrunk.length - MOST_NAMED} more tables`)
  return said
}

export function totalOf(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}

/**
 * Tables whose rows differ, each with both counts. An empty table and none are the same here: an extension's own table is
 * in a dump's stream and not among a database's tables. The schema's fingerprint knows which tables there are.
 */
export function differingRows(
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].toSorted()
  return names
    .filter((name) => (expected[name] ?? 0) !== (found[name] ?? 0))
    .map((name) => `${name}: ${expected[name] ?? 'none'} expected, ${found[name] ?? 'none'} found`)
}
