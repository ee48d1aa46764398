import type { Reply } from '../../types.ts'
import { putDocument } from '../configuration.ts'
import type { BucketRequest } from '../request.ts'

export function putPublicAccessBlock(request: BucketRequest): Promise<Reply> {
  return putDocument(request, 'publicAccessBlock', 'PublicAccessBlockConfiguration')
}
