/**
 * The other side: what bucket and queue policies must say, where a role of another account asks, or a service sends. Pure
 * (S3 user guide, "Granting permissions to publish event notification messages to a destination").
 */
import { bucketArn, listed, roleArn, type Statement } from './document.ts'
import type { IamBucket, IamEstate, IamQueue } from './estate.ts'
import { queueAt } from './places.ts'
import { nameOf, type Permission, type Principal } from './principals.ts'
import { REPLICATION_ROLE, replicaBucketStatements } from './replication-role.ts'
import { replicationPairOf } from './replication-pair.ts'
import { statementsOf } from './statements.ts'

export interface ResourceDocument {
  readonly kind: 'bucket' | 'queue'
  readonly name: string
  readonly arn: string
  readonly accountId: string
  readonly account: string
  /** To be added to the policy that stands there. */
  readonly statements: readonly Statement[]
}

export function resourceDocuments(estate: IamEstate, principals: readonly Principal[]): readonly ResourceDocument[] {
  const found = new Map<string, { readonly ownerId: string; readonly statements: Statement[] }>()
  const add = (arn: string, ownerId: string, statements: readonly Statement[]): void => {
    const there = found.get(arn)
    if (there === undefined) found.set(arn, { ownerId, statements: [...statements] })
    else there.statements.push(...statements)
  }
  for (const pair of estate.pairs.map((each) => replicationPairOf(estate, each))) {
    const role = roleArn(pair.source.accountId, REPLICATION_ROLE)
    const statements = replicaBucketStatements(pair, role)
    if (statements.length > 0) add(bucketArn(pair.destination.bucket), pair.destination.accountId, statements)
  }
  for (const { queue, buckets } of senders(estate)) {
    const { arn, account } = queueAt(estate, queue)
    add(arn, estate.accounts[account]!.id, [s3Sends(estate, arn, buckets)])
  }
  for (const { arn: role, accountId, may } of principals) {
    const foreign = may.filter(({ action, ownerId }) => action !== 'sts:AssumeRole' && ownerId !== accountId)
    for (const [resource, some] of Map.groupBy(foreign, ownedBy)) {
      if (resource === undefined) continue
      const statements = statementsOf(some).map(({ Effect, ...rest }) => ({
        Effect,
        Principal: { AWS: role },
        ...rest,
      }))
      add(resource, some[0]!.ownerId, statements)
    }
  }
  return [...found].map(([arn, { ownerId, statements }]) => ({
    kind: arn.startsWith('arn:aws:sqs:') ? 'queue' : 'bucket',
    name: arn.slice(arn.lastIndexOf(':') + 1),
    arn,
    accountId: ownerId,
    account: nameOf(estate, ownerId),
    statements,
  }))
}

/** The bucket or queue whose policy speaks of it; none for what has no policy of its own (alarms, batch jobs). */
function ownedBy({ arn }: Permission): string | undefined {
  if (arn.startsWith('arn:aws:s3:::')) return arn.split('/')[0]
  return arn.startsWith('arn:aws:sqs:') ? arn : undefined
}

/** S3 notifies queues of the bucket's own region alone; one of its own account where there is one. */
function senders(estate: IamEstate): readonly { readonly queue: IamQueue; readonly buckets: readonly IamBucket[] }[] {
  const all = [
    ...estate.pairs.flatMap(({ source, destination }) => [source, destination]),
    ...estate.shipments.map(({ from }) => from),
    ...estate.dumps.map(({ place }) => place),
  ]
  const watched = [...new Map(all.map((place) => [place.bucket, place])).values()]
  const queueFor = ({ region, account }: IamBucket): IamQueue | undefined => {
    const near = estate.queues.filter((queue) => queue.region === region)
    return near.find((queue) => queue.account === account) ?? near[0]
  }
  return estate.queues.flatMap((queue) => {
    const buckets = watched.filter((place) => queueFor(place) === queue)
    return buckets.length === 0 ? [] : [{ queue, buckets }]
  })
}

/** Both conditions: bucket names are global, and a name that its owner freed may be taken by a stranger. */
function s3Sends(estate: IamEstate, queueArn: string, buckets: readonly IamBucket[]): Statement {
  return {
    Sid: 'LandfallLetsS3Send',
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: {
      ArnEquals: { 'aws:SourceArn': listed(buckets.map(({ bucket }) => bucketArn(bucket))) },
      StringEquals: { 'aws:SourceAccount': listed(buckets.map(({ account }) => estate.accounts[account]!.id)) },
    },
  }
}
