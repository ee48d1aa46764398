/**
 * One side of the join for DuckDB: the inventory's files as a SELECT with the columns of sql.ts.
 *
 * Keys are URL-encoded in CSV inventories (a space as `+`) and plain in Parquet; a version written while versioning was
 * off has no version id there, where the API says `null`. Source: Amazon S3 user guide, "Amazon S3 Inventory list".
 */
import { type Column, COLUMNS } from './columns.ts'
import { has, type InventoryManifest } from './manifest.ts'
import { literal, type Relation } from './sql.ts'

/** `files`: local paths of the manifest's files. */
export function duckdbRelation(
  manifest: Pick<InventoryManifest, 'format' | 'columns'>,
  files: readonly string[],
): Relation {
  // An inventory of an empty bucket has no file, and DuckDB reads no empty list of files.
  if (files.length === 0) return EMPTY
  return manifest.format === 'CSV' ? ofCsv(manifest.columns, files) : ofParquet(manifest.columns, files)
}

const EMPTY: Relation = `  SELECT CAST(NULL AS VARCHAR) AS "key", CAST(NULL AS VARCHAR) AS version_id, CAST(NULL AS BOOLEAN) AS latest,
    CAST(NULL AS BOOLEAN) AS marker, CAST(NULL AS BIGINT) AS size, CAST(NULL AS VARCHAR) AS etag,
    CAST(NULL AS BIGINT) AS last_modified, CAST(NULL AS VARCHAR) AS replication
  WHERE false`

function ofParquet(columns: readonly string[], files: readonly string[]): Relation {
  const from = (column: Column): string => COLUMNS[column].parquet
  const replication = has(columns, 'replication') ? text(from('replication')) : 'CAST(NULL AS VARCHAR)'
  return `  SELECT "key", coalesce(${text(from('versionId'))}, 'null') AS version_id,
    is_latest AS latest, is_delete_marker AS marker,
    CASE WHEN is_delete_marker THEN NULL ELSE size END AS size,
    CASE WHEN is_delete_marker THEN NULL ELSE ${text(from('etag'))} END AS etag,
    epoch_ms(last_modified_date) AS last_modified, ${replication} AS replication
  FROM read_parquet(${list(files)})`
}

function ofCsv(columns: readonly string[], files: readonly string[]): Relation {
  // Two columns of one name would be refused; those that are not read get a name by their place.
  const known = new Set<string>(Object.values(COLUMNS).map(({ csv }) => csv))
  const names = columns.map((name, index) => (known.has(name) ? name : `unread_${index}`))
  const types = names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')
  const replication = has(columns, 'replication') ? text('ReplicationStatus') : 'CAST(NULL AS VARCHAR)'
  return `  SELECT url_decode(replace("Key", '+', ' ')) AS "key", coalesce(${text('VersionId')}, 'null') AS version_id,
    CAST("IsLatest" AS BOOLEAN) AS latest, CAST("IsDeleteMarker" AS BOOLEAN) AS marker,
    CASE WHEN CAST("IsDeleteMarker" AS BOOLEAN) THEN NULL ELSE CAST(${text('Size')} AS BIGINT) END AS size,
    CASE WHEN CAST("IsDeleteMarker" AS BOOLEAN) THEN NULL ELSE ${text('ETag')} END AS etag,
    epoch_ms(CAST("LastModifiedDate" AS TIMESTAMP)) AS last_modified, ${replication} AS replication
  FROM read_csv(${list(files)}, auto_detect = false, header = false, columns = {${types}}, compression = 'gzip',
    delim = ',', quote = '"', escape = '"', strict_mode = true)`
}

/** The column's text; NULL for none. */
function text(column: string): string {
  return `nullif("${column}", '')`
}

function list(files: readonly string[]): string {
  return `[${files.map(globless).map(literal).join(', ')}]`
}

/** DuckDB takes `*`, `?` and `[` in a path as a pattern; a class of one character is that character. */
export function globless(file: string): string {
  return file.replaceAll(/[*?[]/g, (character) => `[${character}]`)
}
