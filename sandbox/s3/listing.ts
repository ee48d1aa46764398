import type { StoredChecksum } from '../types.ts'
import { invalidArgument } from './errors.ts'
import { ownerOf } from './owner.ts'
import { type BucketRequest, query } from './request.ts'
import type { ListAsk } from './store/listing.ts'
import type { StoredVersion } from './store/version.ts'
import { escapeXml, xml, type XmlValue } from './xml.ts'

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
  const maxKeys = numberOf(request, 'max-keys')
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

/** How many entries a page of the two multipart listings may have, at most a thousand. */
export function pageSize(request: BucketRequest, name: 'max-parts' | 'max-uploads'): number {
  return Math.min(numberOf(request, name), PAGE_MOST)
}

function numberOf(request: BucketRequest, name: string): number {
  const raw = query(request, name) ?? ''
  if (raw === '') return PAGE_MOST
  if (/^\d{1,10}$/.test(raw) && Number(raw) < 2 ** 31) return Number(raw)
  if (/^-?\d+$/.test(raw))
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, raw)
  throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, raw)
}

/** As S3 encodes keys for `encoding-type=url`, and in events: `+` for a space, slashes left alone. */
export function urlEncode(text: string): string {
  if (/^[\w./*-]*$/.test(text)) return text
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
}

/**
 * What listings tell of each object, as text: a page holds a thousand of these, and the general writer takes five times
 * as long.
 */
export function contentsXml(version: StoredVersion, encode: (text: string) => string): string {
  return (
    `<Key>${escapeXml(encode(version.key))}</Key><LastModified>${wholeSeconds(version.lastModified)}</LastModified>` +
    `<ETag>&quot;${version.etag}&quot;</ETag><ChecksumAlgorithm>${version.checksumAlgorithm}</ChecksumAlgorithm>` +
    `<ChecksumType>${version.checksumType}</ChecksumType><Size>${version.size}</Size>` +
    `<StorageClass>${version.storageClass}</StorageClass>`
  )
}

/** S3 keeps whole seconds, and still writes the thousandths. */
export function wholeSeconds(time: number): string {
  const second = Math.floor(time / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastText = new Date(second * 1000).toISOString()
  }
  return lastText
}

/** Versions that are listed together were often written together. */
let lastSecond = 0
let lastText = '1970-01-01T00:00:00.000Z'

export function prefixesXml(prefixes: readonly string[], encode: (text: string) => string): XmlValue {
  return prefixes.map((prefix) => ({ Prefix: encode(prefix) }))
}

export function ownerIn(request: BucketRequest): { readonly ID: string; readonly DisplayName: string } {
  return ownerOf(request.bucket.account)
}

export function ownerXml(request: BucketRequest): string {
  return xml('Owner', ownerIn(request))
}

/** `<ChecksumCRC32>` and its like, with their type. */
export function checksumElements(checksum: StoredChecksum | undefined): Record<string, XmlValue> {
  if (checksum === undefined) return {}
  return { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }
}
