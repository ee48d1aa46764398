/** The rows of a job: read from a CSV manifest, or listed by S3 itself. */
import { batchRulesFor } from '../replication/batch.ts'
import type { S3ForOthers } from '../types.ts'
import type { Access } from '../s3/access.ts'
import { newestAt } from '../s3/store/chain.ts'
import { latestIn, type S3Store, versionIn } from '../s3/store/store.ts'
import type { StoredVersion } from '../s3/store/version.ts'
import type { GeneratorSpec, JobOrder, ManifestSpec } from './job.ts'

/** A bucket and what to do in it. S3 takes the objects of one bucket only in a job. */
export interface Rows {
  readonly bucket: string
  readonly rows: readonly Row[]
}

export interface Row {
  readonly key: string
  readonly versionId: string | undefined
}

/** Why a job can't be prepared, for its `FailureReasons`. */
export class Unprepared extends Error {
  readonly code: string

  constructor(code: string, reason: string) {
    super(reason)
    this.name = 'Unprepared'
    this.code = code
  }
}

export interface ManifestNeeds {
  readonly store: S3Store
  readonly access: Access
  readonly s3: S3ForOthers
}

/** @throws Unprepared */
export function rowsOf(source: JobOrder['source'], needs: ManifestNeeds): Rows {
  return 'manifest' in source ? readManifest(source.manifest, needs) : listVersions(source.generator, needs)
}

function readManifest({ fields, location }: ManifestSpec, { store, access }: ManifestNeeds): Rows {
  const bucket = store.buckets.get(location.bucket)
  if (bucket === undefined) throw new Unprepared('NoSuchBucket', `Manifest bucket ${location.bucket} does not exist`)
  if (!access.allows(bucket, location.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', location.key)) {
    throw new Unprepared('AccessDenied', "Reading the manifest is forbidden: the job's role has no grant")
  }
  const object =
    location.versionId === undefined
      ? latestIn(bucket, location.key)
      : versionIn(bucket, location.key, location.versionId)
  if (object === undefined || object.deleteMarker) throw new Unprepared('NoSuchKey', 'The manifest does not exist')
  if (object.etag !== location.etag) {
    throw new Unprepared('PreconditionFailed', 'The ETag of the manifest is not the one that the job was created with')
  }
  return parseManifest(object.body.toString('utf8'), fields)
}

/**
 * Keys are URL-encoded, a space may be `+`; there is no header. Where there is a column for them, every row has a version
 * id (S3 user guide, "Specifying a manifest").
 * @throws Unprepared
 */
export function parseManifest(text: string, fields: ManifestSpec['fields']): Rows {
  const at = { bucket: fields.indexOf('Bucket'), key: fields.indexOf('Key'), versionId: fields.indexOf('VersionId') }
  const rows: Row[] = []
  let bucket: string | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue
    const refuse = (why: string): Unprepared => new Unprepared('InvalidManifest', `Line ${index + 1}: ${why}`)
    const columns = line.split(',').map((column) => column.replace(/^"(.*)"$/, '$1'))
    if (columns.length !== fields.length) throw refuse(`${fields.length} columns expected, ${columns.length} found`)
    const name = columns[at.bucket]!
    bucket ??= name
    if (name !== bucket) throw refuse('all objects must be in one bucket')
    const versionId = at.versionId < 0 ? undefined : columns[at.versionId]!
    if (versionId === '') throw refuse('a version id is missing')
    const key = decoded(columns[at.key]!)
    if (key === undefined || key === '') throw refuse('the key is not URL-encoded')
    rows.push({ key, versionId })
  }
  if (bucket === undefined) throw new Unprepared('InvalidManifest', 'The manifest is empty')
  return { bucket, rows }
}

function decoded(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** What S3 says where a generated manifest comes out empty (user guide, "Troubleshooting replication"). */
const NO_KEYS = 'Manifest generation found no keys matching the filter criteria.'

/** PENDING versions are never listed: live replication has them in hand. */
function listVersions(spec: GeneratorSpec, { store, access, s3 }: ManifestNeeds): Rows {
  const bucket = store.buckets.get(spec.bucket)
  if (bucket === undefined) throw new Unprepared('NoSuchBucket', `Source bucket ${spec.bucket} does not exist`)
  const source = s3.bucket(spec.bucket)!
  const grants = ['s3:GetReplicationConfiguration', 's3:PutInventoryConfiguration']
  const denied = grants.find((grant) => !access.allows(bucket, grant))
  if (denied !== undefined || source.replication === undefined)
    throw new Unprepared('ManifestGenerationFailed', NO_KEYS)
  const rows: Row[] = []
  for (const cursor = bucket.objects.seek('', false); cursor.value !== undefined; cursor.next()) {
    for (
      let at = 0, version = newestAt(cursor.value, 0);
      version !== undefined;
      version = newestAt(cursor.value, ++at)
    ) {
      if (!matches(spec, version)) continue
      if (spec.eligible !== undefined && batchRulesFor(source, version).length > 0 !== spec.eligible) continue
      rows.push({ key: version.key, versionId: version.versionId })
    }
  }
  if (rows.length === 0) throw new Unprepared('ManifestGenerationFailed', NO_KEYS)
  return { bucket: spec.bucket, rows }
}

function matches(spec: GeneratorSpec, version: StoredVersion): boolean {
  const { key, lastModified, replication, size } = version
  if (replication === 'PENDING') return false
  if (spec.statuses !== undefined && !spec.statuses.includes(replication ?? 'NONE')) return false
  if (spec.createdAfter !== undefined && lastModified <= spec.createdAfter) return false
  if (spec.createdBefore !== undefined && lastModified >= spec.createdBefore) return false
  if (spec.sizeAbove !== undefined && size <= spec.sizeAbove) return false
  if (spec.sizeBelow !== undefined && size >= spec.sizeBelow) return false
  const { names } = spec
  if (names === undefined) return true
  // Each list that is given must match (API reference, "KeyNameConstraint").
  const any = (list: readonly string[], test: (part: string) => boolean): boolean =>
    list.length === 0 || list.some(test)
  return (
    any(names.prefixes, (part) => key.startsWith(part)) &&
    any(names.suffixes, (part) => key.endsWith(part)) &&
    any(names.substrings, (part) => key.includes(part))
  )
}
