import { hash } from 'node:crypto'
import type { ReplicationStatus, StoredChecksum, StoredVersion } from '../../types.ts'
import { type Algorithm, checksumOf } from '../checksums/checksum.ts'

type Strings = Readonly<Record<string, string>>

/** Bodies up to this size are kept as one-byte strings: a Buffer object costs some 240 bytes beside its content. */
const STRING_BELOW = 1024
/** Full-object checksums of bodies up to this size are computed when asked for, which is cheaper than keeping them. */
const CHECKSUM_LATER_BELOW = 4096

/**
 * A version in some 450 bytes with its key, its ids and a small body, so that a million fit into one process.
 *
 * `body` and `checksum` are own, enumerable accessors, one pair for all versions: `{ ...version }` has them as plain values.
 */
class PackedVersion {
  readonly key: string
  readonly versionId: string
  readonly deleteMarker: boolean
  readonly size: number
  readonly etag: string
  lastModified: number
  readonly contentType: string | undefined
  readonly metadata: Strings | undefined
  readonly headers: Strings | undefined
  tags: Strings | undefined
  readonly storageClass: string
  readonly partSizes: readonly number[] | undefined
  readonly sse: string | undefined
  readonly customerKeyMd5: string | undefined
  replication: ReplicationStatus | undefined
  readonly sequencer: string
  declare readonly body: Buffer
  declare readonly checksum: StoredChecksum | undefined
  readonly #content: string | Buffer
  /** An algorithm alone: of the full object, computed when asked for. */
  readonly #checksum: Algorithm | StoredChecksum | undefined

  constructor(from: StoredVersion) {
    this.key = ownString(from.key)
    this.versionId = ownString(from.versionId)
    this.deleteMarker = from.deleteMarker
    this.size = from.size
    this.etag = from.etag
    this.lastModified = from.lastModified
    this.contentType = shared(from.contentType)
    this.metadata = from.metadata
    this.headers = from.headers
    this.tags = from.tags
    this.storageClass = from.storageClass
    this.partSizes = from.partSizes
    this.sse = from.sse
    this.customerKeyMd5 = from.customerKeyMd5
    this.replication = from.replication
    this.sequencer = from.sequencer
    this.#content = packBody(from.body)
    this.#checksum = packChecksum(from.checksum, from.size)
    Object.defineProperty(this, 'body', BODY)
    Object.defineProperty(this, 'checksum', CHECKSUM)
  }

  static bodyOf(version: PackedVersion): Buffer {
    const content = version.#content
    return typeof content === 'string' ? Buffer.from(content, 'latin1') : content
  }

  static checksumOf(version: PackedVersion): StoredChecksum | undefined {
    const kept = version.#checksum
    return typeof kept === 'string' ? checksumOf(kept, version.body) : kept
  }
}

/** Shared, so that all versions keep one hidden class: an accessor made per object would turn each into a dictionary. */
const BODY: PropertyDescriptor = {
  enumerable: true,
  get(this: PackedVersion) {
    return PackedVersion.bodyOf(this)
  },
}
const CHECKSUM: PropertyDescriptor = {
  enumerable: true,
  get(this: PackedVersion) {
    return PackedVersion.checksumOf(this)
  },
}

/** The form in which the store keeps a version; the same content, members may be assigned as the interface allows. */
export function packVersion(version: StoredVersion): StoredVersion {
  return new PackedVersion(version)
}

export const NO_BYTES = Buffer.alloc(0)

/** MD5 in hex: the ETag of what was uploaded in one piece. */
export function md5Hex(body: Uint8Array): string {
  return hash('md5', body, 'hex')
}

/** Exactly its own bytes: a slice of a socket's buffer would pin all of that buffer. */
function packBody(body: Buffer): string | Buffer {
  if (body.length <= STRING_BELOW) return body.toString('latin1')
  if (body.length === body.buffer.byteLength) return body
  const own = Buffer.allocUnsafeSlow(body.length)
  body.copy(own)
  return own
}

function packChecksum(checksum: StoredChecksum | undefined, size: number): Algorithm | StoredChecksum | undefined {
  if (checksum?.type === 'FULL_OBJECT' && size <= CHECKSUM_LATER_BELOW) return checksum.algorithm
  return checksum
}

/** A flat string of its own: one that was cut from a request's path would pin the whole path. */
function ownString(text: string): string {
  return text === 'null' ? 'null' : Buffer.from(text, 'utf8').toString('utf8')
}

const kept = new Map<string, string>()
const KEPT_MOST = 10_000

/** One string for all versions of one content type; node makes a new one for each request's header. */
function shared(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const known = kept.get(text)
  if (known !== undefined) return known
  if (kept.size < KEPT_MOST) kept.set(text, text)
  return text
}
