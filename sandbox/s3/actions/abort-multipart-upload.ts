import type { Reply } from '../../types.ts'
import { uploadOf } from '../multipart.ts'
import type { BucketRequest } from '../request.ts'

export function abortMultipartUpload(request: BucketRequest): Reply {
  request.bucket.uploads.delete(uploadOf(request).id)
  return { status: 204 }
}
