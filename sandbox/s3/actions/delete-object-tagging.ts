import type { Reply } from '../../types.ts'
import { findObject, versionHeader } from '../find.ts'
import type { BucketRequest } from '../request.ts'

export function deleteObjectTagging(request: BucketRequest): Reply {
  const { bucket, store, writer } = request
  const version = findObject(request)
  store.setTags(bucket, version, undefined, 'ObjectTagging:Delete', writer)
  return { status: 204, headers: versionHeader(bucket, version) }
}
