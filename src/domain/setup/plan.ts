/**
 * What stands against what the estate needs: the changes between, in the order in which they can be done. Pure.
 *
 * Destinations first, then the roles, then the sources' versioning and rules, then queues, and last what tells them, since S3
 * tries to send when it is told of a queue.
 */
import type { Change, NewLifecycleRule, SetupOptions } from './change.ts'
import type { SetupBucket, SetupEstate, SetupPair } from './estate.ts'
import { replicaBucketStatements } from '../iam/replication-role.ts'
import type { Observed, PolicyStatement, SeenBucket, SeenEncryption } from './observed.ts'
import { bucketsOf, type BucketUse } from './places.ts'
import { type BucketWish, planBucket, planReplicaAccess } from './plan-bucket.ts'
import { planNotifications, queueWishes } from './plan-notifications.ts'
import { planQueue } from './plan-queue.ts'
import { planReplication } from './plan-replication.ts'
import { planRoles, replicationPair, roleOf } from './plan-role.ts'
import { statementsOf } from './words.ts'

const DAY_MS = 86_400_000
const ABORT_UPLOADS_DAYS = 7
const S3_KEYS: SeenEncryption = { algorithm: 'AES256', bucketKey: false, blocksCustomerKeys: false }

/** `roles: false`: they are none of ours (the sandbox asks for none). */
export function planSetup(
  estate: SetupEstate,
  observed: Observed,
  options: SetupOptions & { readonly roles?: boolean } = {},
): readonly Change[] {
  const pairs = estate.pairs.filter(({ name }) => options.pair === undefined || name === options.pair)
  const all = [...bucketsOf(estate).values()]
  const asked = options.pair === undefined ? all : all.filter((place) => pairs.some((pair) => concerns(pair, place)))
  const isSource = ({ uses }: { readonly uses: readonly BucketUse[] }): boolean => uses.includes('source')
  const isAsked = ({ bucket }: SetupBucket): boolean => asked.some((place) => place.bucket === bucket)
  const bucket = (place: SetupBucket & { readonly uses: readonly BucketUse[] }): readonly Change[] => {
    const seen = observed.buckets.get(place.bucket)
    return seen === undefined ? [] : planBucket(estate, wishOf(estate, observed, place), seen)
  }
  const changes = [
    ...asked.filter((place) => !isSource(place)).flatMap(bucket),
    ...(options.roles === false ? [] : planRoles(estate, observed, pairs, options)),
    ...asked.flatMap((place) => {
      const seen = observed.buckets.get(place.bucket)
      return seen === undefined
        ? []
        : planReplicaAccess(estate, place, seen, replicaStatements(estate, observed, place))
    }),
    ...asked.filter(isSource).flatMap(bucket),
    ...[...Map.groupBy(pairs, ({ source }) => source.bucket).values()].flatMap((some) =>
      planReplication(estate, observed, some, options),
    ),
    ...queueWishes(estate, observed, options, isAsked).flatMap((wish) => planQueue(estate, observed, wish)),
    ...planNotifications(estate, observed, options, isAsked),
  ]
  return unique(changes)
}

function concerns({ source, destination, redrive }: SetupPair, { bucket }: SetupBucket): boolean {
  return [source.bucket, destination.bucket, redrive.batch?.bucket].includes(bucket)
}

/** Two buckets may notify one topic, two queues share a dead-letter queue: once is enough. */
function unique(changes: readonly Change[]): readonly Change[] {
  return [...new Map(changes.map((one) => [JSON.stringify([one.part, one.name, one.step, one.reason]), one])).values()]
}

function wishOf(
  estate: SetupEstate,
  observed: Observed,
  place: SetupBucket & { readonly uses: readonly BucketUse[] },
): BucketWish {
  const into = estate.pairs.filter(({ destination }) => destination.bucket === place.bucket)
  const replicaKey = into.map(({ setup }) => setup?.kms?.replicaKey).find((key) => key !== undefined)
  const sourceIsLocked = into.some(({ source }) => isLocked(observed.buckets.get(source.bucket)))
  const dumpIsLocked = estate.dumps.some(({ place: at, lock }) => at.bucket === place.bucket && lock !== undefined)
  return {
    ...place,
    encryption:
      replicaKey === undefined ? S3_KEYS : { ...S3_KEYS, algorithm: 'aws:kms', kmsKey: replicaKey, bucketKey: true },
    objectLock: sourceIsLocked || dumpIsLocked,
    lifecycle: lifecycleOf(into),
  }
}

function replicaStatements(
  estate: SetupEstate,
  observed: Observed,
  { bucket }: SetupBucket,
): readonly PolicyStatement[] {
  return estate.pairs
    .filter(({ destination }) => destination.bucket === bucket)
    .flatMap((pair) =>
      statementsOf(replicaBucketStatements(replicationPair(estate, observed, pair), roleOf(estate, observed, pair))),
    )
}

function isLocked(seen: SeenBucket | undefined): boolean {
  return seen?.objectLock.is === 'there'
}

function lifecycleOf(into: readonly SetupPair[]): readonly NewLifecycleRule[] {
  const expires = into
    .map(({ destinationExpiresAfterMs }) => destinationExpiresAfterMs)
    .filter((ms) => ms !== undefined)
  return [
    { id: 'landfall-end-uploads', abortUploadsDays: ABORT_UPLOADS_DAYS },
    // The longest of several pairs': what one of them keeps must not go.
    ...(expires.length === into.length && expires.length > 0
      ? [{ id: 'landfall-end-versions', noncurrentDays: Math.ceil(Math.max(...expires) / DAY_MS) }]
      : []),
  ]
}
