import { hash } from 'node:crypto'
import type { ReplicationStatus, StoredChecksum } from '../../types.ts'
import type { Lock } from './lock.ts'
import { type Algorithm, checksumOf } from '../checksums/checksum.ts'

type Strings = Readonly<Record<string, string>>

/** What a version is made of. Absent members: none, or S3's default. */
export interface VersionDraft {
  readonly key: string
  readonly versionId: string
  /** `undefined` makes a delete marker. */
  readonly body: Buffer | undefined
  /** Without quotes; the MD5 of the body where absent. */
  readonly etag?: string | undefined
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly contentType?: string | undefined
  /** `x-amz-meta-*` without the prefix. */
  readonly metadata?: Strings | undefined
  /** The system headers: cache-control, content-disposition, content-encoding, content-language, expires. */
  readonly headers?: Strings | undefined
  readonly tags?: Strings | undefined
  /** Absent: the CRC64NVME of the body. */
  readonly checksum?: StoredChecksum | undefined
  readonly storageClass?: string | undefined
  /** Sizes of the parts of a multipart upload, in order. */
  readonly partSizes?: readonly number[] | undefined
  /** `AES256` where absent. */
  readonly sse?: string | undefined
  /** Base64 MD5 of the customer's key (SSE-C): HEAD and GET are refused without that key. */
  readonly customerKeyMd5?: string | undefined
  /** Absent: never locked. */
  readonly lock?: Lock | undefined
  readonly replication?: ReplicationStatus | undefined
  readonly sequencer: string
}

/** What most versions of a bucket have in common: interned, so that a million versions share a few of these. */
type Attributes = Pick<
  VersionDraft,
  'contentType' | 'metadata' | 'headers' | 'tags' | 'partSizes' | 'customerKeyMd5' | 'lock'
> & {
  readonly storageClass: string
  readonly sse: string
  /** An algorithm alone: of the full object, computed when asked for. */
  readonly checksum: StoredChecksum | Algorithm
}

type Members = Pick<StoredVersion, 'key' | 'versionId' | 'size' | 'etag' | 'lastModified' | 'replication' | 'sequencer'>

/** Bodies up to this size are kept as one-byte strings: a Buffer object costs some 240 bytes beside its content. */
const STRING_BELOW = 1024
/** Full-object checksums of bodies up to this size are computed when asked for, which is cheaper than keeping them. */
const CHECKSUM_LATER_BELOW = 4096

/**
 * One version or delete marker, packed: some 400 bytes with its key, its ids and a small body.
 *
 * Members that are getters don't survive `{ ...version }` (compiler and linter say so): make copies by `with()`.
 */
export class StoredVersion {
  readonly key: string
  readonly versionId: string
  readonly size: number
  /** Without quotes. Empty for markers. */
  readonly etag: string
  lastModified: number
  replication: ReplicationStatus | undefined
  /** Orders the versions of a bucket by their arrival there; hex of one width. */
  readonly sequencer: string
  /** Shared with replicas; `undefined` in a delete marker. */
  readonly #content: string | Buffer | undefined
  #attributes: Attributes

  private constructor(from: Members, content: string | Buffer | undefined, attributes: Attributes) {
    this.key = from.key
    this.versionId = from.versionId
    this.size = from.size
    this.etag = from.etag
    this.lastModified = from.lastModified
    this.replication = from.replication
    this.sequencer = from.sequencer
    this.#content = content
    this.#attributes = attributes
  }

  static make(draft: VersionDraft): StoredVersion {
    const { body } = draft
    const members: Members = {
      key: ownString(draft.key),
      versionId: ownString(draft.versionId),
      size: body?.length ?? 0,
      etag: body === undefined ? '' : (draft.etag ?? md5Hex(body)),
      lastModified: draft.lastModified,
      replication: draft.replication,
      sequencer: draft.sequencer,
    }
    return new StoredVersion(members, packBody(body), attributesOf(draft, members.size))
  }

  /** A copy with changes; the bytes are shared. With another `body`, size, ETag and checksum are those of that body. */
  with(changes: Partial<VersionDraft>): StoredVersion {
    const { body } = changes
    const members: Members = {
      key: changes.key ?? this.key,
      versionId: changes.versionId ?? this.versionId,
      size: body?.length ?? this.size,
      etag: changes.etag ?? (body === undefined ? this.etag : md5Hex(body)),
      lastModified: changes.lastModified ?? this.lastModified,
      replication: 'replication' in changes ? changes.replication : this.replication,
      sequencer: changes.sequencer ?? this.sequencer,
    }
    const kept = this.#attributes
    const old: Partial<VersionDraft> = { ...kept, checksum: this.#ofAnyBody(), partSizes: kept.partSizes }
    const ofBody =
      body === undefined ? {} : { checksum: checksumOf(this.checksumAlgorithm, body), partSizes: undefined }
    const attributes = attributesOf({ ...old, ...ofBody, ...changes }, members.size)
    return new StoredVersion(members, body === undefined ? this.#content : packBody(body), attributes)
  }

  get deleteMarker(): boolean {
    return this.#content === undefined
  }

  /** Never mutate it: source and replicas share it. Empty for markers. */
  get body(): Buffer {
    const content = this.#content
    return typeof content === 'string' ? Buffer.from(content, 'latin1') : (content ?? NO_BYTES)
  }

  get checksum(): StoredChecksum | undefined {
    if (this.deleteMarker) return undefined
    const { checksum } = this.#attributes
    return typeof checksum === 'string' ? checksumOf(checksum, this.body) : checksum
  }

  /** What a listing tells of the checksum, without computing it. */
  get checksumAlgorithm(): Algorithm {
    const { checksum } = this.#attributes
    return typeof checksum === 'string' ? checksum : checksum.algorithm
  }

  get checksumType(): StoredChecksum['type'] {
    const { checksum } = this.#attributes
    return typeof checksum === 'string' ? 'FULL_OBJECT' : checksum.type
  }

  get contentType(): string | undefined {
    return this.#attributes.contentType
  }

  get metadata(): Strings | undefined {
    return this.#attributes.metadata
  }

  get headers(): Strings | undefined {
    return this.#attributes.headers
  }

  get tags(): Strings | undefined {
    return this.#attributes.tags
  }

  set tags(tags: Strings | undefined) {
    this.#attributes = intern({ ...this.#attributes, tags })
  }

  get lock(): Lock | undefined {
    return this.#attributes.lock
  }

  set lock(lock: Lock | undefined) {
    this.#attributes = intern({ ...this.#attributes, lock })
  }

  get storageClass(): string {
    return this.#attributes.storageClass
  }

  get partSizes(): readonly number[] | undefined {
    return this.#attributes.partSizes
  }

  get sse(): string | undefined {
    return this.deleteMarker || this.customerKeyMd5 !== undefined ? undefined : this.#attributes.sse
  }

  get customerKeyMd5(): string | undefined {
    return this.#attributes.customerKeyMd5
  }

  #ofAnyBody(): StoredChecksum {
    const { checksum } = this.#attributes
    return typeof checksum === 'string' ? { algorithm: checksum, type: 'FULL_OBJECT', value: '' } : checksum
  }
}

export const NO_BYTES = Buffer.alloc(0)

/** MD5 in hex: the ETag of what was uploaded in one piece. */
export function md5Hex(body: Uint8Array): string {
  return hash('md5', body, 'hex')
}

/** Exactly its own bytes: a slice of a socket's buffer would pin all of that buffer. */
function packBody(body: Buffer | undefined): string | Buffer | undefined {
  if (body === undefined) return undefined
  if (body.length <= STRING_BELOW) return body.toString('latin1')
  if (body.length === body.buffer.byteLength) return body
  const own = Buffer.allocUnsafeSlow(body.length)
  body.copy(own)
  return own
}

/** A flat string of its own: one that was cut from a request's path would pin the whole path. */
function ownString(text: string): string {
  return text === 'null' ? 'null' : Buffer.from(text, 'utf8').toString('utf8')
}

function attributesOf(draft: Partial<VersionDraft>, size: number): Attributes {
  const { checksum } = draft
  const later = size <= CHECKSUM_LATER_BELOW && checksum?.type === 'FULL_OBJECT'
  return intern({
    contentType: draft.contentType,
    metadata: draft.metadata,
    headers: draft.headers,
    tags: draft.tags,
    partSizes: draft.partSizes,
    customerKeyMd5: draft.customerKeyMd5,
    lock: draft.lock,
    storageClass: draft.storageClass ?? 'STANDARD',
    sse: draft.sse ?? 'AES256',
    checksum: checksum === undefined ? 'CRC64NVME' : later ? checksum.algorithm : checksum,
  })
}

const interned = new Map<string, Attributes>()
const INTERNED_MOST = 10_000

function intern(attributes: Attributes): Attributes {
  const { contentType, headers, storageClass, sse, checksum, metadata, tags, partSizes, customerKeyMd5, lock } =
    attributes
  if (metadata ?? tags ?? partSizes ?? customerKeyMd5 ?? lock) return attributes
  if (typeof checksum !== 'string') return attributes
  const name = `${contentType}\n${checksum}\n${storageClass}\n${sse}\n${headers ? JSON.stringify(headers) : ''}`
  const known = interned.get(name)
  if (known !== undefined) return known
  if (interned.size < INTERNED_MOST) interned.set(name, attributes)
  return attributes
}
