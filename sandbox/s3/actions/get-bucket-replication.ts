import type { Reply } from '../../types.ts'
import { S3Error } from '../errors.ts'
import { replicationXml } from '../replication-xml.ts'
import type { BucketRequest } from '../request.ts'
import { rawXmlReply } from '../xml.ts'

export function getBucketReplication({ bucket }: BucketRequest): Reply {
  const config = bucket.replication
  if (config !== undefined) return rawXmlReply(replicationXml(config))
  throw new S3Error('ReplicationConfigurationNotFoundError', { elements: { BucketName: bucket.name } })
}
