import { invalidArgument, S3Error } from './errors.ts'
import { type BucketRequest, query } from './request.ts'
import type { MultipartUpload } from './store/multipart.ts'

const PARTS_MOST = 10_000

/** @throws S3Error `NoSuchUpload`, also where the upload is of another key */
export function uploadOf(request: BucketRequest): MultipartUpload {
  const id = query(request, 'uploadId') ?? ''
  const upload = request.bucket.uploads.get(id)
  if (upload === undefined || upload.key !== request.key) {
    throw new S3Error('NoSuchUpload', { elements: { UploadId: id } })
  }
  return upload
}

/** @throws S3Error `InvalidArgument` */
export function partNumberOf(request: BucketRequest): number {
  const raw = query(request, 'partNumber') ?? ''
  const number = Number(raw)
  if (/^\d+$/.test(raw) && number >= 1 && number <= PARTS_MOST) return number
  throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', 'partNumber', raw)
}
