/**
 * The columns of an inventory that an audit reads, by their names in each place.
 * Sources: Amazon S3 user guide, "Amazon S3 Inventory list" and "Locating your inventory list".
 */

interface ColumnRow {
  /** In the manifest's `fileSchema` of a CSV inventory. */
  readonly csv: string
  /** In Parquet files, and in the tables that the user guide has one make for Athena. */
  readonly parquet: string
  /** What of the inventory configuration brings it: always there, `IncludedObjectVersions: All`, or `OptionalFields`. */
  readonly setting: 'always' | 'versions' | 'optional'
}

export const COLUMNS = {
  key: { csv: 'Key', parquet: 'key', setting: 'always' },
  versionId: { csv: 'VersionId', parquet: 'version_id', setting: 'versions' },
  latest: { csv: 'IsLatest', parquet: 'is_latest', setting: 'versions' },
  marker: { csv: 'IsDeleteMarker', parquet: 'is_delete_marker', setting: 'versions' },
  size: { csv: 'Size', parquet: 'size', setting: 'optional' },
  lastModified: { csv: 'LastModifiedDate', parquet: 'last_modified_date', setting: 'optional' },
  etag: { csv: 'ETag', parquet: 'e_tag', setting: 'optional' },
  replication: { csv: 'ReplicationStatus', parquet: 'replication_status', setting: 'optional' },
} as const satisfies Record<string, ColumnRow>

export type Column = keyof typeof COLUMNS

/** Without these no audit can be made. The others make it better where they are. */
export const REQUIRED: readonly Column[] = ['key', 'versionId', 'latest', 'marker', 'size', 'lastModified', 'etag']

/** The names in a manifest's `fileSchema`: a list for CSV, a Parquet message type else. */
export function columnsOf(schema: string, format: 'CSV' | 'Parquet'): readonly string[] {
  if (format === 'CSV') {
    return schema
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
  }
  return [...schema.matchAll(/\b(?:required|optional)\s+\w+\s+(\w+)/g)].map(([, name]) => name!)
}
