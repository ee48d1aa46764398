/** The part of the sandbox's S3 store that replication and notifications use, in a few maps, with a clock moved by hand. */
import { makeFaultBox } from '../../sandbox/faults/box.ts'
import { makeRandom } from '../../sandbox/random.ts'
import { StoredVersion, type VersionDraft } from '../../sandbox/s3/store/version.ts'
import type {
  BucketChange,
  NotificationTest,
  ReplicationRule,
  S3ForOthers,
  SandboxClock,
  TargetCheck,
} from '../../sandbox/types.ts'

type Bucket = { -readonly [Name in keyof FoundBucket]: FoundBucket[Name] }
type FoundBucket = NonNullable<ReturnType<S3ForOthers['bucket']>>

export interface FakeS3 extends S3ForOthers {
  readonly changes: BucketChange[]
  make(name: string, settings?: Partial<Bucket>): Bucket
  remove(name: string): void
  /** Stores a client's write as the store does: the status first, then the change. */
  put(
    bucket: string,
    draft: Partial<VersionDraft> & { readonly key: string },
    how?: Partial<BucketChange>,
  ): StoredVersion
  tag(bucket: string, version: StoredVersion, tags: Readonly<Record<string, string>>): void
  purge(bucket: string, version: StoredVersion): void
  check(bucket: string, target: Parameters<TargetCheck>[0]): string | undefined
  test(test: NotificationTest): void
}

export function makeFakeS3(clock: SandboxClock): FakeS3 {
  const buckets = new Map<string, Bucket & { readonly versions: Map<string, StoredVersion> }>()
  const listeners: ((change: BucketChange) => void)[] = []
  const tests: ((test: NotificationTest) => void)[] = []
  const changes: BucketChange[] = []
  let status: Parameters<S3ForOthers['beforeStore']>[0] = () => undefined
  let checkTarget: TargetCheck = () => undefined
  let ids = 0
  const lifecycleMarkers = new WeakSet<StoredVersion>()
  const purged = new Set<string>()

  const name = (key: string, versionId: string) => `${versionId}\0${key}`
  const find = (bucket: string, key: string, versionId: string) =>
    buckets.get(bucket)?.versions.get(name(key, versionId))

  function store(bucket: string, version: StoredVersion, how: Partial<BucketChange>): void {
    const { versions, region } = buckets.get(bucket)!
    versions.set(name(version.key, version.versionId), version)
    const marker = version.deleteMarker
    announce({
      kind: marker ? 'marker' : 'created',
      eventName: marker ? 'ObjectRemoved:DeleteMarkerCreated' : 'ObjectCreated:Put',
      bucket,
      region,
      version,
      principal: 'AWS:AIDAEXAMPLE',
      time: clock.now(),
      requestId: `R${ids}`,
      lifecycle: false,
      ...how,
    })
  }

  function announce(change: BucketChange): void {
    changes.push(change)
    for (const listener of listeners) listener(change)
  }

  return {
    changes,
    make(bucket, settings) {
      const made = {
        name: bucket,
        region: 'eu-west-1',
        account: '111111111111',
        versioning: 'Enabled' as const,
        replication: undefined,
        notification: undefined,
        policy: undefined,
        objectLock: false,
        madeByLifecycle: (version: StoredVersion) => lifecycleMarkers.has(version),
        ...settings,
        versions: new Map<string, StoredVersion>(),
      }
      buckets.set(bucket, made)
      return made
    },
    remove: (bucket) => void buckets.delete(bucket),
    put(bucket, draft, how = {}) {
      ids += 1
      const made = StoredVersion.make({
        versionId: `v${ids}`,
        body: Buffer.from('content'),
        lastModified: clock.now(),
        sequencer: ids.toString(16).padStart(16, '0'),
        ...draft,
      })
      const version = how.lifecycle === true ? made : made.with({ replication: status(bucket, made) })
      if (how.lifecycle === true) lifecycleMarkers.add(version)
      store(bucket, version, how)
      return version
    },
    tag(bucket, version, tags) {
      const stored = find(bucket, version.key, version.versionId)!
      stored.tags = tags
      announce({
        ...changes[0]!,
        kind: 'tagged',
        eventName: 'ObjectTagging:Put',
        bucket,
        version: stored,
        time: clock.now(),
      })
    },
    purge(bucket, version) {
      const gone = find(bucket, version.key, version.versionId)
      buckets.get(bucket)!.versions.delete(name(version.key, version.versionId))
      if (gone?.replication === 'REPLICA') purged.add(`${bucket}/${name(version.key, version.versionId)}`)
      announce({
        ...changes[0]!,
        kind: 'purged',
        eventName: 'ObjectRemoved:Delete',
        bucket,
        version,
        time: clock.now(),
      })
    },
    check: (bucket, target) => checkTarget(target, buckets.get(bucket)!),
    test: (test) => tests.forEach((listener) => listener(test)),

    onChange: (listener) => void listeners.push(listener),
    beforeStore: (ask) => void (status = ask),
    checkTarget: (check) => void (checkTarget = check),
    onNotificationTest: (listener) => void tests.push(listener),
    bucket: (bucket) => buckets.get(bucket),
    version: find,
    latest: (bucket, key) => [...(buckets.get(bucket)?.versions.values() ?? [])].findLast((v) => v.key === key),
    purgedReplica: (bucket, key, versionId) => purged.has(`${bucket}/${name(key, versionId)}`),
    putReplica(bucket, version, principal) {
      if (find(bucket, version.key, version.versionId) !== undefined) return false
      store(bucket, version, { principal })
      return true
    },
    setReplication(bucket, key, versionId, to) {
      const version = find(bucket, key, versionId)
      if (version !== undefined) version.replication = to
    },
    setLock(bucket, key, versionId, lock) {
      const version = find(bucket, key, versionId)
      if (version !== undefined) version.lock = lock
    },
    setTags(bucket, key, versionId, tags) {
      const version = find(bucket, key, versionId)
      if (version !== undefined) version.tags = tags
    },
  }
}

export interface ManualClock extends SandboxClock {
  /** Moves time, and runs what falls due on the way. */
  advance(ms: number): void
}

export function makeManualClock(start = Date.UTC(2026, 10, 23)): ManualClock {
  let now = start
  let timers: { readonly at: number; readonly fn: () => void }[] = []
  return {
    now: () => now,
    after(ms, fn) {
      const timer = { at: now + ms, fn }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers = timers.filter((other) => other !== next)
        now = Math.max(now, next.at)
        next.fn()
      }
      now = end
    },
  }
}

/** What replication/ and notifications/ need of a world, without a server. */
export function makeFakeWorld(seed = '1') {
  const clock = makeManualClock()
  return { clock, random: makeRandom(seed), faults: makeFaultBox(), s3: makeFakeS3(clock) }
}

export function makeRule(rule: Partial<ReplicationRule> & { readonly to?: string } = {}): ReplicationRule {
  const { to, ...rest } = rule
  return {
    id: 'cross-region',
    schema: 'V2',
    enabled: true,
    priority: 0,
    prefix: '',
    tags: {},
    destination: { bucket: to ?? 'destination', account: undefined, storageClass: undefined, kmsKey: undefined },
    deleteMarkers: false,
    metrics: false,
    timeControlMinutes: undefined,
    sseKms: false,
    replicaModifications: false,
    ...rest,
  }
}
