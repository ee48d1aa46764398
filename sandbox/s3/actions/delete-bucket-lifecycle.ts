import type { Reply } from '../../types.ts'
import { deleteDocument } from '../configuration.ts'
import type { BucketRequest } from '../request.ts'

export function deleteBucketLifecycle(request: BucketRequest): Reply {
  return deleteDocument(request, 'lifecycle')
}
