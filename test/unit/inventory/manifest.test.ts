import { expect, test } from 'vitest'
import type { LandfallError } from '../../../src/domain/errors.ts'
import { parseManifest, requireBucket } from '../../../src/inventory/manifest.ts'

const CSV_SCHEMA =
  'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, ReplicationStatus'
const PARQUET_SCHEMA =
  'message s3.inventory {  required binary bucket (STRING);  required binary key (STRING);  optional binary version_id (STRING);' +
  '  optional boolean is_latest;  optional boolean is_delete_marker;  optional int64 size;' +
  '  optional int64 last_modified_date (TIMESTAMP(MILLIS,true));  optional binary e_tag (STRING);  optional binary replication_status (STRING);}'

function document(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    sourceBucket: 'documents',
    destinationBucket: 'arn:aws:s3:::inventories',
    version: '2016-11-30',
    creationTimestamp: '1767571200000',
    fileFormat: 'CSV',
    fileSchema: CSV_SCHEMA,
    files: [{ key: 'a/documents/daily/data/1.csv.gz', size: 12, MD5checksum: 'F11166069F1990ABEB9C97ACE9CDFABC' }],
    ...changes,
  })
}

function refusal(text: string): LandfallError {
  try {
    parseManifest(text, 'manifest.json')
  } catch (error) {
    return error as LandfallError
  }
  throw new Error('nothing was thrown')
}

test('a CSV manifest', () => {
  const manifest = parseManifest(document(), 'manifest.json')
  expect(manifest).toMatchObject({
    bucket: 'documents',
    deliveredTo: 'inventories',
    createdAt: 1_767_571_200_000,
    format: 'CSV',
    files: [{ key: 'a/documents/daily/data/1.csv.gz', size: 12, md5: 'f11166069f1990abeb9c97ace9cdfabc' }],
  })
  expect(manifest.columns).toEqual(CSV_SCHEMA.split(', '))
})

test('a Parquet manifest', () => {
  const { columns } = parseManifest(document({ fileFormat: 'Parquet', fileSchema: PARQUET_SCHEMA }), 'manifest.json')
  expect(columns).toEqual([
    'bucket',
    'key',
    'version_id',
    'is_latest',
    'is_delete_marker',
    'size',
    'last_modified_date',
    'e_tag',
    'replication_status',
  ])
})

test.each([
  ['ORC by its name', document({ fileFormat: 'ORC' }), /in ORC/, /Parquet/],
  ['a format of tomorrow', document({ fileFormat: 'Avro' }), /"Avro"/, /./],
  [
    'current versions only',
    document({ fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag' }),
    /VersionId, IsLatest/,
    /IncludedObjectVersions.*All/,
  ],
  [
    'a column left out',
    document({ fileSchema: CSV_SCHEMA.replace(' Size,', '') }),
    /no column Size/,
    /Add Size to the OptionalFields/,
  ],
  ['no JSON', 'PAR1', /no JSON/, /manifest\.json/],
  ['another JSON', '{"files":[]}', /sourceBucket/, /./],
  [
    'an MD5 that is none',
    document({ files: [{ key: 'x', size: 1, MD5checksum: 'zz' }] }),
    /files\.0\.MD5checksum/,
    /./,
  ],
  [
    'a size that is none',
    document({ files: [{ key: 'x', size: -1, MD5checksum: '0'.repeat(32) }] }),
    /files\.0\.size/,
    /./,
  ],
  ['a bucket for the terminal', document({ sourceBucket: '\u001b[2J' }), /sourceBucket: is no name/, /./],
  [
    'a key for the terminal',
    document({ files: [{ key: 'a\u001b[2J', size: 1, MD5checksum: '0'.repeat(32) }] }),
    /files\.0\.key: has control/,
    /./,
  ],
])('refused with what to change: %s', (_name, text, message, hint) => {
  const error = refusal(text)
  expect(error.code).toBe('INVENTORY_UNFIT')
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})

test("the manifest of another bucket is refused: all of the pair's versions would count as missing", () => {
  const manifest = parseManifest(document(), 'manifest.json')
  requireBucket(manifest, { bucket: 'documents', side: 'source', name: 'manifest.json' })
  expect(() => requireBucket(manifest, { bucket: 'other', side: 'source', name: 'manifest.json' })).toThrow(
    /lists the bucket documents/,
  )
})
