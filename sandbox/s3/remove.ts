import { S3Error } from './errors.ts'
import { checkDeletable } from './object-lock.ts'
import { type BucketRequest, header } from './request.ts'
import { versionIn } from './store/store.ts'

/** What a delete came to, as DeleteObject's headers and DeleteObjects' document tell it. */
export interface Deleted {
  readonly versionId: string | undefined
  /** A marker was made, or the version that is gone was one. */
  readonly deleteMarker: boolean
}

/** @throws S3Error `AccessDenied`: where MFA delete is on, no version goes without a token */
export function checkMfa(request: BucketRequest, versionId: string | undefined): void {
  if (versionId === undefined || request.bucket.mfaDelete !== 'Enabled') return
  if (header(request, 'x-amz-mfa') !== undefined) return
  throw new S3Error('AccessDenied', { message: 'Mfa Authentication must be used for this request' })
}

/** Deleting what is not there is no error. */
export function removeOne(request: BucketRequest, key: string, versionId: string | undefined): Deleted {
  const { bucket, store, writer } = request
  if (versionId !== undefined) {
    checkDeletable(request, versionIn(bucket, key, versionId))
    const gone = store.purge(bucket, key, versionId, writer)
    return { versionId, deleteMarker: gone?.deleteMarker === true }
  }
  const removed = store.remove(bucket, key, writer)
  if (removed.kind === 'purged') return { versionId: undefined, deleteMarker: false }
  return { versionId: removed.version.versionId, deleteMarker: true }
}

export function removedHeaders({ versionId, deleteMarker }: Deleted): Record<string, string> {
  return {
    ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
    ...(deleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
  }
}
