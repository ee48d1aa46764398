/** What is read of an estate's resources: empty, provisioned, refused. */
import {
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
} from '@aws-sdk/client-s3'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeAws, type Aws } from '../../../src/aws/clients.ts'
import { observe } from '../../../src/aws/observe/index.ts'
import { provision } from '../../../src/aws/provision.ts'
import type { Estate } from '../../../src/config/estate.ts'
import { recordingLog } from '../../support/log.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { controlOf, startSandboxProcess, type SandboxProcess } from '../../support/sandbox.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111111111111:intake-1'
const ROLE = 'arn:aws:iam::111111111111:role/landfall-replication'

let sandbox: SandboxProcess
let estate: Estate
let aws: Aws
beforeEach(async () => {
  sandbox = await startSandboxProcess()
  pointSdkAt(sandbox.url, '111111111111')
  estate = smallEstate({ pairs: [smallPair('documents')] })
  aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
})
afterEach(async () => {
  aws.close()
  vi.unstubAllEnvs()
  await sandbox.stop()
})

test('of an empty account everything is absent, and nothing unknown', async () => {
  const told: string[] = []
  const seen = await observe({ estate, aws, onProgress: (name) => told.push(name) })
  expect([...seen.buckets.keys()]).toEqual(['documents-source', 'documents-destination'])
  for (const bucket of seen.buckets.values()) {
    expect(bucket.stands).toEqual({ is: 'absent' })
    expect(bucket.replication).toEqual({ is: 'absent' })
  }
  expect([...seen.queues.values()].map(({ is }) => is)).toEqual(['absent', 'absent', 'absent', 'absent'])
  expect(seen.roles).toEqual(new Map([[ROLE, { is: 'absent' }]]))
  expect(seen.identities.get('main')).toMatchObject({ is: 'there', value: { accountId: '111111111111' } })
  expect(told).toContain('documents-source')
})

test('of what stands all parts are read', async () => {
  await provision({ estate, aws })
  const { source, destination } = estate.pairs[0]!
  const s3 = aws.s3(source)
  const Bucket = source.bucket
  const sns = aws.sns(source)
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'antivirus' }))
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: QUEUE,
      Attributes: { RawMessageDelivery: 'true' },
    }),
  )
  const NotificationConfiguration = {
    TopicConfigurations: [
      {
        Id: 'antivirus',
        TopicArn: TopicArn!,
        Events: ['s3:ObjectCreated:*' as const],
        Filter: { Key: { FilterRules: [{ Name: 'prefix' as const, Value: 'in/' }] } },
      },
    ],
  }
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: [{ ID: 'old', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 180 } }],
      },
    }),
  )
  await s3.send(
    new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'ManagedBy', Value: 'terraform' }] } }),
  )
  await s3.send(
    new PutBucketReplicationCommand({
      Bucket,
      ReplicationConfiguration: {
        Role: ROLE,
        Rules: [
          {
            ID: 'one',
            Status: 'Enabled',
            Prefix: '',
            Destination: { Bucket: `arn:aws:s3:::${destination.bucket}` },
          },
        ],
      },
    }),
  )
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 's3.amazonaws.com' } }
  const iam = aws.iam(source)
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'landfall-replication',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  )
  const grant = { Effect: 'Allow', Action: 's3:ReplicateObject', Resource: '*' }
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'landfall-replication',
      PolicyName: 'replicate',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: grant }),
    }),
  )

  const seen = await observe({ estate, aws, concurrency: 2 })
  expect(seen.buckets.get(Bucket)).toMatchObject({
    region: 'eu-west-1',
    account: 'main',
    stands: { is: 'there', value: { region: 'eu-west-1' } },
    versioning: { is: 'there', value: { status: 'Enabled', mfaDelete: false } },
    lifecycle: {
      value: [{ id: 'old', enabled: true, prefix: '', narrowed: false, expirationDays: 180, transitions: [] }],
    },
    replication: {
      value: {
        role: ROLE,
        rules: [
          {
            id: 'one',
            schema: 1,
            enabled: true,
            prefix: '',
            destination: destination.bucket,
            deleteMarkers: true,
            metrics: false,
          },
        ],
      },
    },
    notifications: {
      value: {
        eventBridge: false,
        targets: [
          { kind: 'topic', id: 'antivirus', arn: TopicArn, events: ['s3:ObjectCreated:*'], prefix: 'in/', suffix: '' },
        ],
      },
    },
    policy: { value: { Statement: [{ Sid: 'LandfallTlsOnly' }] } },
    objectLock: { is: 'absent' },
    tags: { value: { ManagedBy: 'terraform' } },
  })
  expect(seen.queues.get(QUEUE)).toMatchObject({
    value: {
      name: 'intake-1',
      visibilitySeconds: 30,
      redrive: { deadLetterArn: `${QUEUE}-dead-letters`, maxReceiveCount: 10 },
      policy: { value: { Statement: [{ Sid: 'LandfallLetsS3Send' }] } },
      tags: { is: 'there', value: {} },
    },
  })
  expect(seen.queues.get(`${QUEUE}-dead-letters`)).toMatchObject({ value: { retentionSeconds: 14 * 86_400 } })
  expect(seen.roles.get(ROLE)).toMatchObject({
    value: {
      trust: { Statement: [trust] },
      policies: { value: [{ name: 'replicate', inline: true, document: { Statement: [grant] } }] },
    },
  })
  expect(seen.topics.get(TopicArn!)).toMatchObject({
    value: {
      subscriptions: { value: [{ protocol: 'sqs', endpoint: QUEUE, raw: true, filtered: false, pending: false }] },
    },
  })
})

test('V2 rules are read with what they say', async () => {
  await provision({ estate, aws })
  const seen = await observe({ estate, aws })
  expect(seen.buckets.get('documents-source')!.replication).toMatchObject({
    value: { rules: [{ schema: 2, deleteMarkers: true, metrics: true, timeControlMinutes: 15, priority: 1 }] },
  })
})

test('what is refused is unknown, with the grant that it takes, and hides nothing else', async () => {
  await provision({ estate, aws })
  const { source } = estate.pairs[0]!
  const deny = { Effect: 'Deny', Principal: '*', Action: 's3:GetReplicationConfiguration', Resource: '*' }
  await aws.s3(source).send(
    new PutBucketPolicyCommand({
      Bucket: source.bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ ...deny, Resource: `arn:aws:s3:::${source.bucket}` }],
      }),
    }),
  )
  await controlOf(sandbox.url).iam({ strict: true })
  const seen = await observe({ estate, aws })
  const bucket = seen.buckets.get(source.bucket)!
  expect(bucket.replication).toMatchObject({
    is: 'unknown',
    fault: { code: 'ACCESS_DENIED', action: 's3:GetReplicationConfiguration' },
  })
  expect(bucket.versioning.is).toBe('there')
  expect(bucket.policy.is).toBe('there')
})

test('a bucket in another region than configured is read where it is', async () => {
  await provision({ estate, aws })
  const moved = smallEstate({
    pairs: [smallPair('documents', { source: { bucket: 'documents-source', region: 'eu-west-2', account: 'main' } })],
  })
  const bucket = (await observe({ estate: moved, aws })).buckets.get('documents-source')!
  expect(bucket).toMatchObject({ region: 'eu-west-2', stands: { value: { region: 'eu-west-1' } } })
  expect(bucket.versioning).toMatchObject({ value: { status: 'Enabled' } })
})

test('with a region down its resources are unknown, and the others are told', async () => {
  await provision({ estate, aws })
  await controlOf(sandbox.url).setFaults({ regionsDown: ['eu-west-2'] })
  const seen = await observe({ estate, aws })
  expect(seen.buckets.get('documents-destination')!.stands).toMatchObject({
    is: 'unknown',
    fault: { code: 'AWS_UNREACHABLE' },
  })
  expect(seen.buckets.get('documents-source')!.versioning.is).toBe('there')
})
