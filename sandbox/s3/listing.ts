import { invalidArgument } from './errors.ts'
import { ownerOf } from './owner.ts'
import { type BucketRequest, query } from './request.ts'
import type { ListAsk } from './store/listing.ts'
import type { StoredVersion } from './store/version.ts'
import type { XmlValue } from './xml.ts'

const PAGE_MOST = 1000

/** What the three listings ask in the same words. */
export interface Asked extends ListAsk {
  /** As asked for, which may be more than a page holds. */
  readonly maxKeys: number
  readonly encodingType: 'url' | undefined
  /** Encodes keys, prefixes, delimiters and markers of the answer. */
  readonly encode: (text: string) => string
}

/** @throws S3Error `InvalidArgument` */
export function listAsk(request: BucketRequest): Asked {
  const raw = query(request, 'max-keys')
  const maxKeys = raw === undefined || raw === '' ? PAGE_MOST : Number(raw)
  if (!Number.isInteger(maxKeys) || (raw !== undefined && !/^[-\d]*$/.test(raw))) {
    throw invalidArgument('Provided max-keys not an integer or within integer range', 'max-keys', raw ?? '')
  }
  if (maxKeys < 0) {
    throw invalidArgument('Argument maxKeys must be an integer between 0 and 2147483647', 'maxKeys', raw ?? '')
  }
  const encodingType = query(request, 'encoding-type')
  if (encodingType !== undefined && encodingType !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encodingType)
  }
  return {
    prefix: query(request, 'prefix') ?? '',
    delimiter: query(request, 'delimiter') ?? '',
    max: Math.min(maxKeys, PAGE_MOST),
    maxKeys,
    encodingType,
    encode: encodingType === 'url' ? urlEncode : (text) => text,
  }
}

/** As S3 encodes keys for `encoding-type=url`, and in events: `+` for a space, slashes left alone. */
export function urlEncode(text: string): string {
  if (/^[\w./*-]*$/.test(text)) return text
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
}

/** `<Contents>` of an object, without its owner. */
export function contentsOf(version: StoredVersion, encode: (text: string) => string): Record<string, XmlValue> {
  return {
    Key: encode(version.key),
    LastModified: wholeSeconds(version.lastModified),
    ETag: `"${version.etag}"`,
    ChecksumAlgorithm: version.checksumAlgorithm,
    ChecksumType: version.checksumType,
    Size: version.size,
    StorageClass: version.storageClass,
  }
}

/** S3 keeps whole seconds, and still writes the thousandths. */
export function wholeSeconds(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString()
}

export function prefixesXml(prefixes: readonly string[], encode: (text: string) => string): XmlValue {
  return prefixes.map((prefix) => ({ Prefix: encode(prefix) }))
}

export function ownerIn(request: BucketRequest): XmlValue {
  return ownerOf(request.bucket.account)
}
