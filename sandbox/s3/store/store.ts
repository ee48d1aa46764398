import type { BucketChange, ReplicationStatus, SandboxClock, SandboxRandom } from '../../types.ts'
import { S3Error } from '../errors.ts'
import { Bucket } from './bucket.ts'
import { type Chain, findVersion, latestOf, withoutVersion, withVersion } from './chain.ts'
import type { Lock } from './lock.ts'
import { makeSequencers } from './sequencers.ts'
import { StoredVersion, type VersionDraft } from './version.ts'

/** Who wrote, as events tell it. */
export interface Writer {
  readonly principal: string
  readonly requestId: string
  /** A lifecycle rule: its events have other names, and nothing that it does replicates. */
  readonly lifecycle?: true
}

/** What a client writes; the store gives it its id, place and time. */
export type ObjectDraft = Omit<VersionDraft, 'versionId' | 'sequencer' | 'lastModified' | 'replication' | 'body'> & {
  readonly body: Buffer
}

export type Removed =
  /** A marker was written. */
  | { readonly kind: 'marker'; readonly version: StoredVersion }
  /** A version, or the object of an unversioned bucket, is gone for good; undefined: there was none. */
  | { readonly kind: 'purged'; readonly version: StoredVersion | undefined }

/** All buckets of all accounts and regions, in memory. Every write goes through here, and is told to the listeners. */
export interface S3Store {
  readonly clock: SandboxClock
  readonly buckets: ReadonlyMap<string, Bucket>
  createBucket(name: string, region: string, account: string): Bucket
  deleteBucket(bucket: Bucket): void
  put(bucket: Bucket, draft: ObjectDraft, eventName: string, writer: Writer): StoredVersion
  /** DELETE without a version id. */
  remove(bucket: Bucket, key: string, writer: Writer): Removed
  /** DELETE of one version id. */
  purge(bucket: Bucket, key: string, versionId: string, writer: Writer): StoredVersion | undefined
  setTags(
    bucket: Bucket,
    version: StoredVersion,
    tags: StoredVersion['tags'],
    eventName: 'ObjectTagging:Put' | 'ObjectTagging:Delete',
    writer: Writer,
  ): void
  /** Who may is asked before. */
  setLock(bucket: Bucket, version: StoredVersion, lock: Lock, what: 'retention' | 'hold', writer: Writer): void
  /**
   * A version with the id, the time and the sequencer of its source: it takes the place that it has there, which is below
   * newer versions that came first. False: the id is there already.
   */
  putReplica(bucket: Bucket, version: StoredVersion, writer: Writer): boolean
  onChange(listener: (change: BucketChange) => void): void
  /** Gives the replication status to store a client's write with. The last one set counts. */
  beforeStore(status: StatusOf): void
}

type StatusOf = (bucket: string, version: StoredVersion) => ReplicationStatus | undefined

export function latestIn(bucket: Bucket, key: string): StoredVersion | undefined {
  const chain = bucket.objects.get(key)
  return chain === undefined ? undefined : latestOf(chain)
}

export function versionIn(bucket: Bucket, key: string, versionId: string): StoredVersion | undefined {
  const chain = bucket.objects.get(key)
  return chain === undefined ? undefined : findVersion(chain, versionId)
}

export function makeStore(needs: { clock: SandboxClock; random: SandboxRandom }): S3Store {
  const { clock, random } = needs
  const nextSequencer = makeSequencers(random)
  const buckets = new Map<string, Bucket>()
  const listeners: ((change: BucketChange) => void)[] = []
  let statusOf: StatusOf = () => undefined

  function tell(
    bucket: Bucket,
    version: StoredVersion,
    change: Pick<BucketChange, 'kind' | 'eventName'>,
    writer: Writer,
  ): void {
    const { principal, requestId, lifecycle = false } = writer
    const told: BucketChange = {
      ...change,
      eventName: lifecycle ? change.eventName.replace('ObjectRemoved', 'LifecycleExpiration') : change.eventName,
      bucket: bucket.name,
      region: bucket.region,
      version,
      principal,
      time: clock.now(),
      requestId,
      lifecycle,
    }
    for (const listener of listeners) listener(told)
  }

  /** Puts a version into its key's place by sequencer, where a write is on top. A `null` version drops the one before it. */
  function add(bucket: Bucket, version: StoredVersion): void {
    bucket.objects.update(version.key, (chain) => withVersion(withoutNull(chain, version.versionId), version))
  }

  function withoutNull(chain: Chain | undefined, versionId: string): Chain | undefined {
    if (chain === undefined || versionId !== 'null') return chain
    const old = findVersion(chain, 'null')
    return old === undefined ? chain : withoutVersion(chain, old)
  }

  function take(bucket: Bucket, key: string, versionId: string): StoredVersion | undefined {
    const version = versionIn(bucket, key, versionId)
    if (version === undefined) return undefined
    bucket.objects.update(key, (chain) => chain && withoutVersion(chain, version))
    bucket.rememberGone(version)
    return version
  }

  /** The event of a delete has a sequencer of its own, above that of the write which it undoes. */
  function tellPurged(bucket: Bucket, version: StoredVersion, writer: Writer): void {
    tell(bucket, version.with({ sequencer: nextSequencer() }), PURGED, writer)
  }

  /** Status first, then the place in the bucket, then the listeners: a reader never sees a write without its status. */
  function write(
    bucket: Bucket,
    draft: Omit<VersionDraft, 'versionId' | 'sequencer' | 'lastModified'>,
    writer: Writer,
  ): StoredVersion {
    const version = StoredVersion.make({
      ...draft,
      versionId: bucket.versioning === 'Enabled' ? bucket.nextVersionId() : 'null',
      sequencer: nextSequencer(),
      lastModified: clock.now(),
    })
    if (writer.lifecycle) bucket.markLifecycle(version)
    else version.replication = statusOf(bucket.name, version)
    add(bucket, version)
    return version
  }

  return {
    clock,
    buckets,
    createBucket(name, region, account) {
      const bucket = new Bucket({ name, region, account, created: clock.now(), random })
      buckets.set(name, bucket)
      return bucket
    },
    deleteBucket(bucket) {
      if (bucket.objects.size > 0) {
        const message =
          bucket.versioning === undefined
            ? undefined
            : 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
        throw new S3Error('BucketNotEmpty', { message, elements: { BucketName: bucket.name } })
      }
      buckets.delete(bucket.name)
    },
    put(bucket, draft, eventName, writer) {
      const version = write(bucket, draft, writer)
      tell(bucket, version, { kind: 'created', eventName }, writer)
      return version
    },
    remove(bucket, key, writer) {
      if (bucket.versioning === undefined) {
        const version = take(bucket, key, 'null')
        if (version !== undefined) tellPurged(bucket, version, writer)
        return { kind: 'purged', version }
      }
      const version = write(bucket, { key, body: undefined }, writer)
      tell(bucket, version, MARKED, writer)
      return { kind: 'marker', version }
    },
    purge(bucket, key, versionId, writer) {
      const version = take(bucket, key, versionId)
      if (version === undefined) return undefined
      bucket.rememberPurged(version)
      tellPurged(bucket, version, writer)
      return version
    },
    setTags(bucket, version, tags, eventName, writer) {
      version.tags = tags
      tell(bucket, version, { kind: 'tagged', eventName }, writer)
    },
    setLock(bucket, version, lock, what, writer) {
      version.lock = lock
      tell(bucket, version, what === 'hold' ? HELD : RETAINED, writer)
    },
    putReplica(bucket, version, writer) {
      if (versionIn(bucket, version.key, version.versionId) !== undefined) return false
      add(bucket, version)
      tell(bucket, version, version.deleteMarker ? MARKED : { kind: 'created', eventName: 'ObjectCreated:Put' }, writer)
      return true
    },
    onChange: (listener) => void listeners.push(listener),
    beforeStore(status) {
      statusOf = status
    },
  }
}

const MARKED = { kind: 'marker', eventName: 'ObjectRemoved:DeleteMarkerCreated' } as const
const PURGED = { kind: 'purged', eventName: 'ObjectRemoved:Delete' } as const
/** Nobody can be notified of these: replication alone listens. */
const RETAINED = { kind: 'locked', eventName: 'ObjectRetention:Put' } as const
const HELD = { kind: 'locked', eventName: 'ObjectLegalHold:Put' } as const
