import type { Reply } from '../../types.ts'
import { getDocument } from '../configuration.ts'
import type { BucketRequest } from '../request.ts'

export function getBucketLifecycleConfiguration(request: BucketRequest): Reply {
  return getDocument(request, { name: 'lifecycle', missing: 'NoSuchLifecycleConfiguration' })
}
