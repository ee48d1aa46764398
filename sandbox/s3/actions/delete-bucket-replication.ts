import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'

export function deleteBucketReplication({ bucket }: BucketRequest): Reply {
  bucket.replication = undefined
  return { status: 204 }
}
