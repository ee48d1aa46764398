import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { findObject, versionHeader } from '../find.ts'
import type { BucketRequest } from '../request.ts'
import { checkTags, tagPairs, tagSetOf } from '../tags.ts'
import { parseXml } from '../xml-read.ts'

/** Replaces all tags of a version; makes no new version. */
export async function putObjectTagging(request: BucketRequest): Promise<Reply> {
  const { bucket, call, store, writer } = request
  const tags = checkTags(tagPairs(tagSetOf(parseXml(await readDocument(call), 'Tagging'))))
  const version = findObject(request)
  store.setTags(bucket, version, tags, 'ObjectTagging:Put', writer)
  return { status: 200, headers: versionHeader(bucket, version) }
}
