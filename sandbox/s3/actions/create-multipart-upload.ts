import type { Reply } from '../../types.ts'
import { attributesOf } from '../attributes.ts'
import { algorithmNamed } from '../body/declared.ts'
import type { Algorithm } from '../checksums/checksum.ts'
import { S3Error } from '../errors.ts'
import { encryptionHeaders } from '../headers.ts'
import { askedLock } from '../object-lock.ts'
import { type BucketRequest, header } from '../request.ts'
import type { MultipartUpload } from '../store/multipart.ts'
import { xmlReply } from '../xml.ts'

export function createMultipartUpload(request: BucketRequest): Reply {
  const { access, bucket, bucketName, clock, key } = request
  const attributes = attributesOf(request.headers, bucket)
  if (attributes.tags !== undefined) access.check(bucket, 's3:PutObjectTagging', key)
  const algorithm = algorithmNamed(header(request, 'x-amz-checksum-algorithm'))
  const upload: MultipartUpload = {
    id: bucket.nextUploadId(),
    key,
    initiated: clock.now(),
    attributes: { ...attributes, lock: askedLock(request) },
    algorithm,
    checksumType: checksumTypeOf(header(request, 'x-amz-checksum-type'), algorithm),
    parts: new Map(),
  }
  bucket.uploads.set(upload.id, upload)
  const headers = encryptionHeaders(upload.attributes)
  if (algorithm !== undefined) {
    headers['x-amz-checksum-algorithm'] = algorithm
    headers['x-amz-checksum-type'] = upload.checksumType
  }
  return xmlReply('InitiateMultipartUploadResult', { Bucket: bucketName, Key: key, UploadId: upload.id }, headers)
}

/** User guide, "Checking object integrity": SHA is composite only, CRC64NVME of the full object only, the others either. */
function checksumTypeOf(asked: string | undefined, algorithm: Algorithm | undefined): MultipartUpload['checksumType'] {
  if (algorithm === undefined) {
    if (asked === undefined) return 'FULL_OBJECT'
    const message = 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.'
    throw new S3Error('InvalidRequest', { message })
  }
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  if (type === 'FULL_OBJECT' && !algorithm.startsWith('SHA')) return type
  if (type === 'COMPOSITE' && algorithm !== 'CRC64NVME') return type
  const message = `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`
  throw new S3Error('InvalidRequest', { message })
}
