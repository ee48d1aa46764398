import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'
import { SSE_S3 } from '../store/bucket.ts'
import { child, parseXml, textOf } from '../xml-read.ts'

/** For objects that don't name their encryption themselves. */
export async function putBucketEncryption({ bucket, call }: BucketRequest): Promise<Reply> {
  const rule = child(parseXml(await readDocument(call), 'ServerSideEncryptionConfiguration'), 'Rule')
  const byDefault = child(rule, 'ApplyServerSideEncryptionByDefault')
  const algorithm = textOf(byDefault, 'SSEAlgorithm') ?? SSE_S3.algorithm
  if (rule === undefined || !/^(AES256|aws:kms|aws:kms:dsse)$/.test(algorithm)) throw new S3Error('MalformedXML')
  const kmsKey = textOf(byDefault, 'KMSMasterKeyID')
  if (kmsKey !== undefined && algorithm === 'AES256') {
    const message = 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse'
    throw new S3Error('InvalidArgument', { message })
  }
  bucket.defaultSse = { algorithm, kmsKey, bucketKey: textOf(rule, 'BucketKeyEnabled') === 'true' }
  return { status: 200 }
}
