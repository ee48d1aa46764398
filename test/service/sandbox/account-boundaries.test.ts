/** What a session may do: its role's policies, and those of what it asks for, in S3, SQS, CloudWatch and S3 Control. */
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { DeleteRoleCommand } from '@aws-sdk/client-iam'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { CreateTopicCommand, SetTopicAttributesCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateJobCommand } from '@aws-sdk/client-s3-control'
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import { v1Rule } from '../../support/local-aws.ts'
import { clientsFor, controlOf } from '../../support/sandbox.ts'
import { allow, type Clients, clientsIn, document, grant, makeRole, trusting } from '../../support/sandbox-roles.ts'

const MAIN = '222222222222'
const PRODUCTION = '333333333333'
const BACKUPS = '444444444444'
const KEY = 'staging-202611240100.sql.gz.gpg'

let sandbox: Sandbox
let main: Clients
let production: Clients
let backups: Clients
let session: Clients
let role: string
let RoleName: string
let Bucket: string
let made = 0
const opened: Clients[] = []

const arnOf = (name = Bucket): string => `arn:aws:s3:::${name}`
const objectsOf = (name = Bucket): string => `${arnOf(name)}/*`
const who = (): string => `arn:aws:sts::${PRODUCTION}:assumed-role/${RoleName}/verify`

beforeAll(async () => {
  sandbox = await startSandbox()
  main = clientsFor(sandbox.url, { account: MAIN })
  production = clientsFor(sandbox.url, { account: PRODUCTION })
  backups = clientsFor(sandbox.url, { account: BACKUPS })
})
beforeEach(async () => {
  RoleName = `service-${++made}`
  Bucket = `documents-${made}`
  role = await makeRole(production, RoleName, trusting({ AWS: MAIN }))
  await bucketOf(production, Bucket)
  session = await within(role)
})
afterEach(async () => {
  for (const clients of opened.splice(0)) clients.destroy()
  await controlOf(sandbox.url).iam({ strict: false, secureTransport: false })
})
afterAll(async () => {
  for (const clients of [main, production, backups]) clients.destroy()
  await sandbox.close()
})

async function within(arn: string, more: Parameters<typeof clientsIn>[3] = {}): Promise<Clients> {
  const clients = await clientsIn(sandbox.url, main, arn, more)
  opened.push(clients)
  return clients
}

async function bucketOf({ s3 }: Clients, name: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: name }))
  const VersioningConfiguration = { Status: 'Enabled' } as const
  await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }))
}

const policy = ({ s3 }: Clients, name: string, ...statements: readonly object[]) =>
  s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy: document(...statements) }))

const put = ({ s3 }: Clients, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'x', ...more }))
const get = ({ s3 }: Clients, name = Bucket) => s3.send(new GetObjectCommand({ Bucket: name, Key: KEY }))

describe('S3, inside an account', () => {
  it("refuses what the role's policy lacks, in S3's words", async () => {
    await expect(put(session)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${who()} is not authorized to perform: s3:PutObject on resource: "${arnOf()}/${KEY}" because no identity-based policy allows the s3:PutObject action`,
      $metadata: { httpStatusCode: 403 },
    })
    await grant(production, RoleName, allow('s3:PutObject', `${arnOf()}/staging-*`))
    await put(session)
    await expect(put(session, { Key: 'production-1' })).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(put(session, { Tagging: 'a=b' })).rejects.toThrow('s3:PutObjectTagging')
    await expect(get(session)).rejects.toThrow('because no identity-based policy allows the s3:GetObject action')
  })

  it('each action has its own grant; a version has its own', async () => {
    const { VersionId } = await put(production)
    await grant(production, RoleName, allow('s3:GetObject', objectsOf()))
    await get(session)
    const version = { Bucket, Key: KEY, VersionId }
    await expect(session.s3.send(new GetObjectCommand(version))).rejects.toThrow('s3:GetObjectVersion')
    await expect(session.s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow(
      `s3:ListBucket on resource: "${arnOf()}"`,
    )
    await expect(session.s3.send(new ListBucketsCommand({}))).rejects.toThrow('s3:ListAllMyBuckets')
    await expect(session.s3.send(new DeleteObjectCommand(version))).rejects.toThrow('s3:DeleteObjectVersion')
    await expect(session.s3.send(new CreateBucketCommand({ Bucket: 'mine' }))).rejects.toThrow('s3:CreateBucket')
  })

  it('without the right to list, what is missing looks forbidden', async () => {
    const head = () => session.s3.send(new HeadObjectCommand({ Bucket, Key: 'none' }))
    await grant(production, RoleName, allow('s3:GetObject', objectsOf()))
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    await grant(production, RoleName, allow('s3:GetObject', objectsOf()), allow('s3:ListBucket', arnOf()))
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } })
  })

  it('a batch of deletes is asked about key by key', async () => {
    await put(production)
    await put(production, { Key: 'production-1' })
    await grant(production, RoleName, allow('s3:DeleteObject', `${arnOf()}/staging-*`))
    const Delete = { Objects: [{ Key: KEY }, { Key: 'production-1' }] }
    const { Deleted, Errors } = await session.s3.send(new DeleteObjectsCommand({ Bucket, Delete }))
    expect(Deleted!.map(({ Key }) => Key)).toEqual([KEY])
    expect(Errors).toMatchObject([{ Key: 'production-1', Code: 'AccessDenied' }])
  })

  it('conditions see what the request says', async () => {
    const Condition = { StringEquals: { 's3:x-amz-storage-class': 'STANDARD_IA' } }
    const list = { StringLike: { 's3:prefix': 'mine/*' } }
    await grant(
      production,
      RoleName,
      allow('s3:PutObject', objectsOf(), { Condition }),
      allow('s3:ListBucket', arnOf(), { Condition: list }),
    )
    await expect(put(session)).rejects.toMatchObject({ name: 'AccessDenied' })
    await put(session, { StorageClass: 'STANDARD_IA' })
    await session.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'mine/1' }))
    await expect(session.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'x' }))).rejects.toThrow('s3:ListBucket')
  })

  it("a session's own policy cuts the role's down; a role that is gone may nothing", async () => {
    await put(production)
    await grant(production, RoleName, allow('s3:*'))
    const narrow = await within(role, { Policy: document(allow('s3:GetObject', objectsOf())) })
    await get(narrow)
    await expect(put(narrow)).rejects.toThrow('because no session policy allows the s3:PutObject action')

    const gone = await makeRole(production, `${RoleName}-gone`, trusting({ AWS: MAIN }))
    const orphan = await within(gone)
    await production.iam.send(new DeleteRoleCommand({ RoleName: `${RoleName}-gone` }))
    await expect(get(orphan)).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

describe('S3, across accounts', () => {
  let away: string
  beforeEach(async () => {
    away = `database-backups-${made}`
    await bucketOf(backups, away)
    await put(backups, { Bucket: away })
  })

  it('needs both sides, and does not tell which is missing', async () => {
    const read = () => get(session, away)
    const plain = { name: 'AccessDenied', message: 'Access Denied' }
    await grant(production, RoleName, allow('s3:GetObject', objectsOf(away)))
    await expect(read()).rejects.toMatchObject(plain)
    await policy(backups, away, allow('s3:GetObject', objectsOf(away), { Principal: { AWS: role } }))
    await read()
    await grant(production, RoleName, allow('s3:ListBucket', arnOf(away)))
    await expect(read()).rejects.toMatchObject(plain)
  })

  it('a copy reads on one side and writes on the other', async () => {
    const copy = () =>
      session.s3.send(new CopyObjectCommand({ Bucket: away, Key: 'copy', CopySource: `${Bucket}/${KEY}` }))
    await put(production)
    await grant(production, RoleName, allow('s3:GetObject', objectsOf()), allow('s3:PutObject', objectsOf(away)))
    await expect(copy()).rejects.toMatchObject({ name: 'AccessDenied' })
    await policy(backups, away, allow('s3:PutObject', objectsOf(away), { Principal: { AWS: PRODUCTION } }))
    await copy()
  })
})

describe('aws:SecureTransport', () => {
  const onlyTls = () => ({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [arnOf(), objectsOf()],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  })

  it('a bucket that wants TLS refuses plain http, unless it is told that there is TLS in front', async () => {
    await put(production)
    await grant(production, RoleName, allow('s3:*'))
    await policy(production, Bucket, onlyTls())
    await expect(get(session)).rejects.toThrow('with an explicit deny in a resource-based policy')
    session.s3.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: Record<string, string> }).headers, { 'x-forwarded-proto': 'https' })
        return next(args)
      },
      { step: 'build', name: 'tls' },
    )
    await get(session)
    session.s3.middlewareStack.remove('tls')
    await controlOf(sandbox.url).iam({ secureTransport: true })
    await get(session)
  })

  it("asks an account's own user only where the account is strict", async () => {
    await put(production)
    await policy(production, Bucket, onlyTls())
    await get(production)
    await controlOf(sandbox.url).iam({ strict: [PRODUCTION] })
    await expect(get(production)).rejects.toThrow('with an explicit deny in a resource-based policy')
    await expect(get(backups)).rejects.toMatchObject({ message: 'Access Denied' })
    await controlOf(sandbox.url).iam({ secureTransport: true })
    await get(production)
    await expect(get(backups)).rejects.toMatchObject({ message: 'Access Denied' })
  })
})

describe('nobody', () => {
  it('has in a strict account what its bucket policies give to everyone', async () => {
    await put(production)
    const read = () => fetch(`${sandbox.url}/${Bucket}/${KEY}`)
    expect((await read()).status).toBe(200)
    await controlOf(sandbox.url).iam({ strict: true })
    expect((await read()).status).toBe(403)
    await policy(production, Bucket, allow('s3:GetObject', objectsOf(), { Principal: '*' }))
    expect((await read()).status).toBe(200)
  })
})

describe('credentials', () => {
  it('are worth nothing when their time is up', async () => {
    await put(production)
    await grant(production, RoleName, allow('*'))
    await get(session)
    await controlOf(sandbox.url).iam({ expireSessions: role })
    await expect(get(session)).rejects.toMatchObject({
      name: 'ExpiredToken',
      message: 'The provided token has expired.',
    })
    await expect(session.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'ExpiredToken' })
    const receive = session.sqs.send(new ReceiveMessageCommand({ QueueUrl: `${sandbox.url}/${PRODUCTION}/q` }))
    await expect(receive).rejects.toMatchObject({ name: expect.stringMatching(/^ExpiredToken/) as string })
    await get(await within(role))
  })
})

describe('SQS', () => {
  let queue: { readonly url: string; readonly arn: string }
  beforeEach(async () => {
    const QueueName = `intake-${made}`
    const { QueueUrl } = await production.sqs.send(new CreateQueueCommand({ QueueName }))
    queue = { url: QueueUrl!, arn: `arn:aws:sqs:eu-west-1:${PRODUCTION}:${QueueName}` }
  })
  const setPolicy = (...statements: readonly object[]) =>
    production.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { Policy: document(...statements) } }),
    )

  it("refuses in SQS' words, and takes a batch for what it is a batch of", async () => {
    const send = () => session.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'x' }))
    await expect(send()).rejects.toMatchObject({
      name: expect.stringMatching(/^AccessDenied/) as string,
      message: `User: ${who()} is not authorized to perform: sqs:sendmessage on resource: ${queue.arn} because no identity-based policy allows the sqs:sendmessage action`,
    })
    await grant(production, RoleName, allow('sqs:SendMessage', queue.arn))
    await send()
    const Entries = [{ Id: '1', MessageBody: 'x' }]
    await session.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }))
    await expect(session.sqs.send(new GetQueueUrlCommand({ QueueName: `intake-${made}` }))).rejects.toThrow(
      'sqs:getqueueurl',
    )
  })

  it('across accounts the queue must let the role in', async () => {
    const name = `reader-${made}`
    const reader = await makeRole(backups, name, trusting({ AWS: MAIN }), allow('sqs:ReceiveMessage', queue.arn))
    const away = await within(reader)
    const receive = () => away.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url }))
    await expect(receive()).rejects.toThrow(`Access to the resource ${queue.url} is denied.`)
    await setPolicy(allow('sqs:ReceiveMessage', queue.arn, { Principal: { AWS: reader } }))
    await receive()
  })

  it('takes no policy that is none', async () => {
    await expect(setPolicy({ Effect: 'Allow' })).rejects.toThrow('Invalid value for the parameter Policy.')
  })

  it('in a strict account takes from S3 what its policy lets in', async () => {
    await controlOf(sandbox.url).iam({ strict: [PRODUCTION] })
    const NotificationConfiguration = {
      QueueConfigurations: [{ QueueArn: queue.arn, Events: ['s3:ObjectCreated:*' as const] }],
    }
    const notify = () =>
      production.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
    const from = (account: string) =>
      allow('sqs:SendMessage', queue.arn, {
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:documents-*' },
        },
      })
    await expect(notify()).rejects.toThrow('Unable to validate the following destination configurations')
    await setPolicy(from(BACKUPS))
    await expect(notify()).rejects.toThrow('Unable to validate the following destination configurations')
    await setPolicy(from(PRODUCTION))
    await notify()
    const { Messages } = await production.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 5 }),
    )
    expect(Messages![0]!.Body).toContain('s3:TestEvent')
  })
})

describe('SNS', () => {
  it('in strict accounts, from a bucket by a topic to a queue, each lets in the one before', async () => {
    const name = `antivirus-${made}`
    const { TopicArn } = await production.sns.send(new CreateTopicCommand({ Name: name }))
    const { QueueUrl } = await backups.sqs.send(new CreateQueueCommand({ QueueName: name }))
    const Endpoint = `arn:aws:sqs:eu-west-1:${BACKUPS}:${name}`
    await production.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }))
    await controlOf(sandbox.url).iam({ strict: true })
    const NotificationConfiguration = {
      TopicConfigurations: [{ TopicArn, Events: ['s3:ObjectCreated:*' as const] }],
    }
    const notify = () =>
      production.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
    const received = async () => {
      const { Messages = [] } = await backups.sqs.send(new ReceiveMessageCommand({ QueueUrl }))
      return Messages.length
    }
    await expect(notify()).rejects.toThrow('Unable to validate the following destination configurations')
    const publish = allow('sns:Publish', TopicArn, {
      Principal: { Service: 's3.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': arnOf() } },
    })
    const topicPolicy = { TopicArn, AttributeName: 'Policy', AttributeValue: document(publish) }
    await production.sns.send(new SetTopicAttributesCommand(topicPolicy))
    await notify()
    expect(await received()).toBe(0)
    const send = allow('sqs:SendMessage', Endpoint, {
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
    })
    const Attributes = { Policy: document(send) }
    await backups.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
    await put(production)
    expect(await received()).toBe(1)
  })
})

describe('CloudWatch and S3 Control', () => {
  it('metrics are granted by namespace', async () => {
    const write = (Namespace: string) =>
      session.cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'n', Value: 1 }] }))
    await expect(write('Landfall')).rejects.toThrow(
      `User: ${who()} is not authorized to perform: cloudwatch:PutMetricData because no identity-based policy allows the cloudwatch:PutMetricData action`,
    )
    const Condition = { StringEquals: { 'cloudwatch:namespace': 'Landfall' } }
    await grant(production, RoleName, allow('cloudwatch:PutMetricData', '*', { Condition }))
    await write('Landfall')
    await expect(write('Other')).rejects.toThrow('not authorized')
  })

  it('a job takes s3:CreateJob and iam:PassRole; so does a replication rule', async () => {
    const job = await makeRole(production, `job-${made}`, trusting({ Service: 'batchoperations.s3.amazonaws.com' }))
    const create = () =>
      session.s3control.send(
        new CreateJobCommand({
          AccountId: PRODUCTION,
          ConfirmationRequired: false,
          Operation: { S3ReplicateObject: {} },
          Report: { Enabled: false },
          ClientRequestToken: `token-${made}`,
          Priority: 1,
          RoleArn: job,
          ManifestGenerator: { S3JobManifestGenerator: { SourceBucket: arnOf(), EnableManifestOutput: false } },
        }),
      )
    await expect(create()).rejects.toThrow('s3:CreateJob')
    await grant(production, RoleName, allow('s3:*'))
    await expect(create()).rejects.toThrow(`iam:PassRole on resource: ${job} because no identity-based policy`)
    const Condition = { StringEquals: { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' } }
    await grant(production, RoleName, allow('s3:*'), allow('iam:PassRole', job, { Condition }))
    await create()

    await bucketOf(production, `${Bucket}-replica`)
    const ReplicationConfiguration = { Role: job, Rules: [v1Rule(`${Bucket}-replica`)] }
    const replicate = session.s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }))
    await expect(replicate).rejects.toThrow('iam:PassRole')
  })
})
