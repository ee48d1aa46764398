import { S3Error } from './errors.ts'
import { type BucketRequest, versionIdOf } from './request.ts'
import type { Bucket } from './store/bucket.ts'
import { latestIn, versionIn } from './store/store.ts'
import type { StoredVersion } from './store/version.ts'

/**
 * The object that a request reads: the version it names, or the latest.
 * @throws S3Error `NoSuchKey`, `NoSuchVersion`; `MethodNotAllowed` for the version id of a delete marker
 */
export function findObject(request: BucketRequest): StoredVersion {
  return findIn(request.bucket, request.key, versionIdOf(request))
}

export function findIn(bucket: Bucket, key: string, versionId: string | undefined): StoredVersion {
  if (versionId === undefined) {
    const latest = latestIn(bucket, key)
    if (latest === undefined) throw new S3Error('NoSuchKey', { elements: { Key: key } })
    if (latest.deleteMarker) {
      throw new S3Error('NoSuchKey', { elements: { Key: key }, headers: markerHeaders(bucket, latest) })
    }
    return latest
  }
  const version = versionIn(bucket, key, versionId)
  if (version === undefined) throw new S3Error('NoSuchVersion', { elements: { Key: key, VersionId: versionId } })
  if (!version.deleteMarker) return version
  throw new S3Error('MethodNotAllowed', {
    elements: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers: {
      ...markerHeaders(bucket, version),
      allow: 'DELETE',
      'last-modified': new Date(version.lastModified).toUTCString(),
    },
  })
}

function markerHeaders(bucket: Bucket, marker: StoredVersion): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, marker) }
}

/** Buckets that never had versioning show no version ids. */
export function versionHeader(bucket: Bucket, version: StoredVersion): Record<string, string> {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': version.versionId }
}
