/**
 * An `ObjectStore` in memory, for the workers' tests. It passes the same suite as S3 (test/contract/object-store.ts).
 */
import { LandfallError } from '../../src/domain/errors.ts'
import type { Look, LookFor, ObjectStore, Side } from '../../src/ports.ts'

type ObjectLook = Extract<Look, { kind: 'object' }>
type Seen = Look & { readonly kind: 'object' | 'marker' }
type RefusedLook = Extract<Look, { kind: 'refused' }>

/** One side of one pair. */
export interface BucketAt {
  readonly pair: string
  readonly side: Side
}

export interface MemoryObjectStore extends ObjectStore {
  /** Writes a version on top of its key, and returns its id (given, or made). Fields not given are plausible. */
  put(
    at: BucketAt & { readonly key: string; readonly versionId?: string },
    object?: Partial<Omit<ObjectLook, 'kind' | 'versionId'>>,
  ): string
  /** Writes a delete marker on top of its key. */
  mark(at: BucketAt & { readonly key: string; readonly versionId?: string }): string
  /** Deletes a version for good. */
  purge(at: BucketAt & { readonly key: string; readonly versionId: string }): void
  /** Every HEAD of the bucket is answered by this refusal, until `undefined`. */
  refuseHead(at: BucketAt, look: RefusedLook | undefined): void
  /** Every listing of one version is answered by this refusal, until `undefined`. */
  refuseList(at: BucketAt, look: RefusedLook | undefined): void
  /** Every call about the bucket throws this, until `undefined`. */
  fail(at: BucketAt, error: Error | undefined): void
  /** Calls so far: what S3 would have been asked at least. */
  readonly calls: { head: number; list: number }
}

interface Bucket {
  /** Newest first. */
  readonly keys: Map<string, Seen[]>
  head: RefusedLook | undefined
  list: RefusedLook | undefined
  error: Error | undefined
}

export function makeMemoryObjectStore(options: { readonly pairs: readonly string[] }): MemoryObjectStore {
  const buckets = new Map<string, Bucket>()
  for (const pair of options.pairs) {
    for (const side of ['source', 'destination']) {
      buckets.set(`${pair} ${side}`, { keys: new Map(), head: undefined, list: undefined, error: undefined })
    }
  }
  const calls = { head: 0, list: 0 }
  let made = 0

  function bucketOf(at: BucketAt): Bucket {
    const bucket = buckets.get(`${at.pair} ${at.side}`)
    if (bucket === undefined) throw new LandfallError('BUCKET_MISSING', `no bucket of ${at.pair} (${at.side})`)
    return bucket
  }

  /** As a call does: asynchronously, and not where its signal is aborted. */
  async function asked(at: BucketAt & Pick<LookFor, 'signal'>): Promise<Bucket> {
    await Promise.resolve()
    if (at.signal?.aborted === true) throw Object.assign(new Error('Request aborted'), { name: 'AbortError' })
    const bucket = bucketOf(at)
    if (bucket.error !== undefined) throw bucket.error
    return bucket
  }

  function write(at: BucketAt & { readonly key: string }, seen: Seen): string {
    const bucket = bucketOf(at)
    const others = (bucket.keys.get(at.key) ?? []).filter(({ versionId }) => versionId !== seen.versionId)
    bucket.keys.set(at.key, [seen, ...others])
    return seen.versionId
  }

  return {
    calls,
    put(at, object = {}) {
      const size = object.size ?? 3
      return write(at, {
        etag: `etag-of-${size}`,
        lastModified: 1_700_000_000_000 + made,
        replication: at.side === 'source' ? 'COMPLETED' : 'REPLICA',
        checksums: [],
        tags: 0,
        storageClass: 'STANDARD',
        ...object,
        kind: 'object',
        versionId: at.versionId ?? `version-${++made}`,
        size,
      })
    },
    mark: (at) => write(at, { kind: 'marker', versionId: at.versionId ?? `marker-${++made}` }),
    purge(at) {
      const { keys } = bucketOf(at)
      keys.set(
        at.key,
        (keys.get(at.key) ?? []).filter(({ versionId }) => versionId !== at.versionId),
      )
    },
    refuseHead(at, look) {
      bucketOf(at).head = look
    },
    refuseList(at, look) {
      bucketOf(at).list = look
    },
    fail(at, error) {
      bucketOf(at).error = error
    },

    async head(at) {
      calls.head++
      const bucket = await asked(at)
      if (bucket.head !== undefined) return bucket.head
      const seen = bucket.keys.get(at.key)?.find(({ versionId }) => versionId === at.versionId)
      if (seen === undefined) return { kind: 'absent' }
      return seen.kind === 'object' && at.checksums !== true ? { ...seen, checksums: [] } : seen
    },
    async listVersion(at) {
      calls.list++
      const bucket = await asked(at)
      if (bucket.list !== undefined) return bucket.list
      const seen = bucket.keys.get(at.key)?.find(({ versionId }) => versionId === at.versionId)
      return seen === undefined ? { kind: 'absent' } : listed(seen)
    },
    async listKey(at) {
      calls.list++
      const bucket = await asked(at)
      return (bucket.keys.get(at.key) ?? []).slice(0, at.limit).map(listed)
    },
  }
}

/** What a listing leaves out. */
function listed(seen: Seen): Seen {
  if (seen.kind === 'marker') return seen
  return {
    ...seen,
    replication: 'unknown',
    checksums: [],
    tags: undefined,
    lock: undefined,
    copyOf: undefined,
    retriggerOf: undefined,
  }
}
