import type { Reply } from '../../types.ts'
import { listAsk, ownerIn, pageSize, prefixesXml } from '../listing.ts'
import { type BucketRequest, query } from '../request.ts'
import { compareKeys } from '../store/key-order.ts'
import type { MultipartUpload } from '../store/multipart.ts'
import { xmlReply } from '../xml.ts'

/** In byte order of the keys, oldest first in each. Few at a time: no index is kept of them. */
export function listMultipartUploads(request: BucketRequest): Reply {
  const { prefix, delimiter, encode, encodingType } = listAsk(request)
  const most = pageSize(request, 'max-uploads')
  const keyMarker = query(request, 'key-marker') ?? ''
  const idMarker = query(request, 'upload-id-marker') ?? ''
  const owner = ownerIn(request)
  const uploads = [...request.bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix)).sort(inOrder)
  const page: MultipartUpload[] = []
  const rolled: string[] = []
  let last: { key: string; id: string | undefined } | undefined
  let truncated = false
  for (const upload of uploads) {
    const cut = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length)
    const common = cut < 0 ? undefined : upload.key.slice(0, cut + delimiter.length)
    if (common === undefined ? !isBehind(upload, keyMarker, idMarker) : compareKeys(common, keyMarker) <= 0) {
      continue
    }
    if (common !== undefined && rolled.at(-1) === common) continue
    if (page.length + rolled.length >= most) {
      truncated = most > 0
      break
    }
    if (common === undefined) page.push(upload)
    else rolled.push(common)
    last = { key: common ?? upload.key, id: common === undefined ? upload.id : undefined }
  }
  return xmlReply('ListMultipartUploadsResult', {
    Bucket: request.bucketName,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: truncated && last !== undefined ? encode(last.key) : undefined,
    NextUploadIdMarker: truncated ? last?.id : undefined,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    Prefix: encode(prefix),
    MaxUploads: most,
    EncodingType: encodingType,
    IsTruncated: truncated,
    Upload: page.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.id,
      Initiator: owner,
      Owner: owner,
      StorageClass: upload.attributes.storageClass ?? 'STANDARD',
      Initiated: new Date(upload.initiated).toISOString(),
      ChecksumAlgorithm: upload.algorithm,
      ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
    })),
    CommonPrefixes: prefixesXml(rolled, encode),
  })
}

/** Upload ids rise with time, so that their order is that of the uploads. */
function inOrder(a: MultipartUpload, b: MultipartUpload): number {
  return compareKeys(a.key, b.key) || (a.id < b.id ? -1 : 1)
}

/** Behind the key marker; with an upload id, behind that upload of the key, which may be gone. */
function isBehind(upload: MultipartUpload, keyMarker: string, idMarker: string): boolean {
  const order = compareKeys(upload.key, keyMarker)
  return order === 0 && idMarker !== '' ? upload.id > idMarker : order > 0
}
