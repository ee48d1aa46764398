import type { Reply } from '../../types.ts'
import { aclXml } from '../acl.ts'
import type { BucketRequest } from '../request.ts'
import { rawXmlReply } from '../xml.ts'

export function getBucketAcl({ bucket }: BucketRequest): Reply {
  return rawXmlReply(aclXml(bucket.account))
}
