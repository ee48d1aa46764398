import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'
import { document, rawXmlReply } from '../xml.ts'

/** us-east-1 is the one region that this action calls by an empty name. */
export function getBucketLocation({ bucket }: BucketRequest): Reply {
  return rawXmlReply(document('LocationConstraint', bucket.region === 'us-east-1' ? '' : bucket.region))
}
