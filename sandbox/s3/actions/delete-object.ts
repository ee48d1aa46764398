import type { Reply } from '../../types.ts'
import { checkWrite } from '../conditions.ts'
import { checkMfa, removeOne, removedHeaders } from '../remove.ts'
import { type BucketRequest, versionIdOf } from '../request.ts'
import { latestIn } from '../store/store.ts'

export function deleteObject(request: BucketRequest): Reply {
  const { bucket, key } = request
  const versionId = versionIdOf(request)
  checkMfa(request, versionId)
  if (request.headers['if-match'] !== undefined) checkWrite(request.headers, key, latestIn(bucket, key))
  return { status: 204, headers: removedHeaders(removeOne(request, key, versionId)) }
}
