/** Everything that an estate rests on, as AWS has it now: only reads, and what is refused or fails is said, never guessed. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Observed, Seen, SeenBucket } from '../../domain/setup/observed.ts'
import type { SetupEstate } from '../../domain/setup/estate.ts'
import {
  accountIdOf,
  bucketsOf,
  deadLetterName,
  queueArn,
  readArn,
  rolesOf,
  usedAccounts,
} from '../../domain/setup/places.ts'
import type { Aws, Place } from '../clients.ts'
import { observeBucket } from './bucket.ts'
import { type Bounded, bounded, look } from './look.ts'
import { observeQueue, type QueueAt } from './queue.ts'
import { observeRole } from './role.ts'
import { observeTopic } from './topic.ts'

export interface ObserveNeeds {
  readonly estate: SetupEstate
  readonly aws: Pick<Aws, 's3' | 'sqs' | 'iam' | 'sns' | 'sts'>
  /** Looks at one time. Default: 16; IAM and SQS throttle before S3 does. */
  readonly concurrency?: number | undefined
  /** Told of each resource when it was looked at: its name, how many are done, and how many are known of so far. */
  readonly onProgress?: ((name: string, done: number, known: number) => void) | undefined
}

/** Throws nothing that AWS says; `Seen` has it. */
export async function observe({ estate, aws, concurrency = 16, onProgress }: ObserveNeeds): Promise<Observed> {
  const run = bounded(concurrency)
  let done = 0
  let known = 0
  const told = async <T>(name: string, looking: Promise<T>): Promise<T> => {
    known += 1
    const seen = await looking
    done += 1
    onProgress?.(name, done, known)
    return seen
  }
  const [identities, buckets, queues] = await Promise.all([
    mapOf(usedAccounts(estate), (account) =>
      told(
        account,
        run(() => identity(aws, estate, account)),
      ),
    ),
    mapOf(bucketsOf(estate).keys(), (name) => told(name, observeBucket(aws, bucketsOf(estate).get(name)!, run))),
    observeQueues(estate, aws, run, told),
  ])
  const [roles, topics] = await Promise.all([
    mapOf(roleArns(estate, buckets.values()), (arn) =>
      told(
        arn,
        run(() => observeRole(aws, { arn, place: placeOf(estate, readArn(arn).accountId, estate.service.region) })),
      ),
    ),
    mapOf(topicArns(estate, buckets.values()), (arn) => {
      const { accountId, region } = readArn(arn)
      return told(
        arn,
        run(() => observeTopic(aws, { arn, place: placeOf(estate, accountId, region) })),
      )
    }),
  ])
  return { identities, buckets, queues, roles, topics }
}

type Told = <T>(name: string, looking: Promise<T>) => Promise<T>

async function observeQueues(
  estate: SetupEstate,
  aws: ObserveNeeds['aws'],
  run: Bounded,
  told: Told,
): Promise<Observed['queues']> {
  const see = async (at: QueueAt) =>
    [
      arnOf(at),
      await told(
        at.name,
        run(() => observeQueue(aws, at)),
      ),
    ] as const
  const intake = await Promise.all(
    estate.queues.map((queue) => see({ ...queue, accountId: accountIdOf(estate, queue.account) })),
  )
  const dead = new Map<string, QueueAt>()
  for (const [i, queue] of estate.queues.entries()) {
    const seen = intake[i]![1]
    // Where none is named: the one that would be made may stand already.
    const named = seen.is === 'there' ? seen.value.redrive?.deadLetterArn : undefined
    const arn = named ?? queueArn(estate, { ...queue, name: deadLetterName(queue) })
    const { accountId, resource, region } = readArn(arn)
    dead.set(arn, { name: resource, region, account: accountNamed(estate, accountId) ?? queue.account, accountId })
  }
  return new Map([...intake, ...(await Promise.all(Array.from(dead.values(), see)))])
}

function arnOf({ region, accountId, name }: QueueAt): string {
  return `arn:aws:sqs:${region}:${accountId}:${name}`
}

async function identity(
  aws: Pick<Aws, 'sts'>,
  estate: SetupEstate,
  account: string,
): Promise<Seen<{ readonly accountId: string; readonly arn: string }>> {
  const { region } = estate.service
  return look({
    action: 'sts:GetCallerIdentity',
    resource: `account ${account}`,
    region,
    none: [],
    ask: async () => {
      const { Account, Arn } = await aws.sts({ account, region }).send(new GetCallerIdentityCommand({}))
      return { accountId: Account ?? '', arn: Arn ?? '' }
    },
  })
}

function roleArns(estate: SetupEstate, buckets: Iterable<SeenBucket>): ReadonlySet<string> {
  const standing = [...buckets].flatMap(({ replication }) =>
    replication.is === 'there' && replication.value.role !== '' ? [replication.value.role] : [],
  )
  return new Set([...rolesOf(estate), ...standing])
}

function topicArns(estate: SetupEstate, buckets: Iterable<SeenBucket>): ReadonlySet<string> {
  const notified = [...buckets].flatMap(({ notifications }) =>
    notifications.is === 'there'
      ? notifications.value.targets.filter(({ kind }) => kind === 'topic').map(({ arn }) => arn)
      : [],
  )
  const { topics, estateTopics } = estate.service.alarms
  return new Set([...notified, ...topics, ...estateTopics])
}

/** An account that the configuration does not have is asked with the service's own credentials. */
function placeOf(estate: SetupEstate, accountId: string, region: string): Place {
  return { account: accountNamed(estate, accountId), region }
}

function accountNamed(estate: SetupEstate, id: string): string | undefined {
  return Object.values(estate.accounts).find((account) => account.id === id)?.name
}

async function mapOf<T>(names: Iterable<string>, look: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(Array.from(names, async (name) => [name, await look(name)] as const)))
}
