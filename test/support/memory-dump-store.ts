/** A `DumpStore` in memory: one versioned bucket. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { LandfallError } from '../../src/domain/errors.ts'
import type { DumpStore, ListedVersion, StoredObject, Upload, UploadPlan } from '../../src/ports.ts'

interface Version extends StoredObject {
  readonly kind: 'object' | 'marker'
  readonly body: Buffer
}

interface Begun {
  readonly plan: UploadPlan
  readonly initiatedAt: number
  readonly parts: Map<number, { readonly body: Buffer; readonly etag: string; readonly crc32: string }>
}

export interface MemoryDumpStore extends DumpStore {
  /** Puts a version as it is, as another tool would. */
  put(key: string, body: Uint8Array | string, metadata?: Readonly<Record<string, string>>): string
  /** As a lifecycle or a person does. */
  mark(key: string): string
  /** For good. */
  purge(key: string, versionId: string): void
}

export function memoryDumpStore(
  options: { readonly now?: () => number; readonly pageSize?: number } = {},
): MemoryDumpStore {
  /** Per key, oldest first. */
  const keys = new Map<string, Version[]>()
  const uploads = new Map<string, Begun>()
  let count = 0
  const now = options.now ?? (() => 1_800_000_000_000 + count * 1000)

  function add(version: Omit<Version, 'versionId' | 'lastModified' | 'size'>): Version {
    count += 1
    const id = String(count).padStart(8, '0')
    const made = { ...version, versionId: id, lastModified: now(), size: version.body.length }
    keys.set(made.key, [...(keys.get(made.key) ?? []), made])
    return made
  }

  function find({ key, versionId }: { readonly key: string; readonly versionId?: string | undefined }) {
    const all = keys.get(key) ?? []
    const found = versionId === undefined ? all.at(-1) : all.find((version) => version.versionId === versionId)
    return found?.kind === 'object' ? found : undefined
  }

  const isFree = (key: string): boolean => find({ key }) === undefined

  return {
    async begin(plan) {
      count += 1
      const uploadId = `upload-${count}`
      uploads.set(uploadId, { plan, initiatedAt: now(), parts: new Map() })
      return { key: plan.key, uploadId }
    },
    async part(upload, { number, body, signal }) {
      signal?.throwIfAborted()
      const sum = base64OfCrc32(crc32(body))
      const etag = createHash('md5').update(body).digest('hex')
      begun(upload).parts.set(number, { body: Buffer.from(body), etag, crc32: sum })
      return { number, etag, crc32: sum, crc: crc32(body), bytes: body.length }
    },
    async complete(upload, { parts, crc32: sum }) {
      const { plan, parts: there } = begun(upload)
      const inOrder = parts.toSorted((one, other) => one.number - other.number)
      const body = Buffer.concat(inOrder.map(({ number }) => there.get(number)!.body))
      if (base64OfCrc32(crc32(body)) !== sum) throw new LandfallError('AWS_ERROR', 'BadDigest')
      if (!isFree(plan.key)) return { kind: 'taken' }
      uploads.delete(upload.uploadId)
      const { versionId, etag } = add({
        kind: 'object',
        key: plan.key,
        body,
        metadata: plan.metadata,
        etag: `${createHash('md5').update(body).digest('hex')}-${parts.length}`,
        checksum: `CRC32 FULL_OBJECT ${sum}`,
        ...(plan.lock !== undefined && { lock: plan.lock }),
      })
      return { kind: 'completed', versionId, etag }
    },
    async abort(upload) {
      uploads.delete(upload.uploadId)
    },
    async openUploads(prefix) {
      return Array.from(uploads, ([uploadId, { plan, initiatedAt }]) => ({
        key: plan.key,
        uploadId,
        initiatedAt,
      })).filter(({ key }) => key.startsWith(prefix))
    },
    async head(at) {
      const found = find(at)
      if (found === undefined) return undefined
      const { kind: _kind, body: _body, ...stored } = found
      return stored
    },
    async *read(at) {
      const found = find(at)
      if (found === undefined) throw new LandfallError('DUMP_MISSING', `no ${at.key}`)
      const body = found.body.subarray(at.from ?? 0, at.to === undefined ? undefined : at.to + 1)
      for (let from = 0; from < body.length; from += 65_536) {
        at.signal?.throwIfAborted()
        yield body.subarray(from, from + 65_536)
      }
    },
    async versions({ prefix, after }) {
      const all = [...keys.keys()]
        .filter((key) => key.startsWith(prefix))
        .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
        .flatMap((key) => keys.get(key)!.toReversed().map(listed))
      const from =
        after === undefined
          ? 0
          : all.findIndex(({ key, versionId }) => key === after.key && versionId === after.versionId) + 1
      const page = all.slice(from, from + (options.pageSize ?? 1000))
      const last = page.at(-1)
      if (last === undefined || from + page.length >= all.length) return { versions: page }
      return { versions: page, next: { key: last.key, versionId: last.versionId } }
    },
    async putDocument({ key, body, fresh }) {
      if (fresh === true && !isFree(key)) return { kind: 'taken' }
      return { kind: 'written', versionId: this.put(key, body) }
    },
    async getDocument(at) {
      return find(at)?.body.toString('utf8')
    },
    put(key, body, metadata = {}) {
      const bytes = Buffer.from(body)
      const etag = createHash('md5').update(bytes).digest('hex')
      const checksum = `CRC32 FULL_OBJECT ${base64OfCrc32(crc32(bytes))}`
      return add({ kind: 'object', key, body: bytes, metadata, etag, checksum }).versionId
    },
    mark: (key) => add({ kind: 'marker', key, body: Buffer.alloc(0), metadata: {}, etag: '' }).versionId,
    purge(key, versionId) {
      keys.set(
        key,
        (keys.get(key) ?? []).filter((version) => version.versionId !== versionId),
      )
    },
  }

  function begun({ uploadId }: Upload): Begun {
    const found = uploads.get(uploadId)
    if (found === undefined)
      throw new LandfallError('AWS_ERROR', 'NoSuchUpload', { details: { awsCode: 'NoSuchUpload' } })
    return found
  }
}

function listed(version: Version, index: number): ListedVersion {
  const { kind, key, versionId, lastModified, size, etag } = version
  return { kind, key, versionId, latest: index === 0, lastModified, size, ...(kind === 'object' && { etag }) }
}

function base64OfCrc32(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes.toString('base64')
}
