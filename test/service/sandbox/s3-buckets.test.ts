import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ReplicationRule,
} from '@aws-sdk/client-s3'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { describe, expect, inject, it } from 'vitest'
import { randomPrefix } from '../../support/prefix.ts'
import { errorOf, london, makeBucket, put, raw, s3 } from '../../support/s3-bucket.ts'
import { clientsFor } from '../../support/sandbox.ts'

const ROLE = 'arn:aws:iam::111111111111:role/replication'
const other = clientsFor(inject('sandboxUrl'), { account: '222222222222' }).s3
const { sqs } = clientsFor(inject('sandboxUrl'))

describe('buckets', () => {
  it('are made in the region that is named or signed for, and say where they are', async () => {
    const Bucket = await makeBucket(undefined, london)
    expect((await london.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('eu-west-2')
    expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe('eu-west-2')
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-2' } as const
    const elsewhere = s3.send(new CreateBucketCommand({ Bucket: randomPrefix(), CreateBucketConfiguration }))
    expect((await errorOf(elsewhere)).name).toBe('IllegalLocationConstraintException')
  })

  it('redirect requests that are signed for another region', async () => {
    const Bucket = await makeBucket(undefined, london)
    const got = await raw('GET', `/${Bucket}`)
    expect(got.status).toBe(301)
    expect(got.headers.get('x-amz-bucket-region')).toBe('eu-west-2')
    expect(await got.text()).toContain('<Code>PermanentRedirect</Code>')
    const head = await raw('HEAD', `/${Bucket}`)
    expect([head.status, head.headers.get('x-amz-bucket-region'), await head.text()]).toEqual([301, 'eu-west-2', ''])
  })

  it('belong to an account, have one name in the world, and are listed to their owner alone', async () => {
    const Bucket = await makeBucket()
    expect(await errorOf(s3.send(new CreateBucketCommand({ Bucket })))).toEqual({
      name: 'BucketAlreadyOwnedByYou',
      status: 409,
    })
    expect((await errorOf(other.send(new CreateBucketCommand({ Bucket })))).name).toBe('BucketAlreadyExists')
    const names = async (client: typeof s3) =>
      (await client.send(new ListBucketsCommand({ Prefix: Bucket }))).Buckets?.map(({ Name }) => Name) ?? []
    expect([await names(s3), await names(other)]).toEqual([[Bucket], []])
    const owned = s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '222222222222' }))
    expect((await errorOf(owned)).status).toBe(403)
  })

  it('go when they are empty', async () => {
    const Bucket = await makeBucket('Enabled')
    await put(Bucket, 'k')
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
    expect(await errorOf(s3.send(new DeleteBucketCommand({ Bucket })))).toEqual({ name: 'BucketNotEmpty', status: 409 })
    expect(VersionId).toBeDefined()
    const empty = await makeBucket()
    await s3.send(new DeleteBucketCommand({ Bucket: empty }))
    expect((await errorOf(s3.send(new ListObjectsV2Command({ Bucket: empty })))).name).toBe('NoSuchBucket')
  })

  it.each(['AB', 'a', 'a..b', '1.2.3.4', 'a_b', '-ab'])('are not called %j', async (name) => {
    const reply = await raw('PUT', `/${name}`)
    expect(reply.status).toBe(400)
    expect(await reply.text()).toContain('<Code>InvalidBucketName</Code>')
  })

  it('are reached by host name, too', async () => {
    const Bucket = await makeBucket()
    await put(Bucket, 'k', 'hosted')
    // fetch would not send a host of our choice, and not every resolver knows names below localhost.
    const { hostname, port } = new URL(inject('sandboxUrl'))
    const headers = { host: `${Bucket}.s3.eu-west-1.localhost:${port}` }
    const [reply] = (await once(get({ hostname, port, path: '/k', headers }), 'response')) as [IncomingMessage]
    expect(reply.statusCode).toBe(200)
    expect(await text(reply)).toBe('hosted')
  })

  it('answer errors as S3 writes them', async () => {
    const reply = await raw('GET', '/no-such-bucket-here/a%26b')
    const body = await reply.text()
    const requestId = reply.headers.get('x-amz-request-id')
    expect(reply.headers.get('content-type')).toBe('application/xml')
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>' +
        `<BucketName>no-such-bucket-here</BucketName><Resource>/no-such-bucket-here/a%26b</Resource><RequestId>${requestId}</RequestId>` +
        `<HostId>${reply.headers.get('x-amz-id-2')}</HostId></Error>`,
    )
    expect((await raw('PUT', '/no-such-bucket-here?analytics', { body: 'x' })).status).toBe(501)
    expect((await raw('PATCH', '/no-such-bucket-here')).status).toBe(405)
    expect((await raw('GET', '/b/%ff')).status).toBe(400)
  })
})

describe('versioning', () => {
  it('is off until it is put, and guarded by MFA where MFA delete is on', async () => {
    const Bucket = await makeBucket()
    const read = async () => {
      const { Status, MFADelete } = await s3.send(new GetBucketVersioningCommand({ Bucket }))
      return { Status, MFADelete }
    }
    expect(await read()).toEqual({ Status: undefined, MFADelete: undefined })
    const VersioningConfiguration = { Status: 'Enabled', MFADelete: 'Enabled' } as const
    const without = s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
    expect(await errorOf(without)).toEqual({ name: 'AccessDenied', status: 403 })
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration, MFA: 'serial 123456' }))
    expect(await read()).toEqual({ Status: 'Enabled', MFADelete: 'Enabled' })

    const { VersionId } = await put(Bucket, 'k')
    const purge = (more: object) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId, ...more }))
    expect(await errorOf(purge({}))).toEqual({ name: 'AccessDenied', status: 403 })
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
    await purge({ MFA: 'serial 123456' })
  })
})

describe('replication', () => {
  const v1 = (destination: string): ReplicationRule => ({
    ID: 'all',
    Status: 'Enabled',
    Prefix: '',
    Destination: { Bucket: `arn:aws:s3:::${destination}` },
  })
  const v2 = (destination: string): ReplicationRule => ({
    ID: 'tagged',
    Priority: 3,
    Status: 'Enabled',
    Filter: { And: { Prefix: 'a/', Tags: [{ Key: 'k', Value: 'v' }] } },
    DeleteMarkerReplication: { Status: 'Disabled' },
    SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
    Destination: {
      Bucket: `arn:aws:s3:::${destination}`,
      StorageClass: 'STANDARD_IA',
      Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
      ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
    },
  })

  it('keeps rules of both versions as they were put', async () => {
    const Bucket = await makeBucket('Enabled')
    const destination = await makeBucket('Enabled', london)
    for (const rule of [v1(destination), v2(destination)]) {
      const ReplicationConfiguration = { Role: ROLE, Rules: [rule] }
      await s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }))
      const read = await s3.send(new GetBucketReplicationCommand({ Bucket }))
      expect(read.ReplicationConfiguration).toEqual(ReplicationConfiguration)
    }
    await s3.send(new DeleteBucketReplicationCommand({ Bucket }))
    expect((await errorOf(s3.send(new GetBucketReplicationCommand({ Bucket })))).name).toBe(
      'ReplicationConfigurationNotFoundError',
    )
  })

  it('needs versions on both sides, and rules that make sense', async () => {
    const plain = await makeBucket()
    const Bucket = await makeBucket('Enabled')
    const destination = await makeBucket('Enabled', london)
    const set = (bucket: string, ...Rules: ReplicationRule[]) =>
      errorOf(
        s3.send(new PutBucketReplicationCommand({ Bucket: bucket, ReplicationConfiguration: { Role: ROLE, Rules } })),
      )
    expect((await set(plain, v1(destination))).name).toBe('InvalidRequest')
    expect((await set(Bucket, v1(plain))).name).toBe('InvalidRequest')
    expect((await set(Bucket, v1(`${destination}-not`))).name).toBe('InvalidRequest')
    expect((await set(Bucket, { ...v2(destination), Priority: undefined })).name).toBe('InvalidRequest')
    expect((await set(Bucket, { ...v1(destination), Destination: v2(destination).Destination })).name).toBe(
      'InvalidRequest',
    )
    expect((await set(Bucket, v2(destination), v2(destination))).name).toBe('InvalidArgument')
  })
})

describe('notifications', () => {
  it('are kept, and refused where targets overlap, are missing or are elsewhere', async () => {
    const Bucket = await makeBucket('Enabled')
    const name = randomPrefix()
    await sqs.send(new CreateQueueCommand({ QueueName: name }))
    const QueueArn = `arn:aws:sqs:eu-west-1:111111111111:${name}`
    const queue = (Id: string, more: object = {}) => ({
      Id,
      QueueArn,
      Events: ['s3:ObjectCreated:*' as const],
      ...more,
    })
    const set = (...QueueConfigurations: ReturnType<typeof queue>[]) =>
      s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket,
          NotificationConfiguration: { QueueConfigurations, EventBridgeConfiguration: {} },
        }),
      )
    const filtered = queue('a', { Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'a/' }] } } })
    await set(filtered, queue('removed', { Events: ['s3:ObjectRemoved:*'] }))
    const { $metadata: _, ...read } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))
    expect(read).toEqual({
      EventBridgeConfiguration: {},
      QueueConfigurations: [filtered, queue('removed', { Events: ['s3:ObjectRemoved:*'] })],
    })
    const refused = { name: 'InvalidArgument', status: 400 }
    expect(await errorOf(set(filtered, queue('all')))).toEqual(refused)
    expect(await errorOf(set(queue('none', { QueueArn: `${QueueArn}-not` })))).toEqual(refused)
    expect(await errorOf(set(queue('far', { QueueArn: QueueArn.replace('eu-west-1', 'eu-west-2') })))).toEqual(refused)
  })
})

describe('other configurations', () => {
  it('are kept and read back', async () => {
    const Bucket = await makeBucket('Enabled')
    const missing = async (call: Promise<unknown>) => (await errorOf(call)).name

    const lifecycle = {
      Rules: [{ ID: 'e', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 7 } }],
    }
    expect(await missing(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))).toBe(
      'NoSuchLifecycleConfiguration',
    )
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: lifecycle }))
    expect(await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).toMatchObject(lifecycle)

    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] })
    expect(await missing(s3.send(new GetBucketPolicyCommand({ Bucket })))).toBe('NoSuchBucketPolicy')
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy)
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }))
    expect(await missing(s3.send(new GetBucketPolicyCommand({ Bucket })))).toBe('NoSuchBucketPolicy')

    const block = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }))
    const read = await s3.send(new GetPublicAccessBlockCommand({ Bucket }))
    expect(read.PublicAccessBlockConfiguration).toEqual(block)
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))

    const TagSet = [{ Key: 'stage', Value: 'production' }]
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }))
    expect((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(TagSet)

    const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] }
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }))
    expect(await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).toMatchObject({ OwnershipControls })
    expect((await s3.send(new GetBucketAclCommand({ Bucket }))).Grants).toMatchObject([{ Permission: 'FULL_CONTROL' }])
  })

  it('a default encryption is that of new objects', async () => {
    const Bucket = await makeBucket()
    const algorithm = async () =>
      (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules?.[0]
        ?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm
    expect(await algorithm()).toBe('AES256')
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'key' } }]
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }))
    expect(await algorithm()).toBe('aws:kms')
    await put(Bucket, 'k')
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key',
    })
  })
})
