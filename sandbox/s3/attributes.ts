import type { IncomingHttpHeaders } from 'node:http'
import { isAwsChunked } from './body/receive.ts'
import { invalidArgument, S3Error } from './errors.ts'
import type { Bucket } from './store/bucket.ts'
import type { ObjectAttributes } from './store/multipart.ts'
import { checkTags } from './tags.ts'

const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-language', 'expires'] as const
const METADATA_BYTES_MOST = 2048
const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
  'EXPRESS_ONEZONE',
])
const KMS_KEY = 'x-amz-server-side-encryption-aws-kms-key-id'

/**
 * What the headers of an upload say of the object, beside its bytes.
 * @throws S3Error `MetadataTooLarge`, `InvalidStorageClass`, `InvalidArgument`, `InvalidTag`
 */
export function attributesOf(headers: IncomingHttpHeaders, bucket: Bucket): ObjectAttributes {
  const encryption = encryptionOf(headers, bucket)
  return {
    contentType: headers['content-type'],
    metadata: metadataOf(headers),
    headers: keptHeaders(headers, encryption.kmsKey),
    tags: tagsHeader(headers['x-amz-tagging'] as string | undefined),
    storageClass: storageClassOf(headers['x-amz-storage-class'] as string | undefined),
    sse: encryption.sse,
    customerKeyMd5: encryption.customerKeyMd5,
  }
}

export function metadataOf(headers: IncomingHttpHeaders): Record<string, string> | undefined {
  let metadata: Record<string, string> | undefined
  let size = 0
  for (const name in headers) {
    if (!name.startsWith('x-amz-meta-')) continue
    const value = headers[name]
    const text = Array.isArray(value) ? value.join(',') : (value ?? '')
    size += name.length - 11 + Buffer.byteLength(text)
    metadata ??= {}
    metadata[name.slice(11)] = text
  }
  if (size > METADATA_BYTES_MOST) {
    throw new S3Error('MetadataTooLarge', { elements: { Size: size, MaxSizeAllowed: METADATA_BYTES_MOST } })
  }
  return metadata
}

function keptHeaders(headers: IncomingHttpHeaders, kmsKey: string | undefined): Record<string, string> | undefined {
  let kept: Record<string, string> | undefined
  for (const name of KEPT_HEADERS) {
    const value = headers[name]
    if (value !== undefined) (kept ??= {})[name] = value
  }
  const encoding = contentEncodingOf(headers['content-encoding'])
  if (encoding !== undefined) (kept ??= {})['content-encoding'] = encoding
  if (kmsKey !== undefined) (kept ??= {})[KMS_KEY] = kmsKey
  return kept
}

/** `aws-chunked` is of the transfer, not of the object. */
function contentEncodingOf(header: string | undefined): string | undefined {
  if (header === undefined || !isAwsChunked(header)) return header
  const rest = header.split(',').filter((each) => each.trim() !== 'aws-chunked')
  return rest.length === 0 ? undefined : rest.join(',').trim()
}

/** Tags as an upload gives them: URL-encoded `name=value&...`. */
export function tagsHeader(header: string | undefined): Readonly<Record<string, string>> | undefined {
  if (header === undefined || header === '') return undefined
  return checkTags([...new URLSearchParams(header)])
}

function storageClassOf(header: string | undefined): string | undefined {
  if (header === undefined || STORAGE_CLASSES.has(header)) return header
  throw new S3Error('InvalidStorageClass', { elements: { StorageClassRequested: header } })
}

interface Encryption {
  readonly sse?: string | undefined
  readonly kmsKey?: string | undefined
  readonly customerKeyMd5?: string | undefined
}

function encryptionOf(headers: IncomingHttpHeaders, bucket: Bucket): Encryption {
  const customerKeyMd5 = customerKeyOf(headers)
  if (customerKeyMd5 !== undefined) return { customerKeyMd5 }
  const asked = headers['x-amz-server-side-encryption'] as string | undefined
  if (asked === undefined) return { sse: bucket.defaultSse.algorithm, kmsKey: bucket.defaultSse.kmsKey }
  if (asked !== 'AES256' && asked !== 'aws:kms' && asked !== 'aws:kms:dsse') {
    const message = 'The encryption method specified is not supported'
    throw invalidArgument(message, 'x-amz-server-side-encryption', asked)
  }
  if (asked === 'AES256') return { sse: asked }
  const account = bucket.account
  const kmsKey = (headers[KMS_KEY] as string | undefined) ?? `arn:aws:kms:${bucket.region}:${account}:alias/aws/s3`
  return { sse: asked, kmsKey }
}

/** The MD5 by which a customer's key is known (SSE-C); undefined where the request brings none. */
export function customerKeyOf(headers: IncomingHttpHeaders, prefix = 'x-amz-'): string | undefined {
  const name = `${prefix}server-side-encryption-customer`
  if (headers[`${name}-algorithm`] === undefined) return undefined
  const md5 = headers[`${name}-key-md5`]
  if (typeof md5 === 'string' && headers[`${name}-key`] !== undefined) return md5
  throw new S3Error('InvalidArgument', {
    message:
      'Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.',
    elements: { ArgumentName: `${name}-key` },
  })
}

/**
 * An object under a customer's key is closed to requests without that key.
 * @throws S3Error `InvalidRequest` (400), `AccessDenied` for another key
 */
export function checkCustomerKey(stored: string | undefined, brought: string | undefined): void {
  if (stored === brought) return
  if (stored === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'The encryption parameters are not applicable to this object.',
    })
  }
  if (brought !== undefined) throw new S3Error('AccessDenied')
  throw new S3Error('InvalidRequest', {
    message:
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  })
}
