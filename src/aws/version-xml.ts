/**
 * Reads the document of `ListObjectVersions`: versions and markers in its own order, which the SDK loses by sorting them
 * into two lists, and at a tenth of the SDK's time (a page has a thousand entries of a dozen elements).
 *
 * It reads bytes: as one text a page would be half a megabyte that lives as long as any of its keys, and garbage of that
 * size is what a heap grows by.
 * Source: Amazon S3 API reference, ListObjectVersions.
 */
import { compareKeys } from '../domain/audit/key-order.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Listed, ListPage } from '../ports.ts'

const LESS = 0x3c
const GREATER = 0x3e
const SLASH = 0x2f

/** Versions above `upTo` are left out, and end it. Throws AWS_ERROR where this is no such document. */
export function readVersionPage(bytes: Buffer, upTo?: string): ListPage {
  const reader = new Reader(bytes)
  const versions: Listed[] = []
  const head = new Map<string, string>()
  reader.root('ListVersionsResult')
  // S3 says how keys are encoded before the first of them; a store that says so later is read once more.
  const late = bytes.lastIndexOf('<EncodingType>')
  const encoded = late !== -1 && bytes.toString('latin1', late + 14, late + 17) === 'url'
  for (let name = reader.open(); name !== undefined; name = reader.open()) {
    if (name === 'Version') versions.push(reader.entry('object', encoded))
    else if (name === 'DeleteMarker') versions.push(reader.entry('marker', encoded))
    else if (name === 'CommonPrefixes') reader.skip(name)
    else head.set(name, reader.text())
  }
  const end = upTo === undefined || versions.length === 0 ? -1 : endOf(versions, upTo)
  if (end !== -1) return { versions: versions.slice(0, end) }
  if (head.get('IsTruncated') !== 'true') return { versions }
  const key = head.get('NextKeyMarker') ?? ''
  // Ending here would report all that is behind it as missing.
  if (key === '') throw broken('ends without its next marker')
  const versionId = head.get('NextVersionIdMarker') ?? ''
  return { versions, next: { key: decoded(key, encoded), ...(versionId === '' ? {} : { versionId }) } }
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

/** Walks the elements; `at` is always behind what was read. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Passes the declaration, if any, and the root's opening tag with its attributes. */
  root(name: string): void {
    const at = this.#bytes.indexOf(`<${name}`)
    if (at === -1 || at > 1000) {
      throw new LandfallError(
        'AWS_ERROR',
        `no listing of versions: ${JSON.stringify(this.#bytes.toString('utf8', 0, 100))}`,
      )
    }
    this.#at = this.#find(GREATER, at) + 1
  }

  /** The next child's name; undefined where the parent ends. */
  open(): string | undefined {
    const at = this.#find(LESS, this.#at)
    const end = this.#find(GREATER, at)
    if (this.#bytes[at + 1] === SLASH) {
      this.#at = end + 1
      return undefined
    }
    this.#at = end + 1
    // An empty element, as some stores write it: its text is empty, and there is no end tag to pass.
    if (this.#bytes[end - 1] === SLASH) return this.open()
    return this.#bytes.toString('latin1', at + 1, end)
  }

  /** The text of the element that was opened, and past its end tag. */
  text(): string {
    const [from, to] = this.#span()
    return unescaped(this.#bytes.toString('utf8', from, to))
  }

  /** Past the element that was opened, whatever is in it. */
  skip(name: string): void {
    const end = this.#bytes.indexOf(`</${name}>`, this.#at)
    if (end === -1) throw broken('is cut off')
    this.#at = end + name.length + 3
  }

  /** One `Version` or `DeleteMarker`, its elements in whatever order. */
  entry(kind: 'object' | 'marker', encoded: boolean): Listed {
    let key = ''
    let versionId = 'null'
    let size: number | undefined
    let etag: string | undefined
    let lastModified: number | undefined
    let latest = false
    const bytes = this.#bytes
    for (;;) {
      const at = this.#find(LESS, this.#at)
      const end = this.#find(GREATER, at + 1)
      this.#at = end + 1
      const first = bytes[at + 1]
      if (first === SLASH) break
      if (bytes[end - 1] === SLASH) continue
      // Told apart by first letter and length, so that no text is made of the dozen names.
      const length = end - at - 1
      if (first === 0x4f || (first === 0x52 && length === 13)) {
        this.skip(first === 0x4f ? 'Owner' : 'RestoreStatus')
        continue
      }
      const [from, to] = this.#span()
      if (first === 0x4b && length === 3) key = decoded(unescaped(bytes.toString('utf8', from, to)), encoded)
      else if (first === 0x56) versionId = bytes.toString('latin1', from, to)
      else if (first === 0x49) latest = bytes[from] === 0x74
      else if (first === 0x53 && length === 4) size = this.#number(from, to)
      else if (first === 0x45) etag = bare(bytes.toString('latin1', from, to))
      else if (first === 0x4c) lastModified = timeOf(bytes.toString('latin1', from, to))
    }
    return kind === 'object'
      ? { key, versionId, kind, size: size ?? 0, etag, lastModified, latest }
      : { key, versionId, kind, size: undefined, etag: undefined, lastModified, latest }
  }

  /** From here to the next tag, which is passed. */
  #span(): readonly [from: number, to: number] {
    const from = this.#at
    const to = this.#find(LESS, from)
    this.#at = this.#find(GREATER, to) + 1
    return [from, to]
  }

  #number(from: number, to: number): number {
    let value = 0
    for (let at = from; at < to; at += 1) value = value * 10 + this.#bytes[at]! - 0x30
    return value
  }

  #find(byte: number, from: number): number {
    const bytes = this.#bytes
    let at = from
    while (at < bytes.length && bytes[at] !== byte) at += 1
    if (at >= bytes.length) throw broken('is cut off')
    return at
  }
}

function broken(how: string): LandfallError {
  return new LandfallError('AWS_ERROR', `a listing of versions ${how}`)
}

/** S3 writes a space as `+`. Stores that ignore the encoding say so by leaving `EncodingType` out. */
function decoded(text: string, encoded: boolean): string {
  if (!encoded) return text
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch (cause) {
    throw new LandfallError('AWS_ERROR', `a key in a listing is no UTF-8: ${JSON.stringify(text)}`, { cause })
  }
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }

function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return ENTITIES[name ?? ''] ?? all
  })
}

/** `&quot;...&quot;`, or with bare quotes. */
function bare(text: string): string {
  if (text.startsWith('&quot;') && text.endsWith('&quot;')) return text.slice(6, -6)
  return unescaped(text).replaceAll('"', '')
}

/** Versions that are listed together were often written in one second. */
let lastText = ''
let lastTime: number | undefined

function timeOf(text: string): number | undefined {
  if (text !== lastText) {
    const time = Date.parse(text)
    lastText = text
    lastTime = Number.isNaN(time) ? undefined : time
  }
  return lastTime
}
