import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'
import { SSE_S3 } from '../store/bucket.ts'

/** Back to SSE-S3: no bucket is without encryption. */
export function deleteBucketEncryption({ bucket }: BucketRequest): Reply {
  bucket.defaultSse = SSE_S3
  return { status: 204 }
}
