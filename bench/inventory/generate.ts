/**
 * Makes two Parquet inventories of so many versions, as S3 writes them, and their manifests. Run as a process of its own:
 * what DuckDB keeps of it must not count as the audit's.
 *
 *   node bench/inventory/generate.ts <folder> <versions>
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

/** One version in `EVERY` is left out, and one differs; each is the only version of its key. */
export const EVERY = 1002
export const MISSING = 7
export const DIFFERS = 14
/** The time of all versions is far behind this. */
export const CREATED_AT = 1_767_571_200_000

const SCHEMA =
  'message s3.inventory { required binary bucket (STRING); required binary key (STRING); optional binary version_id (STRING); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (STRING); optional binary replication_status (STRING);}'

if (import.meta.main) {
  const [folder = '', versions = ''] = process.argv.slice(2)
  await generate(folder, Number(versions))
}

async function generate(folder: string, versions: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB', temp_directory: folder })
  const connection = await instance.connect()
  // Of six rows the last two are one key's history; of every second such history the newer version is a delete marker.
  await connection.run(`CREATE MACRO listed(name, status) AS TABLE
    SELECT name AS bucket, 'agreements/' || (n % 977) || '/supplier-' || (n * 7919 % 10000019) || '/file-' || n || '.pdf' AS key,
      md5('v' || i) AS version_id, i % 6 <> 4 AS is_latest, marker AS is_delete_marker,
      CASE WHEN marker THEN NULL ELSE (hash(i) % 5000000)::BIGINT END AS size,
      make_timestamp(1700000000000000 + i * 1000000)::TIMESTAMPTZ AS last_modified_date,
      CASE WHEN marker THEN NULL ELSE md5('e' || i) END AS e_tag,
      CASE WHEN marker THEN NULL ELSE status END AS replication_status, i
    FROM (SELECT range AS i, CASE WHEN range % 6 = 5 THEN range - 1 ELSE range END AS n, range % 12 = 11 AS marker FROM range(${versions}))`)
  const columns = '* EXCLUDE (i)'
  await write(folder, 'source', (file) =>
    connection.run(
      `COPY (SELECT ${columns} FROM listed('source', 'COMPLETED')) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`,
    ),
  )
  await write(folder, 'destination', (file) =>
    connection.run(`COPY (SELECT * EXCLUDE (i) REPLACE (CASE WHEN i % ${EVERY} = ${DIFFERS} THEN size + 1 ELSE size END AS size)
      FROM listed('destination', 'REPLICA') WHERE i % ${EVERY} <> ${MISSING}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`),
  )
  connection.closeSync()
  instance.closeSync()
}

async function write(folder: string, side: string, copy: (file: string) => Promise<unknown>): Promise<void> {
  const file = join(folder, `${side}.parquet`)
  await copy(file)
  const hash = createHash('md5')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  const manifest = {
    sourceBucket: side,
    destinationBucket: 'arn:aws:s3:::inventories',
    version: '2016-11-30',
    creationTimestamp: String(CREATED_AT),
    fileFormat: 'Parquet',
    fileSchema: SCHEMA,
    files: [{ key: `data/${side}.parquet`, size: (await stat(file)).size, MD5checksum: hash.digest('hex') }],
  }
  await writeFile(join(folder, `${side}.json`), JSON.stringify(manifest))
}
