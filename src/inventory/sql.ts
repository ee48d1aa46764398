/**
 * The one SQL text of an inventory audit, for DuckDB and for Athena (Trino). It joins both sides by key and version id,
 * and gives **every version of each key at which the sides differ**, with both sides' totals. What the difference means
 * is for domain/audit/classify.ts to say, as it does of a listing: so both audits have the same classes by construction.
 * The SQL must only never leave out a key that classify would find something at (a property test holds the two together).
 *
 * Values that come from outside (names, prefixes) are literals by `literal` and `identifier`, never text as it stands.
 */

import { OWN_PREFIX } from '../domain/canary.ts'

export type Dialect = 'duckdb' | 'athena'

/** One side: a SELECT that gives `ROW_COLUMNS` but `side`. */
export type Relation = string

/** The columns of the answer, in order. `last_modified` is in ms; `latest`, `marker`, `size`, `etag` as S3 says them. */
export const ROW_COLUMNS = [
  'side',
  'key',
  'version_id',
  'latest',
  'marker',
  'size',
  'etag',
  'last_modified',
  'replication',
] as const

/** `side` of the two rows that go first and carry, in `size`, how many versions a side has. */
export const TOTAL = { source: 'source total', destination: 'destination total' } as const

export interface JoinOptions {
  readonly source: Relation
  readonly destination: Relation
  readonly dialect: Dialect
  /** How a replica is recognised (`Pair.match`). */
  readonly match: 'version' | 'content'
  /** Only keys that begin with it. */
  readonly prefix?: string | undefined
}

/** The whole statement. The totals go first; rows of one key come together, in the order of their bytes. */
export function joinSql({ source, destination, dialect, match, prefix }: JoinOptions): string {
  // A materialized copy of ten million rows is what DuckDB would make of a table that is used more than once.
  const as = dialect === 'duckdb' ? 'AS NOT MATERIALIZED' : 'AS'
  const wanted = prefix === undefined || prefix === '' ? '' : `starts_with("key", ${literal(prefix)}) AND `
  const within = ` WHERE ${wanted}NOT starts_with("key", ${literal(OWN_PREFIX)})`
  return `WITH
all_of_source ${as} (
${source}
),
all_of_destination ${as} (
${destination}
),
source ${as} (SELECT * FROM all_of_source${within}),
destination ${as} (SELECT * FROM all_of_destination${within}),
differing AS (
${match === 'version' ? BY_VERSION : BY_CONTENT}
)
${rowsOf('source')}
UNION ALL
${rowsOf('destination')}
UNION ALL
${totalOf('source', dialect)}
UNION ALL
${totalOf('destination', dialect)}
ORDER BY "key" NULLS FIRST, version_id, side
`
}

/** An object without an ETag on both sides is no match to classify: nothing of its content was compared. */
const BY_VERSION = `  SELECT DISTINCT coalesce(s."key", d."key") AS "key"
  FROM source s
  FULL JOIN destination d ON s."key" = d."key" AND s.version_id = d.version_id
  WHERE s."key" IS NULL
    OR d."key" IS NULL
    OR s.marker IS DISTINCT FROM d.marker
    OR s.latest IS DISTINCT FROM d.latest
    OR s.size IS DISTINCT FROM d.size
    OR s.etag IS DISTINCT FROM d.etag
    OR (s.etag IS NULL AND NOT s.marker)`

/** Version ids say nothing here, and other tools copy one content more than once: the contents of a key are sets. */
const BY_CONTENT = `  SELECT DISTINCT "key" FROM (
    (SELECT "key", marker, size, etag FROM source EXCEPT SELECT "key", marker, size, etag FROM destination)
    UNION ALL
    (SELECT "key", marker, size, etag FROM destination EXCEPT SELECT "key", marker, size, etag FROM source)
    UNION ALL
    (SELECT "key", marker, size, etag FROM source WHERE etag IS NULL AND NOT marker)
  ) unlike`

function rowsOf(side: 'source' | 'destination'): string {
  return `SELECT '${side}' AS side, "key", version_id, latest, marker, size, etag, last_modified, replication
FROM ${side} WHERE "key" IN (SELECT "key" FROM differing)`
}

function totalOf(side: 'source' | 'destination', dialect: Dialect): string {
  const text = dialect === 'duckdb' ? 'VARCHAR' : 'varchar'
  const none = (type: string, name: string): string => `CAST(NULL AS ${type}) AS ${name}`
  return `SELECT '${TOTAL[side]}' AS side, ${none(text, '"key"')}, ${none(text, 'version_id')}, ${none('boolean', 'latest')},
  ${none('boolean', 'marker')}, count(*) AS size, ${none(text, 'etag')}, ${none('bigint', 'last_modified')}, ${none(text, 'replication')}
FROM ${side}`
}

/** A string literal of standard SQL: neither dialect gives a backslash a meaning in it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
