import type { Reply } from '../../types.ts'
import { findObject, versionHeader } from '../find.ts'
import type { BucketRequest } from '../request.ts'
import { tagSetXml } from '../tags.ts'
import { document, rawXmlReply } from '../xml.ts'

export function getObjectTagging(request: BucketRequest): Reply {
  const version = findObject(request)
  return rawXmlReply(document('Tagging', tagSetXml(version.tags)), versionHeader(request.bucket, version))
}
