import type { S3Request } from './request.ts'
import type { ObjectAttributes } from './store/multipart.ts'
import { md5Hex } from './store/version.ts'

/**
 * The ETag of what is encrypted by KMS or by a customer's key: no MD5 of the bytes, and another one for each upload
 * (API reference, "Object", ETag). Undefined where the ETag is the MD5.
 */
export function opaqueEtag(attributes: ObjectAttributes, md5: string, request: S3Request): string | undefined {
  if (attributes.customerKeyMd5 === undefined && attributes.sse?.startsWith('aws:kms') !== true) return undefined
  return md5Hex(Buffer.from(`${md5} ${request.random.text(`s3/etags/${request.bucketName}`, 16)}`))
}
