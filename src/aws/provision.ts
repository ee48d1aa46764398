/**
 * Creates what an estate describes, by AWS' public APIs: buckets, queues, notifications, replication rules.
 *
 * For the demo, the tests and a first set-up. It may run again at any time: what stands is left as it is, and
 * configurations of others on the same bucket or queue are kept. IAM roles are not created here.
 */
import type { BucketPlace, Estate, IntakeQueue, Pair } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Aws } from './clients.ts'
import { provisionBucket, provisionNotifications, provisionReplication, type RuleVersion } from './provision-buckets.ts'
import { provisionQueue } from './provision-queues.ts'

export interface ProvisionNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'sqs'>
  /** ARN of the role that S3 assumes to replicate a pair. Default: `replication` in the source's account. */
  readonly replicationRole?: ((pair: Pair) => string) | undefined
  /** `v2` (the default): metrics and Replication Time Control on. `v1`: as the estate's rules were, without failure events. */
  readonly rule?: RuleVersion | undefined
  /** Told of each step when it is done. */
  readonly onProgress?: ((step: Step) => void) | undefined
}

export interface Step {
  readonly what: 'bucket' | 'queue' | 'notifications' | 'replication'
  readonly name: string
  readonly region: string
  readonly outcome: 'created' | 'updated' | 'kept'
}

/** Throws the first fault, as `LandfallError`; what was made until then stays, and the next run goes on from there. */
export async function provision(needs: ProvisionNeeds): Promise<readonly Step[]> {
  const { estate, aws } = needs
  const steps: Step[] = []
  const done = (step: Step): void => {
    steps.push(step)
    needs.onProgress?.(step)
  }
  const watched = watchedBuckets(estate)
  // Before anything is made: a region without a queue is a fault of the configuration.
  const queueOf = new Map(watched.map((place) => [place, queueFor(estate, place)]))

  const snapshot = estate.service.snapshot
  const all = new Map<string, BucketPlace>(watched.map((place) => [place.bucket, place]))
  if (snapshot !== undefined) all.set(snapshot.bucket, snapshot)
  for (const { source, redrive } of estate.pairs) {
    // Manifests and reports of S3 Batch Operations: S3 wants them in the job's region.
    if (redrive.batch !== undefined) all.set(redrive.batch.bucket, { ...source, bucket: redrive.batch.bucket })
  }
  for (const { place } of estate.dumps) all.set(place.bucket, place)
  for (const { to } of estate.shipments) all.set(to.bucket, to)
  await Promise.all(
    Array.from(all.values(), async (place) => {
      const outcome = await provisionBucket(aws.s3(place), place)
      done({ what: 'bucket', name: place.bucket, region: place.region, outcome })
    }),
  )

  // S3 sends a test event when it is told of a queue, and refuses one whose policy does not let it: so queues come first.
  await Promise.all(
    estate.queues.map(async (queue) => {
      const senders = watched.filter((place) => queueOf.get(place) === queue)
      const outcome = await provisionQueue(aws.sqs(queue), { estate, queue, senders })
      done({ what: 'queue', name: queue.name, region: queue.region, outcome })
    }),
  )

  await Promise.all(
    Array.from(queueOf, async ([place, queue]) => {
      const isSource = estate.pairs.some((pair) => pair.source.bucket === place.bucket)
      const outcome = await provisionNotifications(aws.s3(place), { estate, place, queue, isSource })
      done({ what: 'notifications', name: place.bucket, region: place.region, outcome })
    }),
  )

  await Promise.all(
    estate.pairs.map(async (pair) => {
      const role = needs.replicationRole?.(pair) ?? defaultRole(estate, pair)
      const outcome = await provisionReplication(aws.s3(pair.source), { estate, pair, role, rule: needs.rule ?? 'v2' })
      done({ what: 'replication', name: pair.name, region: pair.source.region, outcome })
    }),
  )
  return steps
}

/** S3 notifies queues of the bucket's own region only; one of the bucket's own account where there is one. */
function queueFor(estate: Estate, place: BucketPlace): IntakeQueue {
  const near = estate.queues.filter((queue) => queue.region === place.region)
  const queue = near.find(({ account }) => account === place.account) ?? near[0]
  if (queue === undefined) {
    throw new LandfallError(
      'CONFIG_INVALID',
      `no intake queue in ${place.region}, where the bucket ${place.bucket} is`,
      {
        hint: `S3 notifies only queues of the bucket's own region: add one for ${place.region} under \`queues\`.`,
      },
    )
  }
  return queue
}

function watchedBuckets(estate: Estate): readonly BucketPlace[] {
  const places: BucketPlace[] = estate.pairs.flatMap((pair) => [pair.source, pair.destination])
  places.push(...estate.shipments.map(({ from }) => from))
  return [...new Map(places.map((place) => [place.bucket, place])).values()]
}

function defaultRole(estate: Estate, pair: Pair): string {
  return `arn:aws:iam::${estate.accounts[pair.source.account]?.id ?? ''}:role/replication`
}
