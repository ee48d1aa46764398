import type { Reply } from '../../types.ts'
import { deleteDocument } from '../configuration.ts'
import type { BucketRequest } from '../request.ts'

export function deletePublicAccessBlock(request: BucketRequest): Reply {
  return deleteDocument(request, 'publicAccessBlock')
}
