import type { Reply, StoredChecksum } from '../../types.ts'
import { attributesOf } from '../attributes.ts'
import { algorithmNamed } from '../body/declared.ts'
import { checksumOf } from '../checksums/checksum.ts'
import { checkWrite } from '../conditions.ts'
import { type CopySource, copySourceOf, sourceVersionHeader } from '../copy-source.ts'
import { invalidArgument, S3Error } from '../errors.ts'
import { opaqueEtag } from '../etag.ts'
import { versionHeader } from '../find.ts'
import { encryptionHeaders } from '../headers.ts'
import { checksumElements, wholeSeconds } from '../listing.ts'
import { askedLock, lockOf } from '../object-lock.ts'
import { type BucketRequest, header } from '../request.ts'
import type { ObjectAttributes } from '../store/multipart.ts'
import { latestIn } from '../store/store.ts'
import { md5Hex, type StoredVersion } from '../store/version.ts'
import { xmlReply } from '../xml.ts'

const COPY_BYTES_MOST = 5 * 1024 ** 3

export function copyObject(request: BucketRequest): Reply {
  const { access, bucket, key, store, writer } = request
  const source = copySourceOf(request)
  const from = source.version
  if (from.size > COPY_BYTES_MOST) {
    const message = `The specified copy source is larger than the maximum allowable size for a copy source: ${COPY_BYTES_MOST}`
    throw new S3Error('InvalidRequest', { message })
  }
  checkWrite(request.headers, key, latestIn(bucket, key))
  const attributes = copiedAttributes(request, source)
  if (attributes.tags !== undefined) access.check(bucket, 's3:PutObjectTagging', key)
  const draft = {
    ...attributes,
    key,
    body: from.body,
    etag: etagOf(request, attributes, from),
    checksum: checksumFor(request, from),
    // Never the source's (user guide, "Object Lock considerations").
    lock: lockOf(request, askedLock(request)),
  }
  const version = store.put(bucket, draft, 'ObjectCreated:Copy', writer)
  const headers = {
    ...versionHeader(bucket, version),
    ...sourceVersionHeader(source),
    ...encryptionHeaders(version),
  }
  const result = {
    ETag: `"${version.etag}"`,
    LastModified: wholeSeconds(version.lastModified),
    ...checksumElements(version.checksum),
  }
  return xmlReply('CopyObjectResult', result, headers)
}

/** A copy is one piece, however its source was uploaded. */
function etagOf(request: BucketRequest, attributes: ObjectAttributes, from: StoredVersion): string {
  const md5 = from.partSizes === undefined && /^AES256$/.test(from.sse ?? '') ? from.etag : md5Hex(from.body)
  return opaqueEtag(attributes, md5, request) ?? md5
}

/** A composite checksum belongs to parts that the copy has not: S3 then computes one of the full object. */
function checksumFor(request: BucketRequest, from: StoredVersion): StoredChecksum | undefined {
  const asked = algorithmNamed(header(request, 'x-amz-checksum-algorithm'))
  const { checksum } = from
  if (checksum?.type === 'FULL_OBJECT' && (asked === undefined || asked === checksum.algorithm)) return checksum
  return checksumOf(asked ?? checksum?.algorithm ?? 'CRC64NVME', from.body)
}

/** Encryption and storage class are always the request's own, never the source's. */
function copiedAttributes(
  request: BucketRequest,
  { bucket: sourceBucket, version: from }: CopySource,
): ObjectAttributes {
  const own = attributesOf(request.headers, request.bucket)
  const replaceMetadata = directive(request, 'x-amz-metadata-directive')
  const replaceTags = directive(request, 'x-amz-tagging-directive')
  const onItself = sourceBucket === request.bucket && from.key === request.key
  const changes =
    replaceMetadata ||
    own.storageClass !== undefined ||
    own.customerKeyMd5 !== undefined ||
    request.headers['x-amz-server-side-encryption'] !== undefined ||
    request.headers['x-amz-website-redirect-location'] !== undefined
  if (onItself && !changes && latestIn(sourceBucket, from.key) === from) {
    throw new S3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    })
  }
  const metadata = replaceMetadata ? own : withoutKmsKey(from, own)
  if (!replaceTags && from.tags !== undefined) {
    // API reference, "CopyObject", Permissions: tags are read, too.
    const action = header(request, 'x-amz-copy-source')?.includes('?versionId=') === true ? 'ObjectVersion' : 'Object'
    request.access.check(sourceBucket, `s3:Get${action}Tagging`, from.key)
  }
  return { ...own, ...metadata, tags: replaceTags ? own.tags : from.tags }
}

function withoutKmsKey(from: StoredVersion, own: ObjectAttributes): ObjectAttributes {
  const name = 'x-amz-server-side-encryption-aws-kms-key-id'
  const kept = Object.entries(from.headers ?? {}).filter(([header]) => header !== name)
  const kmsKey = own.headers?.[name]
  if (kmsKey !== undefined) kept.push([name, kmsKey])
  return {
    contentType: from.contentType,
    metadata: from.metadata,
    headers: kept.length === 0 ? undefined : Object.fromEntries(kept),
  }
}

function directive(request: BucketRequest, name: string): boolean {
  const value = header(request, name)
  if (value === undefined || value === 'COPY') return false
  if (value === 'REPLACE') return true
  throw invalidArgument('Unknown directive.', name, value)
}
