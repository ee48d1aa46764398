/** The buckets, queues and roles that an estate rests on, each once, and the names that Landfall gives its own. Pure. */
import { REPLICATION_ROLE } from '../iam/replication-role.ts'
import type { SetupBucket, SetupEstate, SetupPair, SetupQueue } from './estate.ts'

export type BucketUse = 'source' | 'destination' | 'batch' | 'snapshot' | 'dumps' | 'shipment'

/** Sources and destinations first, in the estate's order. */
export function bucketsOf(
  estate: SetupEstate,
): ReadonlyMap<string, SetupBucket & { readonly uses: readonly BucketUse[] }> {
  const found = new Map<string, SetupBucket & { readonly uses: BucketUse[] }>()
  const add = ({ bucket, region, account }: SetupBucket, use: BucketUse): void => {
    const there = found.get(bucket)
    if (there === undefined) found.set(bucket, { bucket, region, account, uses: [use] })
    else if (!there.uses.includes(use)) there.uses.push(use)
  }
  for (const { source, destination } of estate.pairs) {
    add(source, 'source')
    add(destination, 'destination')
  }
  for (const { source, redrive } of estate.pairs) {
    // Manifests and reports of S3 Batch Operations: S3 wants them in the job's region.
    if (redrive.batch !== undefined) add({ ...source, bucket: redrive.batch.bucket }, 'batch')
  }
  if (estate.service.snapshot !== undefined) add(estate.service.snapshot, 'snapshot')
  for (const { place } of estate.dumps) add(place, 'dumps')
  for (const { from, to } of estate.shipments) {
    add(from, 'shipment')
    add(to, 'shipment')
  }
  return found
}

/** The buckets whose events Landfall reads. */
export function watchedBuckets(estate: SetupEstate): readonly SetupBucket[] {
  const places = estate.pairs.flatMap((pair) => [pair.source, pair.destination])
  places.push(...estate.shipments.map(({ from }) => from), ...estate.dumps.map(({ place }) => place))
  return [...new Map(places.map((place) => [place.bucket, place])).values()]
}

/** S3 notifies queues of the bucket's own region only; one of the bucket's own account where there is one. */
export function queueFor(estate: SetupEstate, { region, account }: SetupBucket): SetupQueue | undefined {
  const near = estate.queues.filter((queue) => queue.region === region)
  return near.find((queue) => queue.account === account) ?? near[0]
}

export function accountIdOf(estate: SetupEstate, account: string): string {
  return estate.accounts[account]?.id ?? ''
}

export function queueArn(estate: SetupEstate, { name, region, account }: SetupQueue): string {
  return `arn:aws:sqs:${region}:${accountIdOf(estate, account)}:${name}`
}

export function deadLetterName(queue: Pick<SetupQueue, 'name'>): string {
  return `${queue.name}-dead-letters`
}

/** As the pair says, else Landfall's own; a role that stands in the bucket's configuration goes before both. */
export function replicationRoleArn(estate: SetupEstate, pair: SetupPair): string {
  return (
    pair.setup?.replicationRole ?? `arn:aws:iam::${accountIdOf(estate, pair.source.account)}:role/${REPLICATION_ROLE}`
  )
}

/** Replication, batch operations, and those that the configuration assumes. */
export function rolesOf(estate: SetupEstate): readonly string[] {
  return [
    ...new Set([
      ...estate.pairs.map((pair) => replicationRoleArn(estate, pair)),
      ...estate.pairs.flatMap(({ redrive: { batch } }) => (batch === undefined ? [] : [batch.roleArn])),
      ...Object.values(estate.accounts).flatMap(({ roleArn }) => (roleArn === undefined ? [] : [roleArn])),
    ]),
  ]
}

/** Accounts that hold something of the estate. */
export function usedAccounts(estate: SetupEstate): readonly string[] {
  return [...new Set([...estate.queues, ...bucketsOf(estate).values()].map(({ account }) => account))]
}

/** `arn:partition:service:region:account:rest` */
export function readArn(arn: string): {
  readonly service: string
  readonly region: string
  readonly accountId: string
  readonly resource: string
} {
  const [, , service = '', region = '', accountId = '', ...rest] = arn.split(':')
  return { service, region, accountId, resource: rest.join(':') }
}
