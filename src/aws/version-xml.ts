/**
 * Reads the document of `ListObjectVersions`: versions and markers in its own order, which the SDK loses by sorting them
 * into two lists, and at a tenth of the SDK's time (a page has a thousand entries of a dozen elements).
 *
 * Source: Amazon S3 API reference, ListObjectVersions.
 */
import { LandfallError } from '../domain/errors.ts'
import type { Listed, ListPage } from '../ports.ts'
import { compareKeys } from '../domain/audit/key-order.ts'

const VERSION = '<Version>'
const MARKER = '<DeleteMarker>'

/** Versions above `upTo` are left out, and end it. Throws AWS_ERROR where this is no such document. */
export function readVersionPage(xml: string, upTo?: string): ListPage {
  const from = firstEntry(xml)
  const head = from === -1 ? xml : xml.slice(0, from)
  if (!head.includes('<ListVersionsResult')) {
    throw new LandfallError('AWS_ERROR', `no listing of versions: ${JSON.stringify(xml.slice(0, 100))}`)
  }
  // Stores write these behind the entries too; then the whole text is searched, once.
  const of = (name: string): string | undefined =>
    elementOf(head, name) ?? (from === -1 ? undefined : lastElementOf(xml, name))
  const encoded = of('EncodingType') === 'url'
  const truncated = of('IsTruncated') === 'true'
  const versions = from === -1 ? [] : readEntries(xml, from, encoded)
  const end = upTo === undefined || versions.length === 0 ? -1 : endOf(versions, upTo)
  if (end !== -1) return { versions: versions.slice(0, end) }
  if (!truncated) return { versions }
  const key = of('NextKeyMarker')
  // Ending here would report all that is behind it as missing.
  if (key === undefined || key === '')
    throw new LandfallError('AWS_ERROR', 'a listing of versions ends without its next marker')
  const versionId = of('NextVersionIdMarker')
  const next = { key: keyOf(key, encoded), ...(versionId === undefined || versionId === '' ? {} : { versionId }) }
  return { versions, next }
}

/** Index of the first version above `upTo`; -1: none is. */
function endOf(versions: readonly Listed[], upTo: string): number {
  if (compareKeys(versions.at(-1)!.key, upTo) <= 0) return -1
  let low = 0
  let high = versions.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareKeys(versions[middle]!.key, upTo) > 0) high = middle
    else low = middle + 1
  }
  return low
}

function firstEntry(xml: string): number {
  const version = xml.indexOf(VERSION)
  const marker = xml.indexOf(MARKER)
  if (version === -1) return marker
  return marker === -1 ? version : Math.min(version, marker)
}

function readEntries(xml: string, from: number, encoded: boolean): Listed[] {
  const versions: Listed[] = []
  let at = from
  for (;;) {
    const isVersion = xml.startsWith(VERSION, at)
    if (!isVersion && !xml.startsWith(MARKER, at)) {
      const next = isVersionNext(xml, at)
      if (next === -1) return versions
      at = next
      continue
    }
    const begin = at + (isVersion ? VERSION.length : MARKER.length)
    const end = xml.indexOf(isVersion ? '</Version>' : '</DeleteMarker>', begin)
    if (end === -1) throw new LandfallError('AWS_ERROR', 'a listing of versions is cut off')
    versions.push(readEntry(xml, begin, end, isVersion, encoded))
    at = end + (isVersion ? '</Version>'.length : '</DeleteMarker>'.length)
  }
}

/** Behind white space, or common prefixes: where the next entry begins; -1 at the end. */
function isVersionNext(xml: string, at: number): number {
  const rest = firstEntry(xml.slice(at))
  return rest === -1 ? -1 : at + rest
}

/** Element by element, in whatever order; what is nested (the owner) is passed over. */
function readEntry(xml: string, from: number, end: number, isVersion: boolean, encoded: boolean): Listed {
  let key = ''
  let versionId = 'null'
  let size: number | undefined
  let etag: string | undefined
  let lastModified: number | undefined
  let latest = false
  let at = xml.indexOf('<', from)
  while (at !== -1 && at < end) {
    const close = xml.indexOf('>', at)
    const name = xml.slice(at + 1, close)
    if (name === 'Owner' || name === 'RestoreStatus') {
      at = xml.indexOf('<', xml.indexOf(`</${name}>`, close) + 1)
      continue
    }
    const next = xml.indexOf('<', close)
    switch (name) {
      case 'Key':
        key = keyOf(xml.slice(close + 1, next), encoded)
        break
      case 'VersionId':
        versionId = xml.slice(close + 1, next)
        break
      case 'IsLatest':
        latest = xml.charCodeAt(close + 1) === 0x74
        break
      case 'Size':
        size = Number(xml.slice(close + 1, next))
        break
      case 'ETag':
        etag = bare(xml.slice(close + 1, next))
        break
      case 'LastModified':
        lastModified = timeOf(xml.slice(close + 1, next))
        break
      default:
    }
    at = xml.indexOf('<', next + 1)
  }
  return isVersion
    ? { key, versionId, kind: 'object', size: size ?? 0, etag, lastModified, latest }
    : { key, versionId, kind: 'marker', size: undefined, etag: undefined, lastModified, latest }
}

function elementOf(xml: string, name: string): string | undefined {
  const at = xml.indexOf(`<${name}>`)
  if (at === -1) return undefined
  return unescaped(xml.slice(at + name.length + 2, xml.indexOf('</', at)))
}

function lastElementOf(xml: string, name: string): string | undefined {
  const at = xml.lastIndexOf(`<${name}>`)
  if (at === -1) return undefined
  return unescaped(xml.slice(at + name.length + 2, xml.indexOf('</', at)))
}

/** S3 writes a space as `+`. Stores that ignore the encoding say so by leaving `EncodingType` out. */
function keyOf(text: string, encoded: boolean): string {
  const plain = unescaped(text)
  if (!encoded) return plain
  if (!plain.includes('%')) return plain.includes('+') ? plain.replaceAll('+', ' ') : plain
  try {
    return decodeURIComponent(plain.replaceAll('+', ' '))
  } catch (cause) {
    throw new LandfallError('AWS_ERROR', `a key in a listing is no UTF-8: ${JSON.stringify(plain)}`, { cause })
  }
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }

function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex: string, decimal: string, name: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return ENTITIES[name] ?? all
  })
}

/** `&quot;...&quot;`, or with bare quotes. */
function bare(text: string): string {
  if (text.startsWith('&quot;') && text.endsWith('&quot;')) return text.slice(6, -6)
  return unescaped(text).replaceAll('"', '')
}

/** Versions that are listed together were often written in one second. */
let lastText = ''
let lastTime = Number.NaN

function timeOf(text: string): number | undefined {
  if (text !== lastText) {
    lastText = text
    lastTime = Date.parse(text)
  }
  return Number.isNaN(lastTime) ? undefined : lastTime
}
