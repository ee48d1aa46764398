import type { Reply } from '../../types.ts'
import { notificationXml } from '../notification-xml.ts'
import type { BucketRequest } from '../request.ts'
import { rawXmlReply } from '../xml.ts'

export function getBucketNotificationConfiguration({ bucket }: BucketRequest): Reply {
  return rawXmlReply(notificationXml(bucket.notification))
}
