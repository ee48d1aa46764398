/**
 * One side of the join for Athena (Trino): a table of S3 Inventory, or a live inventory table of S3 Metadata.
 *
 * The tables that the user guide has one make differ in their columns' types by format (CSV: all strings; Parquet: times
 * as bigint or timestamp), so each value is read from its text, in whichever of these forms it is.
 * Sources: Amazon S3 user guide, "Querying Amazon S3 Inventory with Amazon Athena", "S3 Metadata live inventory tables
 * schema".
 */
import { LandfallError } from '../domain/errors.ts'
import { identifier, literal, type Relation } from './sql.ts'

export interface AthenaTable {
  /** One to three names: catalog, database, table. */
  readonly names: readonly string[]
  /** S3 Inventory: the Hive partition, as S3 names its folder (`2026-11-24-01-00`). Absent: a live inventory table. */
  readonly dt?: string | undefined
}

const NAMES = /^(?:"[^"]+"|[^."]+)(?:\.(?:"[^"]+"|[^."]+)){0,2}$/

/**
 * `database.table/dt=2026-11-24-01-00` for S3 Inventory, `s3tablescatalog/aws-s3.b_bucket.inventory` for S3 Metadata.
 * Throws USAGE.
 */
export function tableOf(text: string): AthenaTable {
  const parts = /^(.*?)(?:\/dt=(\d{4}-\d{2}-\d{2}-\d{2}-\d{2}))?$/s.exec(text)
  const name = parts?.[1] ?? ''
  // A partition that is misspelled would make it a table of another kind.
  if (!NAMES.test(name) || /\/dt=/.test(name)) {
    throw new LandfallError('USAGE', `${JSON.stringify(text)} names no table`, {
      hint: 'Write DATABASE.TABLE/dt=YYYY-MM-DD-HH-MM for S3 Inventory, CATALOG.DATABASE.TABLE for a live inventory table of S3 Metadata.',
    })
  }
  const names = [...name.matchAll(/"([^"]+)"|([^."]+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  return parts?.[2] === undefined ? { names } : { names, dt: parts[2] }
}

/** When the partition's inventory was begun, ms: S3 names it by the minute, UTC. */
export function begunAt({ dt }: AthenaTable): number | undefined {
  if (dt === undefined) return undefined
  const [year, month, day, hour, minute] = dt.split('-').map(Number)
  return Date.UTC(year!, month! - 1, day, hour, minute)
}

/** As messages name it. */
export function tableName({ names, dt }: AthenaTable): string {
  return `${names.join('.')}${dt === undefined ? '' : `/dt=${dt}`}`
}

export interface AthenaRelation {
  readonly table: AthenaTable
  /** Of what the table lists: a table may hold several buckets. */
  readonly bucket: string
  /** The table is of CSV files, whose keys are URL-encoded. */
  readonly encodedKeys: boolean
}

export function athenaRelation({ table, bucket, encodedKeys }: AthenaRelation): Relation {
  const from = table.names.map(identifier).join('.')
  const key = encodedKeys ? `url_decode(${text('"key"')})` : '"key"'
  const marker = bool('is_delete_marker')
  const common = `${key} AS "key", coalesce(nullif(${text('version_id')}, ''), 'null') AS version_id`
  const content = `${marker} AS marker,
    CASE WHEN ${marker} THEN NULL ELSE ${whole('size')} END AS size,
    CASE WHEN ${marker} THEN NULL ELSE nullif(replace(${text('e_tag')}, '"', ''), '') END AS etag,
    ${millis('last_modified_date')} AS last_modified`
  if (table.dt === undefined) {
    // No column says which version is the current one, and none has the replication status.
    return `  SELECT ${common},
    row_number() OVER (PARTITION BY "key" ORDER BY last_modified_date DESC, sequence_number DESC) = 1 AS latest,
    ${content}, CAST(NULL AS varchar) AS replication
  FROM ${from} WHERE bucket = ${literal(bucket)}`
  }
  return `  SELECT ${common}, ${bool('is_latest')} AS latest,
    ${content}, nullif(${text('replication_status')}, '') AS replication
  FROM ${from} WHERE dt = ${literal(table.dt)} AND bucket = ${literal(bucket)}`
}

function text(column: string): string {
  return `CAST(${column} AS varchar)`
}

function bool(column: string): string {
  return `CAST(lower(${text(column)}) AS boolean)`
}

function whole(column: string): string {
  return `CAST(nullif(${text(column)}, '') AS bigint)`
}

/** Milliseconds as they are, ISO 8601, or a timestamp's text. */
function millis(column: string): string {
  const as = text(column)
  return `coalesce(TRY_CAST(${as} AS bigint), CAST(to_unixtime(coalesce(TRY(from_iso8601_timestamp(${as})), TRY_CAST(${as} AS timestamp with time zone))) * 1000 AS bigint))`
}
