/** What grants are about: buckets, keys, queues, jobs and alarms of an estate. Pure. */
import { bucketArn, type Condition, objectsArn } from './document.ts'
import type { IamBucket, IamDump, IamEstate, IamPair, IamQueue } from './estate.ts'

/** One resource, and the account that owns it; its name is also by whose credentials Landfall asks for it. */
export interface At {
  readonly account: string
  readonly arn: string
  readonly condition?: Condition | undefined
}

export const bucketAt = ({ account, bucket }: IamBucket): At => ({ account, arn: bucketArn(bucket) })

export const objectsAt = (place: IamBucket, prefix = ''): At => ({
  account: place.account,
  arn: objectsArn(place.bucket, prefix),
})

export const sides = (pair: IamPair): readonly IamBucket[] => [pair.source, pair.destination]

/** Copies prove themselves by HEAD, where the pair lets them (src/aws/copy-ways.ts, `isProvable`). */
export function copies(pair: IamPair): boolean {
  return pair.redrive.copy && provable(pair)
}

export function retriggers(pair: IamPair): boolean {
  return pair.redrive.retrigger && provable(pair)
}

const provable = ({ match, evidence }: IamPair): boolean => match === 'content' || evidence === 'auto'

export function queueAt(estate: IamEstate, { name, region, account }: IamQueue): At {
  return { account, arn: `arn:aws:sqs:${region}:${estate.accounts[account]!.id}:${name}` }
}

/** By the name that Landfall gives it; the configuration does not say what a queue of others parks in. */
export function deadLettersAt(estate: IamEstate, queue: IamQueue): At {
  return queueAt(estate, { ...queue, name: `${queue.name}-dead-letters` })
}

/** Folders of manifests and completion reports, in the source's account and region. */
export function batchFolder({ source, redrive }: IamPair): (IamBucket & { readonly prefix: string }) | undefined {
  return redrive.batch && { ...source, bucket: redrive.batch.bucket, prefix: redrive.batch.prefix }
}

export function jobsAt(estate: IamEstate, { source }: IamPair): At {
  return { account: source.account, arn: `arn:aws:s3:${source.region}:${estate.accounts[source.account]!.id}:job/*` }
}

export function replicaOf(estate: IamEstate, dump: IamDump): IamBucket | undefined {
  return estate.pairs.find(({ name }) => name === dump.pair)?.destination
}

/** A dump's keys, where it is made and where its pair brings it. */
export function dumpFolders(estate: IamEstate, dump: IamDump): readonly (IamBucket & { readonly prefix: string })[] {
  const replica = replicaOf(estate, dump)
  const { prefix } = dump.place
  return [dump.place, ...(replica === undefined ? [] : [{ ...replica, prefix }])]
}

/** Whether one principal reads there and writes here, so that S3 copies by itself (src/aws/copy-ways.ts, `onePrincipal`). */
export function isDirect({ accounts }: IamEstate, from: IamBucket, to: IamBucket): boolean {
  return from.account === to.account || accounts[from.account]?.roleArn === accounts[to.account]?.roleArn
}

/** Every bucket that the configuration names, once. */
export function bucketsOf(estate: IamEstate): readonly IamBucket[] {
  const { snapshot } = estate.service
  const all = [
    ...estate.pairs.flatMap((pair) => [...sides(pair), ...[batchFolder(pair)].filter((at) => at !== undefined)]),
    ...estate.dumps.map(({ place }) => place),
    ...estate.shipments.flatMap(({ from, to }) => [from, to]),
    ...(snapshot === undefined ? [] : [snapshot]),
  ]
  return [...new Map(all.map((place) => [place.bucket, place])).values()]
}
