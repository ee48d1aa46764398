import type { Reply } from '../../types.ts'
import { checksumOf } from '../checksums/checksum.ts'
import { copySourceOf, sourceVersionHeader } from '../copy-source.ts'
import { invalidArgument, S3Error } from '../errors.ts'
import { encryptionHeaders } from '../headers.ts'
import { checksumElements, wholeSeconds } from '../listing.ts'
import { partNumberOf, uploadOf } from '../multipart.ts'
import { type BucketRequest, header } from '../request.ts'
import { md5Hex } from '../store/version.ts'
import { xmlReply } from '../xml.ts'

export function uploadPartCopy(request: BucketRequest): Reply {
  const number = partNumberOf(request)
  const upload = uploadOf(request)
  const source = copySourceOf(request)
  const [start, end] = rangeOf(header(request, 'x-amz-copy-source-range'), source.version.size)
  const body = Buffer.from(source.version.body.subarray(start, end))
  const checksum = checksumOf(upload.algorithm ?? 'CRC64NVME', body)
  const part = { number, body, etag: md5Hex(body), lastModified: request.clock.now(), checksum }
  upload.parts.set(number, part)
  const headers = { ...sourceVersionHeader(source), ...encryptionHeaders(upload.attributes) }
  const { ChecksumType: _, ...checksums } = checksumElements(checksum)
  const result = { ETag: `"${part.etag}"`, LastModified: wholeSeconds(part.lastModified), ...checksums }
  return xmlReply('CopyPartResult', result, headers)
}

/** Unlike a GET's range this one must be whole and inside the source. */
function rangeOf(range: string | undefined, size: number): readonly [number, number] {
  if (range === undefined) return [0, size]
  const match = /^bytes=(\d+)-(\d+)$/.exec(range)
  if (match === null) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy'
    throw invalidArgument(message, 'x-amz-copy-source-range', range)
  }
  const first = Number(match[1])
  const last = Number(match[2])
  if (first <= last && last < size) return [first, last + 1]
  throw new S3Error('InvalidArgument', {
    message: `Range specified is not valid for source object of size: ${size}`,
    elements: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: range },
  })
}
