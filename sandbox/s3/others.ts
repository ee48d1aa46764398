import type { NotificationTest, S3ForOthers, SandboxRandom, TargetCheck } from '../types.ts'
import type { Bucket } from './store/bucket.ts'
import { withDefault } from './store/lock.ts'
import { latestIn, type S3Store, versionIn } from './store/store.ts'

/** What notifications/ hangs into PutBucketNotificationConfiguration. */
export interface NotificationHooks {
  check: TargetCheck
  readonly testListeners: ((test: NotificationTest) => void)[]
}

/** The store as replication/ and notifications/ see it: by names, without the protocol. */
export function makeOthers(store: S3Store, hooks: NotificationHooks, random: SandboxRandom): S3ForOthers {
  const find = (bucket: string, key: string, versionId: string) => {
    const found = store.buckets.get(bucket)
    return found && versionIn(found, key, versionId)
  }
  return {
    onChange: (listener) => store.onChange(listener),
    beforeStore: (status) => store.beforeStore(status),
    checkTarget(check) {
      hooks.check = check
    },
    onNotificationTest: (listener) => void hooks.testListeners.push(listener),
    bucket: (name): Bucket | undefined => store.buckets.get(name),
    version: find,
    latest(name, key) {
      const bucket = store.buckets.get(name)
      return bucket && latestIn(bucket, key)
    },
    purgedReplica: (name, key, versionId) => store.buckets.get(name)?.purgedReplica(key, versionId) === true,
    putReplica(name, version, principal) {
      const bucket = store.buckets.get(name)
      if (bucket === undefined) throw new Error(`no bucket ${name} to replicate to`)
      const requestId = random.text('s3/replica-requests', 16).toUpperCase()
      // The source's retention comes along; without one the destination's default counts, from the source's time.
      const lock = version.deleteMarker
        ? undefined
        : withDefault(version.lock, bucket.defaultRetention, version.lastModified)
      const replica = lock === version.lock ? version : version.with({ lock })
      return store.putReplica(bucket, replica, { principal, requestId })
    },
    setReplication(bucket, key, versionId, status) {
      const version = find(bucket, key, versionId)
      if (version !== undefined) version.replication = status
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
