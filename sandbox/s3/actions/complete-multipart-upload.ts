import type { Reply, StoredChecksum } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { checkValue, declaredChecksum } from '../body/declared.ts'
import { ALGORITHMS, checksumOf, compositeOf } from '../checksums/checksum.ts'
import { checkWrite } from '../conditions.ts'
import { S3Error } from '../errors.ts'
import { opaqueEtag } from '../etag.ts'
import { versionHeader } from '../find.ts'
import { encryptionHeaders } from '../headers.ts'
import { checksumElements } from '../listing.ts'
import { uploadOf } from '../multipart.ts'
import { lockOf } from '../object-lock.ts'
import { type BucketRequest, header } from '../request.ts'
import type { MultipartUpload, StoredPart } from '../store/multipart.ts'
import { latestIn } from '../store/store.ts'
import { md5Hex } from '../store/version.ts'
import { xmlReply } from '../xml.ts'
import { children, parseXml, textOf, type XmlElement } from '../xml-read.ts'

const PART_BYTES_LEAST = 5 * 1024 ** 2

/** Joins the named parts into one version; parts that are not named are thrown away. */
export async function completeMultipartUpload(request: BucketRequest): Promise<Reply> {
  const { bucket, bucketName, call, key, store, writer } = request
  const root = parseXml(await readDocument(call, { checksums: false }), 'CompleteMultipartUpload')
  const upload = uploadOf(request)
  const parts = partsOf(upload, children(root, 'Part'))
  checkWrite(request.headers, key, latestIn(bucket, key))
  const size = parts.reduce((sum, { body }) => sum + body.length, 0)
  checkSize(header(request, 'x-amz-mp-object-size'), size)
  const body = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const part of parts) at += part.body.copy(body, at)
  const checksum = checksumFor(request, upload, parts, body)

  const etag = `${md5Hex(Buffer.from(parts.map((part) => part.etag).join(''), 'hex'))}-${parts.length}`
  const opaque = opaqueEtag(upload.attributes, etag, request)
  const draft = {
    ...upload.attributes,
    key,
    body,
    etag: opaque === undefined ? etag : `${opaque}-${parts.length}`,
    checksum,
    lock: lockOf(request, upload.attributes.lock),
    partSizes: parts.map((part) => part.body.length),
  }
  bucket.uploads.delete(upload.id)
  const version = store.put(bucket, draft, 'ObjectCreated:CompleteMultipartUpload', writer)
  const headers = { ...versionHeader(bucket, version), ...encryptionHeaders(version) }
  const result = {
    Location: `http://${call.host}/${bucketName}/${encodeURIComponent(key)}`,
    Bucket: bucketName,
    Key: key,
    ETag: `"${version.etag}"`,
    ...checksumElements(checksum),
  }
  return xmlReply('CompleteMultipartUploadResult', result, headers)
}

/** @throws S3Error `MalformedXML`, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall` */
function partsOf(upload: MultipartUpload, named: readonly XmlElement[]): readonly StoredPart[] {
  if (named.length === 0) throw new S3Error('MalformedXML')
  let before = 0
  const parts = named.map((element) => {
    const number = Number(textOf(element, 'PartNumber'))
    const etag = textOf(element, 'ETag')?.replace(/^"|"$/g, '')
    if (!Number.isInteger(number) || etag === undefined) throw new S3Error('MalformedXML')
    if (number <= before) throw new S3Error('InvalidPartOrder', { elements: { UploadId: upload.id } })
    before = number
    const part = upload.parts.get(number)
    if (part === undefined || part.etag !== etag || !checksumFits(part, element)) {
      throw new S3Error('InvalidPart', { elements: { UploadId: upload.id, PartNumber: number, ETag: etag } })
    }
    return part
  })
  const small = parts.slice(0, -1).find(({ body }) => body.length < PART_BYTES_LEAST)
  if (small === undefined) return parts
  throw new S3Error('EntityTooSmall', {
    elements: {
      ProposedSize: small.body.length,
      MinSizeAllowed: PART_BYTES_LEAST,
      PartNumber: small.number,
      ETag: small.etag,
    },
  })
}

/** Clients repeat the checksums of their parts; one that S3 has under another algorithm is not compared. */
function checksumFits({ checksum }: StoredPart, named: XmlElement): boolean {
  const algorithm = ALGORITHMS.find((each) => textOf(named, `Checksum${each}`) !== undefined)
  if (algorithm === undefined || algorithm !== checksum.algorithm) return true
  return textOf(named, `Checksum${algorithm}`) === checksum.value
}

function checkSize(said: string | undefined, size: number): void {
  if (said === undefined || Number(said) === size) return
  const message = `The provided 'x-amz-mp-object-size' header value ${said} does not match what was computed: ${size}`
  throw new S3Error('InvalidRequest', { message })
}

function checksumFor(
  request: BucketRequest,
  upload: MultipartUpload,
  parts: readonly StoredPart[],
  body: Buffer,
): StoredChecksum {
  const algorithm = upload.algorithm ?? 'CRC64NVME'
  const checksum =
    upload.checksumType === 'COMPOSITE'
      ? compositeOf(
          algorithm,
          parts.map((part) => part.checksum.value),
        )
      : checksumOf(algorithm, body)
  const said = declaredChecksum(request.headers)
  if (said?.value === undefined || said.algorithm !== algorithm) return checksum
  // A composite value may come with or without the number of parts behind it.
  const bare = (value: string): string => value.replace(/-\d+$/, '')
  checkValue(algorithm, bare(said.value))
  if (bare(said.value) === bare(checksum.value)) return checksum
  throw new S3Error('BadDigest', {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  })
}
