/**
 * Ways to break an estate that was set up as it should be, each by calls of the SDK, and what `landfall doctor` has to say of
 * it. Data: the tests of `doctor` and of `init apply` walk the same list.
 */
import { DeleteRoleCommand, DeleteRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeletePublicAccessBlockCommand,
  type Event,
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  type ReplicationRule,
} from '@aws-sdk/client-s3'
import { CreateTopicCommand } from '@aws-sdk/client-sns'
import { DeleteQueueCommand, GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { CheckId } from '../../src/domain/doctor/checks.ts'
import type { Level } from '../../src/domain/doctor/finding.ts'
import { replicationPermissions, replicationTrust } from '../../src/domain/iam/replication-role.ts'
import { ACCOUNT, type Clients, type DoctorWorld, grantAll } from './doctor-world.ts'

export interface Sabotage {
  readonly name: string
  readonly does: (world: DoctorWorld) => Promise<unknown>
  /** The finding that names it; others may come with it. */
  readonly finds: CheckId
  readonly level: Level
  /** Part of the name of what the finding is about. */
  readonly about: (world: DoctorWorld) => string
  /** In the command or the sentence that mends it. */
  readonly mend: RegExp
  /** Whether `landfall init apply` mends it; what it refuses to touch is for a person. */
  readonly init: boolean
}

const INIT = /^landfall init apply --pair documents/
const pair = (): string => 'documents'
const source = (world: DoctorWorld): string => world.source
const destination = (world: DoctorWorld): string => world.destination
const role = (world: DoctorWorld): string => world.role
const sourceQueue = (world: DoctorWorld): string => world.sourceQueue

export const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'versioning suspended at the source',
    // S3 keeps versioning on while there is a replication configuration.
    async does({ at, source: Bucket }) {
      await at.source.s3.send(new DeleteBucketReplicationCommand({ Bucket }))
      await versioning(at.source, Bucket)
    },
    finds: 'bucket.versioning',
    level: 'fail',
    about: source,
    mend: INIT,
    init: true,
  },
  {
    name: 'versioning suspended at the destination',
    does: ({ at, destination: Bucket }) => versioning(at.destination, Bucket),
    finds: 'bucket.versioning',
    level: 'fail',
    about: destination,
    mend: INIT,
    init: true,
  },
  {
    name: 'destination bucket gone',
    does: ({ at, destination: Bucket }) => at.destination.s3.send(new DeleteBucketCommand({ Bucket })),
    finds: 'bucket.exists',
    level: 'fail',
    about: destination,
    mend: INIT,
    init: true,
  },
  {
    name: 'public access open',
    does: ({ at, destination: Bucket }) => at.destination.s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
    finds: 'bucket.public-access',
    level: 'fail',
    about: destination,
    mend: INIT,
    init: true,
  },
  {
    name: 'TLS policy gone',
    does: ({ at, destination: Bucket }) => at.destination.s3.send(new DeleteBucketPolicyCommand({ Bucket })),
    finds: 'bucket.tls-only',
    level: 'warn',
    about: destination,
    mend: INIT,
    init: true,
  },
  {
    name: 'lifecycle shorter at the destination',
    async does({ at, source: here, destination: there }) {
      await expire(at.source, here, 180)
      await expire(at.destination, there, 7)
    },
    finds: 'lifecycle.sooner',
    level: 'warn',
    about: destination,
    mend: /180 days or more/,
    init: false,
  },
  {
    name: 'Object Lock at the source only',
    does: ({ at, source: Bucket }) =>
      at.source.s3.send(
        new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } }),
      ),
    finds: 'object-lock.sides',
    level: 'fail',
    about: pair,
    mend: /put-object-lock-configuration/,
    init: false,
  },
  {
    name: 'replication configuration gone',
    does: ({ at, source: Bucket }) => at.source.s3.send(new DeleteBucketReplicationCommand({ Bucket })),
    finds: 'replication.rule',
    level: 'fail',
    about: pair,
    mend: INIT,
    init: true,
  },
  {
    name: 'rule to another bucket',
    does: (world) =>
      rule(world, (now) => ({
        ...now,
        Destination: { ...now.Destination, Bucket: `arn:aws:s3:::${world.batchBucket}` },
      })),
    finds: 'replication.rule',
    level: 'fail',
    about: pair,
    mend: INIT,
    init: true,
  },
  {
    name: 'rule disabled',
    does: (world) => rule(world, (now) => ({ ...now, Status: 'Disabled' })),
    finds: 'replication.enabled',
    level: 'fail',
    about: pair,
    mend: INIT,
    init: true,
  },
  {
    name: 'rule of version 1',
    does: (world) =>
      rule(world, ({ ID, Destination }) => ({
        ID,
        Status: 'Enabled',
        Prefix: '',
        Destination: { Bucket: Destination?.Bucket },
      })),
    finds: 'replication.rule-v1',
    level: 'warn',
    about: pair,
    mend: /--migrate-rules$/,
    init: false,
  },
  {
    name: 'rule narrowed to a prefix',
    does: (world) => rule(world, (now) => ({ ...now, Filter: { Prefix: 'only/' } })),
    finds: 'replication.coverage',
    level: 'fail',
    about: pair,
    mend: INIT,
    init: true,
  },
  {
    name: 'delete markers off',
    does: (world) => rule(world, (now) => ({ ...now, DeleteMarkerReplication: { Status: 'Disabled' } })),
    finds: 'replication.delete-markers',
    level: 'fail',
    about: pair,
    mend: INIT,
    init: true,
  },
  {
    name: 'metrics off',
    does: (world) => rule(world, (now) => ({ ...now, Destination: { Bucket: now.Destination?.Bucket } })),
    finds: 'replication.metrics',
    level: 'fail',
    about: pair,
    mend: INIT,
    init: true,
  },
  {
    name: 'KMS at the source, which the rule leaves out',
    does: ({ at, source: Bucket }) =>
      at.source.s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [
              { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key('eu-west-1') } },
            ],
          },
        }),
      ),
    finds: 'replication.kms',
    level: 'fail',
    about: pair,
    mend: /setup\.kms/,
    init: false,
  },
  {
    name: "replicas under a key of the source's region",
    does: (world) =>
      rule(world, (now) => ({
        ...now,
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
        Destination: { ...now.Destination!, EncryptionConfiguration: { ReplicaKmsKeyID: key('eu-west-1') } },
      })),
    finds: 'replication.kms',
    level: 'fail',
    about: pair,
    mend: /setup\.kms/,
    init: false,
  },
  {
    name: 'role gone',
    async does({ at, role: RoleName }) {
      await at.source.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'grants' }))
      await at.source.iam.send(new DeleteRoleCommand({ RoleName }))
    },
    finds: 'role.exists',
    level: 'fail',
    about: role,
    mend: INIT,
    init: true,
  },
  {
    name: 'role trusts another service',
    does: ({ at, role: RoleName }) =>
      at.source.iam.send(
        new UpdateAssumeRolePolicyCommand({
          RoleName,
          PolicyDocument: JSON.stringify(replicationTrust(ACCOUNT)).replace('s3.amazonaws.com', 'ec2.amazonaws.com'),
        }),
      ),
    finds: 'role.trust',
    level: 'fail',
    about: role,
    mend: INIT,
    init: true,
  },
  {
    name: 'tagging grants gone',
    does: (world) => grants(world, { tags: false }),
    finds: 'role.tags',
    level: 'warn',
    about: role,
    mend: INIT,
    init: true,
  },
  {
    name: 'grant on delete markers gone',
    does: (world) => grants(world, { deleteMarkers: false }),
    finds: 'role.write',
    level: 'fail',
    about: role,
    mend: INIT,
    init: true,
  },
  {
    name: 'grants on another source',
    does: (world) => grants(world, { source: { bucket: 'elsewhere', region: 'eu-west-1', accountId: ACCOUNT } }),
    finds: 'role.read',
    level: 'fail',
    about: role,
    mend: INIT,
    init: true,
  },
  {
    name: 'role of batch operations without its grants',
    does: ({ at, batchRole: RoleName }) =>
      at.source.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'grants' })),
    finds: 'batch.role',
    level: 'fail',
    about: ({ batchRole }) => batchRole,
    mend: INIT,
    init: true,
  },
  {
    name: 'notification gone at the source',
    does: ({ at, source: Bucket }) => notify(at.source, Bucket, undefined),
    finds: 'notifications.created',
    level: 'fail',
    about: source,
    mend: INIT,
    init: true,
  },
  {
    name: 'notification gone at the destination',
    does: ({ at, destination: Bucket }) => notify(at.destination, Bucket, undefined),
    finds: 'notifications.created',
    level: 'warn',
    about: destination,
    mend: INIT,
    init: true,
  },
  {
    name: 'event types missing',
    does: ({ at, source: Bucket }) => notify(at.source, Bucket, ['s3:ObjectCreated:*', 's3:Replication:*']),
    finds: 'notifications.removed',
    level: 'fail',
    about: source,
    mend: INIT,
    init: true,
  },
  {
    name: 'a topic that no queue subscribes to takes what is created',
    async does({ at, source: Bucket }) {
      const { TopicArn } = await at.source.sns.send(new CreateTopicCommand({ Name: `${Bucket}-antivirus` }))
      const now = await at.source.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))
      const rest = (now.QueueConfigurations ?? []).map((one) => ({
        ...one,
        Events: one.Events?.filter((event) => event !== 's3:ObjectCreated:*'),
      }))
      const TopicConfigurations = [{ TopicArn, Events: ['s3:ObjectCreated:*' as const] }]
      const NotificationConfiguration = { TopicConfigurations, QueueConfigurations: rest }
      await at.source.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
    },
    finds: 'notifications.created',
    level: 'fail',
    about: source,
    mend: /^aws sns subscribe /,
    init: false,
  },
  {
    name: 'queue gone',
    does: ({ at, sourceQueue: name }) => remove(at.source, name),
    finds: 'queue.exists',
    level: 'fail',
    about: sourceQueue,
    mend: INIT,
    init: true,
  },
  {
    name: 'queue policy lets nobody send',
    does: ({ at, sourceQueue: name }) => attributes(at.source, name, { Policy: '' }),
    finds: 'queue.policy',
    level: 'fail',
    about: sourceQueue,
    mend: INIT,
    init: true,
  },
  {
    name: 'visibility too short',
    does: ({ at, sourceQueue: name }) => attributes(at.source, name, { VisibilityTimeout: '1' }),
    finds: 'queue.visibility',
    level: 'warn',
    about: sourceQueue,
    mend: /^aws sqs set-queue-attributes /,
    init: false,
  },
  {
    name: 'retention too short',
    does: ({ at, sourceQueue: name }) => attributes(at.source, name, { MessageRetentionPeriod: '3600' }),
    finds: 'queue.retention',
    level: 'warn',
    about: sourceQueue,
    mend: /^aws sqs set-queue-attributes /,
    init: false,
  },
  {
    name: 'no redrive policy',
    does: ({ at, sourceQueue: name }) => attributes(at.source, name, { RedrivePolicy: '' }),
    finds: 'queue.dead-letters',
    level: 'fail',
    about: sourceQueue,
    mend: INIT,
    init: true,
  },
  {
    name: 'dead-letter queue gone',
    does: ({ at, sourceQueue: name }) => remove(at.source, `${name}-dead-letters`),
    finds: 'queue.dead-letters',
    level: 'fail',
    about: sourceQueue,
    mend: INIT,
    init: true,
  },
  {
    name: 'maxReceiveCount 1',
    does: ({ at, sourceQueue: name }) =>
      attributes(at.source, name, {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: `arn:aws:sqs:eu-west-1:${ACCOUNT}:${name}-dead-letters`,
          maxReceiveCount: 1,
        }),
      }),
    finds: 'queue.max-receive',
    level: 'fail',
    about: sourceQueue,
    mend: INIT,
    init: true,
  },
  {
    name: 'dead letters kept for a day',
    does: ({ at, sourceQueue: name }) =>
      attributes(at.source, `${name}-dead-letters`, { MessageRetentionPeriod: '86400' }),
    finds: 'queue.dead-letter-retention',
    level: 'fail',
    about: sourceQueue,
    mend: INIT,
    init: true,
  },
]

const key = (region: string): string => `arn:aws:kms:${region}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`

async function versioning({ s3 }: Clients, Bucket: string): Promise<void> {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }))
}

export async function expire({ s3 }: Clients, Bucket: string, Days: number): Promise<void> {
  const Rules = [{ ID: 'expire', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days } }]
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }))
}

async function rule(
  { at, source: Bucket }: DoctorWorld,
  change: (now: ReplicationRule) => ReplicationRule,
): Promise<void> {
  const { ReplicationConfiguration: now } = await at.source.s3.send(new GetBucketReplicationCommand({ Bucket }))
  const ReplicationConfiguration = { Role: now?.Role, Rules: now?.Rules?.map(change) }
  await at.source.s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }))
}

async function grants(
  { at, source: here, destination: there, role: name }: DoctorWorld,
  change: Partial<Parameters<typeof replicationPermissions>[0][number]>,
): Promise<void> {
  const side = (bucket: string, region: string) => ({ bucket, region, accountId: ACCOUNT })
  const whole = { tags: true, lock: true, deleteMarkers: true, ...change }
  const replicated = { source: side(here, 'eu-west-1'), destination: side(there, 'eu-west-2'), ...whole }
  await grantAll(at.source, name, replicationPermissions([replicated]))
}

/** Only these events go to the queue that gets them now; undefined: nothing goes anywhere. */
async function notify({ s3 }: Clients, Bucket: string, Events: Event[] | undefined): Promise<void> {
  const now = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))
  const QueueConfigurations = Events === undefined ? [] : now.QueueConfigurations?.map((one) => ({ ...one, Events }))
  const NotificationConfiguration = { QueueConfigurations }
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
}

async function remove({ sqs }: Clients, QueueName: string): Promise<void> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  await sqs.send(new DeleteQueueCommand({ QueueUrl }))
}

async function attributes({ sqs }: Clients, QueueName: string, Attributes: Record<string, string>): Promise<void> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
}
