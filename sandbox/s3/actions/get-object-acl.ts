import type { Reply } from '../../types.ts'
import { aclXml } from '../acl.ts'
import { findObject, versionHeader } from '../find.ts'
import type { BucketRequest } from '../request.ts'
import { rawXmlReply } from '../xml.ts'

export function getObjectAcl(request: BucketRequest): Reply {
  const { bucket } = request
  const version = findObject(request)
  return rawXmlReply(aclXml(bucket.account), versionHeader(bucket, version))
}
