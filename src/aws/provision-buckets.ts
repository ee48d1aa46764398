/**
 * One bucket, its notifications and its replication rule.
 *
 * Source: Amazon S3 API reference, CreateBucket, PutBucketVersioning, PutBucketNotificationConfiguration and
 * PutBucketReplication. The last two replace the whole configuration, so what stands is read and kept.
 */
import {
  CreateBucketCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type Event,
  type ReplicationRule,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { BucketPlace, Estate, IntakeQueue, Pair } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import { accountOf } from './clients.ts'
import { attempt, awsError, nameOf, type During } from '../domain/aws-errors.ts'
import { arnOf } from './sqs.ts'

export type RuleVersion = 'v1' | 'v2'
type Outcome = 'created' | 'updated' | 'kept'

const ID = 'landfall'
const DESTINATION_EVENTS: readonly Event[] = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*']
const SOURCE_EVENTS: readonly Event[] = [...DESTINATION_EVENTS, 's3:Replication:*']
/** Replication Time Control knows no other number. */
const RTC_MINUTES = 15

/** Versioned, in its region. Throws AWS_ERROR where another account has the name. */
export async function provisionBucket(s3: S3Client, place: BucketPlace): Promise<Outcome> {
  const { bucket } = place
  const created = await createBucket(s3, place)
  // Asked first: where MFA delete is on, setting what is set already is refused without a code.
  const versioning = await attempt(at(place, 'GetBucketVersioning'), () =>
    s3.send(new GetBucketVersioningCommand({ Bucket: bucket })),
  )
  if (versioning.Status === 'Enabled') return created ? 'created' : 'kept'
  const enabled = new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } })
  await attempt(at(place, 'PutBucketVersioning'), () => s3.send(enabled))
  return created ? 'created' : 'updated'
}

/** False: it is ours already. The SDK itself names the client's region as the bucket's. */
async function createBucket(s3: S3Client, place: BucketPlace): Promise<boolean> {
  try {
    await s3.send(new CreateBucketCommand({ Bucket: place.bucket }))
    return true
  } catch (error) {
    if (nameOf(error) === 'BucketAlreadyOwnedByYou') return false
    if (nameOf(error) !== 'BucketAlreadyExists') throw awsError(error, at(place, 'CreateBucket'))
    throw new LandfallError('AWS_ERROR', `the bucket name ${place.bucket} is taken by another account`, {
      cause: error,
      hint: 'Bucket names are global: check the name, and the account that the configuration gives it.',
    })
  }
}

export async function provisionNotifications(
  s3: S3Client,
  plan: {
    readonly estate: Estate
    readonly place: BucketPlace
    readonly queue: IntakeQueue
    /** Destinations raise no replication events. */
    readonly isSource: boolean
  },
): Promise<Outcome> {
  const { place } = plan
  const standing = await attempt(at(place, 'GetBucketNotification'), () =>
    s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: place.bucket })),
  )
  const { TopicConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } = standing
  const queues = standing.QueueConfigurations ?? []
  const ours = {
    Id: ID,
    QueueArn: arnOf(plan.queue, accountOf(plan.estate, plan.queue.account).id),
    Events: [...(plan.isSource ? SOURCE_EVENTS : DESTINATION_EVENTS)],
  }
  const old = queues.find(({ Id }) => Id === ID)
  if (old?.QueueArn === ours.QueueArn && sameSet(old.Events ?? [], ours.Events)) return 'kept'
  try {
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: place.bucket,
        NotificationConfiguration: {
          TopicConfigurations,
          LambdaFunctionConfigurations,
          EventBridgeConfiguration,
          QueueConfigurations: [...queues.filter(({ Id }) => Id !== ID), ours],
        },
      }),
    )
  } catch (error) {
    throw overlap(error, place) ?? awsError(error, at(place, 'PutBucketNotification'))
  }
  return old === undefined ? 'created' : 'updated'
}

/** S3 sends one event to one target only, unless prefixes or suffixes keep the targets apart. */
function overlap(error: unknown, { bucket, region }: BucketPlace): LandfallError | undefined {
  if (!(error instanceof Error) || !/overlap/i.test(error.message)) return undefined
  return new LandfallError('AWS_ERROR', `${bucket} (${region}) sends these events to another target already`, {
    cause: error,
    hint: 'Subscribe the intake queue to the topic that takes them, or have the bucket send to EventBridge.',
  })
}

/** A rule of anybody's that leads to the destination already is kept as it is. */
export async function provisionReplication(
  s3: S3Client,
  plan: { readonly estate: Estate; readonly pair: Pair; readonly role: string; readonly rule: RuleVersion },
): Promise<Outcome> {
  const { source, destination } = plan.pair
  const standing = await standingRules(s3, source)
  const target = `arn:aws:s3:::${destination.bucket}`
  if (standing.rules.some(({ Destination }) => Destination?.Bucket === target)) return 'kept'
  const priority = 1 + Math.max(0, ...standing.rules.map((rule) => rule.Priority ?? 0))
  const command = new PutBucketReplicationCommand({
    Bucket: source.bucket,
    ReplicationConfiguration: {
      Role: standing.role ?? plan.role,
      Rules: [...standing.rules, ruleFor(plan, target, priority)],
    },
  })
  await attempt(at(source, 'PutReplicationConfiguration'), () => s3.send(command))
  return standing.rules.length === 0 ? 'created' : 'updated'
}

async function standingRules(
  s3: S3Client,
  place: BucketPlace,
): Promise<{ readonly role?: string | undefined; readonly rules: readonly ReplicationRule[] }> {
  try {
    const found = await s3.send(new GetBucketReplicationCommand({ Bucket: place.bucket }))
    return { role: found.ReplicationConfiguration?.Role, rules: found.ReplicationConfiguration?.Rules ?? [] }
  } catch (error) {
    if (nameOf(error) === 'ReplicationConfigurationNotFoundError') return { rules: [] }
    throw awsError(error, at(place, 'GetReplicationConfiguration'))
  }
}

function at({ bucket, region }: BucketPlace, action: string): During {
  return { action: `s3:${action}`, resource: bucket, region }
}

function ruleFor(
  { estate, pair, rule }: { readonly estate: Estate; readonly pair: Pair; readonly rule: RuleVersion },
  target: string,
  priority: number,
): ReplicationRule {
  const id = `${ID}-${pair.name}`
  const { source, destination } = pair
  // Across accounts the replica belongs to the destination's, or its own account could not read it.
  const owner =
    source.account === destination.account
      ? {}
      : {
          Account: accountOf(estate, destination.account).id,
          AccessControlTranslation: { Owner: 'Destination' as const },
        }
  if (rule === 'v1') return { ID: id, Status: 'Enabled', Prefix: '', Destination: { Bucket: target, ...owner } }
  return {
    ID: id,
    Status: 'Enabled',
    Priority: priority,
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: pair.deleteMarkers ? 'Enabled' : 'Disabled' },
    Destination: {
      Bucket: target,
      ...owner,
      // Without metrics on the rule no failure event is ever sent.
      Metrics: { Status: 'Enabled', EventThreshold: { Minutes: RTC_MINUTES } },
      ReplicationTime: { Status: 'Enabled', Time: { Minutes: RTC_MINUTES } },
    },
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}
