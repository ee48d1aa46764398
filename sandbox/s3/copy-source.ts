import { checkCustomerKey, customerKeyOf } from './attributes.ts'
import { checkCopySource } from './conditions.ts'
import { invalidArgument, S3Error } from './errors.ts'
import { findIn } from './find.ts'
import { type BucketRequest, checkVersionId } from './request.ts'
import type { Bucket } from './store/bucket.ts'
import type { StoredVersion } from './store/version.ts'

export interface CopySource {
  readonly bucket: Bucket
  readonly version: StoredVersion
}

/**
 * What `x-amz-copy-source` names (`/bucket/key?versionId=...`, URL-encoded), readable and under its conditions. It may be
 * in another region.
 * @throws S3Error `InvalidArgument`, `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`, `PreconditionFailed`, `AccessDenied`
 */
export function copySourceOf(request: BucketRequest): CopySource {
  const { store, access } = request
  const raw = String(request.headers['x-amz-copy-source'] ?? '')
  const { bucketName, key, versionId } = parse(raw)
  const bucket = store.buckets.get(bucketName)
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { elements: { BucketName: bucketName } })
  access.check(bucket, versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', key)
  const version = find(bucket, key, versionId)
  checkCustomerKey(version.customerKeyMd5, customerKeyOf(request.headers, 'x-amz-copy-source-'))
  checkCopySource(request.headers, version)
  return { bucket, version }
}

/** A delete marker can't be copied: S3 answers 400 for its id, where GET would answer 405. */
function find(bucket: Bucket, key: string, versionId: string | undefined): StoredVersion {
  try {
    return findIn(bucket, key, versionId)
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== 'MethodNotAllowed') throw error
    throw new S3Error('InvalidRequest', {
      message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
    })
  }
}

function parse(raw: string): { bucketName: string; key: string; versionId: string | undefined } {
  const [path = '', search] = raw.split(/\?versionId=/)
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decode(path))
  if (match === null) {
    const message = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey'
    throw invalidArgument(message, 'x-amz-copy-source', raw)
  }
  const versionId = search === undefined ? undefined : checkVersionId(decode(search), 'x-amz-copy-source')
  return { bucketName: match[1]!, key: match[2]!, versionId }
}

/** Clients differ: some encode the key, some don't; a bare `%` is then a part of it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The header that tells which version a copy was made from. */
export function sourceVersionHeader({ bucket, version }: CopySource): Record<string, string> {
  return bucket.versioning === undefined ? {} : { 'x-amz-copy-source-version-id': version.versionId }
}
