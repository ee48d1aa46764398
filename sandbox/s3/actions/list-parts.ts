import type { Reply } from '../../types.ts'
import { checksumElements, ownerIn, pageSize, wholeSeconds } from '../listing.ts'
import { uploadOf } from '../multipart.ts'
import { type BucketRequest, query } from '../request.ts'
import { xmlReply } from '../xml.ts'

export function listParts(request: BucketRequest): Reply {
  const upload = uploadOf(request)
  const marker = Number(query(request, 'part-number-marker') ?? 0)
  const most = pageSize(request, 'max-parts')
  const behind = [...upload.parts.values()].filter(({ number }) => number > marker).sort((a, b) => a.number - b.number)
  const page = behind.slice(0, most)
  const owner = ownerIn(request)
  return xmlReply('ListPartsResult', {
    Bucket: request.bucketName,
    Key: request.key,
    UploadId: upload.id,
    Initiator: owner,
    Owner: owner,
    StorageClass: upload.attributes.storageClass ?? 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: page.length < behind.length,
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
    Part: page.map((part) => {
      const { ChecksumType: _, ...checksums } = checksumElements(part.checksum)
      return {
        PartNumber: part.number,
        LastModified: wholeSeconds(part.lastModified),
        ETag: `"${part.etag}"`,
        Size: part.body.length,
        ...checksums,
      }
    }),
  })
}
