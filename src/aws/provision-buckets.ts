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
import { awsError, nameOf } from './errors.ts'
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
  const { bucket, region } = place
  try {
    const created = await createBucket(s3, bucket)
    // Asked first: where MFA delete is on, setting what is set already is refused without a code.
    const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }))
    if (versioning.Status === 'Enabled') return created ? 'created' : 'kept'
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    return created ? 'created' : 'updated'
  } catch (error) {
    throw awsError(error, { action: 's3:CreateBucket', resource: bucket, region })
  }
}

/** False: it is ours already. The SDK itself names the client's region as the bucket's. */
async function createBucket(s3: S3Client, bucket: string): Promise<boolean> {
  try {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    return true
  } catch (error) {
    if (nameOf(error) === 'BucketAlreadyOwnedByYou') return false
    if (nameOf(error) !== 'BucketAlreadyExists') throw error
    throw new LandfallError('AWS_ERROR', `the bucket name ${bucket} is taken by another account`, {
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
  const { bucket, region } = plan.place
  try {
    const standing = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }))
    const { TopicConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } = standing
    const queues = standing.QueueConfigurations ?? []
    const ours = {
      Id: ID,
      QueueArn: arnOf(plan.queue, accountOf(plan.estate, plan.queue.account).id),
      Events: [...(plan.isSource ? SOURCE_EVENTS : DESTINATION_EVENTS)],
    }
    const old = queues.find(({ Id }) => Id === ID)
    if (old?.QueueArn === ours.QueueArn && sameSet(old.Events ?? [], ours.Events)) return 'kept'
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: {
          TopicConfigurations,
          LambdaFunctionConfigurations,
          EventBridgeConfiguration,
          QueueConfigurations: [...queues.filter(({ Id }) => Id !== ID), ours],
        },
      }),
    )
    return old === undefined ? 'created' : 'updated'
  } catch (error) {
    throw awsError(error, { action: 's3:PutBucketNotification', resource: bucket, region })
  }
}

/** A rule of anybody's that leads to the destination already is kept as it is. */
export async function provisionReplication(
  s3: S3Client,
  plan: { readonly estate: Estate; readonly pair: Pair; readonly role: string; readonly rule: RuleVersion },
): Promise<Outcome> {
  const { pair } = plan
  const { bucket, region } = pair.source
  try {
    const standing = await standingRules(s3, bucket)
    const target = `arn:aws:s3:::${pair.destination.bucket}`
    if (standing.rules.some(({ Destination }) => Destination?.Bucket === target)) return 'kept'
    await s3.send(
      new PutBucketReplicationCommand({
        Bucket: bucket,
        ReplicationConfiguration: {
          Role: standing.role ?? plan.role,
          Rules: [...standing.rules, ruleFor(plan, target, standing.rules.length + 1)],
        },
      }),
    )
    return standing.rules.length === 0 ? 'created' : 'updated'
  } catch (error) {
    throw awsError(error, { action: 's3:PutReplicationConfiguration', resource: bucket, region })
  }
}

async function standingRules(
  s3: S3Client,
  bucket: string,
): Promise<{ readonly role?: string | undefined; readonly rules: readonly ReplicationRule[] }> {
  try {
    const found = await s3.send(new GetBucketReplicationCommand({ Bucket: bucket }))
    return { role: found.ReplicationConfiguration?.Role, rules: found.ReplicationConfiguration?.Rules ?? [] }
  } catch (error) {
    if (nameOf(error) === 'ReplicationConfigurationNotFoundError') return { rules: [] }
    throw error
  }
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
