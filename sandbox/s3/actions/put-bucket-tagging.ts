import type { Reply } from '../../types.ts'
import { putDocument } from '../configuration.ts'
import type { BucketRequest } from '../request.ts'
import { BUCKET_TAGS_MOST, checkTags, tagPairs, tagSetOf } from '../tags.ts'

export async function putBucketTagging(request: BucketRequest): Promise<Reply> {
  await putDocument(request, 'tagging', 'Tagging', (root) => checkTags(tagPairs(tagSetOf(root)), BUCKET_TAGS_MOST))
  return { status: 204 }
}
