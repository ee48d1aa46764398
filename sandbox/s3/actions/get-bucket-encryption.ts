import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'
import { xmlReply } from '../xml.ts'

/** Every bucket has one since 2023: SSE-S3 where nobody chose. */
export function getBucketEncryption({ bucket }: BucketRequest): Reply {
  const { algorithm, kmsKey, bucketKey } = bucket.defaultSse
  return xmlReply('ServerSideEncryptionConfiguration', {
    Rule: {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, KMSMasterKeyID: kmsKey },
      BucketKeyEnabled: bucketKey,
    },
  })
}
