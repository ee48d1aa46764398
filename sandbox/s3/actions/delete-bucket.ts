import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'

export function deleteBucket({ bucket, store }: BucketRequest): Reply {
  store.deleteBucket(bucket)
  return { status: 204 }
}
