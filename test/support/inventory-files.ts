/** Inventories as S3 writes them, CSV.gz or Parquet, in a folder: of whatever versions a test says. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'

export interface Listed {
  readonly key: string
  readonly versionId: string
  readonly latest: boolean
  readonly marker: boolean
  readonly size?: number | undefined
  readonly etag?: string | undefined
  /** ms */
  readonly lastModified: number
  readonly replication?: string | undefined
}

export interface InventoryDocument {
  readonly format: 'CSV' | 'Parquet'
  readonly bucket: string
  readonly createdAt: number
  /** In so many files. */
  readonly files?: number
}

const COLUMNS =
  'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, ReplicationStatus'
const SCHEMA =
  'message s3.inventory { required binary bucket (STRING); required binary key (STRING); optional binary version_id (STRING); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (STRING); optional binary replication_status (STRING);}'

/** Returns the manifest's path; keys are as S3 lays them out, with `folder` as the bucket. */
export async function writeInventory(
  folder: string,
  versions: readonly Listed[],
  document: InventoryDocument,
): Promise<string> {
  const { format, bucket, createdAt, files = 1 } = document
  const base = `inventory/${bucket}/daily`
  const listed = Array.from({ length: files }, (_, index) => versions.filter((_, at) => at % files === index))
  const written = []
  for (const [index, some] of listed.entries()) {
    const key = `${base}/data/${index}.${format === 'CSV' ? 'csv.gz' : 'parquet'}`
    const path = join(folder, key)
    await mkdir(dirname(path), { recursive: true })
    if (format === 'CSV') await writeFile(path, gzipSync(some.map((one) => csvRow(bucket, one)).join('')))
    else await writeParquet(path, bucket, some)
    const bytes = await readFile(path)
    written.push({ key, size: bytes.length, MD5checksum: createHash('md5').update(bytes).digest('hex') })
  }
  const manifest = join(folder, base, '2026-11-24T01-00Z', 'manifest.json')
  await mkdir(dirname(manifest), { recursive: true })
  await writeFile(
    manifest,
    JSON.stringify({
      sourceBucket: bucket,
      destinationBucket: 'arn:aws:s3:::inventories',
      version: '2016-11-30',
      creationTimestamp: String(createdAt),
      fileFormat: format,
      fileSchema: format === 'CSV' ? COLUMNS : SCHEMA,
      files: written,
    }),
  )
  return manifest
}

/** Every value in quotes, keys URL-encoded with `+` for a space, a version of an unversioned time without its id. */
function csvRow(bucket: string, one: Listed): string {
  const values = [
    bucket,
    encodeURIComponent(one.key).replaceAll('%20', '+').replaceAll('%2F', '/'),
    one.versionId === 'null' ? '' : one.versionId,
    String(one.latest),
    String(one.marker),
    one.size === undefined ? '' : String(one.size),
    new Date(one.lastModified).toISOString(),
    one.etag ?? '',
    'STANDARD',
    one.replication ?? '',
  ]
  return `${values.map((value) => `"${value}"`).join(',')}\n`
}

async function writeParquet(path: string, bucket: string, versions: readonly Listed[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(
    'CREATE TABLE t (bucket VARCHAR, key VARCHAR, version_id VARCHAR, is_latest BOOLEAN, is_delete_marker BOOLEAN, size BIGINT, last_modified_date TIMESTAMPTZ, e_tag VARCHAR, replication_status VARCHAR)',
  )
  for (const one of versions) {
    const values = [
      bucket,
      one.key,
      one.versionId === 'null' ? null : one.versionId,
      one.latest,
      one.marker,
      one.size === undefined ? null : BigInt(one.size),
      BigInt(one.lastModified),
      one.etag ?? null,
      one.replication ?? null,
    ]
    await connection.run(
      'INSERT INTO t SELECT $1, $2, $3, $4, $5, $6, make_timestamptz(CAST($7 * 1000 AS BIGINT)), $8, $9',
      values,
    )
  }
  await connection.run(`COPY t TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION snappy)`)
  connection.closeSync()
  instance.closeSync()
}
