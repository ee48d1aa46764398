import type { Reply } from '../../types.ts'
import { checkCustomerKey, customerKeyOf } from '../attributes.ts'
import { headerOf } from '../body/declared.ts'
import { receive } from '../body/receive.ts'
import { checksumOf } from '../checksums/checksum.ts'
import { S3Error } from '../errors.ts'
import { encryptionHeaders } from '../headers.ts'
import { partNumberOf, uploadOf } from '../multipart.ts'
import { checkChecked } from '../object-lock.ts'
import type { BucketRequest } from '../request.ts'

/** A part of the same number takes the place of the one before it. */
export async function uploadPart(request: BucketRequest): Promise<Reply> {
  const { call, clock } = request
  const number = partNumberOf(request)
  const upload = uploadOf(request)
  checkCustomerKey(upload.attributes.customerKeyMd5, customerKeyOf(request.headers))
  checkChecked(request, upload.attributes.lock, 'Upload Part')
  const { bytes, md5, checksum: given } = await receive(call, upload.algorithm)
  const { algorithm } = upload
  if (algorithm !== undefined && given !== undefined && given.algorithm !== algorithm) {
    const message = `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${given.algorithm.toLowerCase()}`
    throw new S3Error('InvalidRequest', { message })
  }
  const checksum = given ?? checksumOf('CRC64NVME', bytes)
  // The upload may have been ended while the bytes came in.
  const current = uploadOf(request)
  current.parts.set(number, { number, body: bytes, etag: md5, lastModified: clock.now(), checksum })
  return {
    status: 200,
    headers: {
      etag: `"${md5}"`,
      [headerOf(checksum.algorithm)]: checksum.value,
      ...encryptionHeaders(upload.attributes),
    },
  }
}
