/** The replication role, where it was created: what it lacks makes replication fail, with S3's reason, or leaves things behind. */
import { DeleteRoleCommand, DeleteRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLockConfigurationCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { replicateByJob, reportOf } from '../../support/batch-jobs.ts'
import { ACCOUNT, type LocalAws, ROLE, startLocalAws, v2Rule } from '../../support/local-aws.ts'
import { clientsFor, controlOf } from '../../support/sandbox.ts'
import { allow, type Clients, document, grant, makeRole, trusting } from '../../support/sandbox-roles.ts'

const PATIENCE = { interval: 5, timeout: 10_000 }
const BACKUPS = '444444444444'
const BY_S3 = trusting({ Service: 's3.amazonaws.com' })
const READ = ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging']
const WRITE = ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags']

let aws: LocalAws
let owner: Clients
let source: string
let destination: string

beforeEach(async () => {
  aws = await startLocalAws(7)
  owner = clientsFor(aws.sandbox.url, { account: ACCOUNT })
  ;({ source, destination } = await aws.pair('docs', { DeleteMarkerReplication: { Status: 'Enabled' } }))
})
afterEach(async () => {
  owner.destroy()
  await aws.close()
})

const objectsOf = (bucket: string): string => `arn:aws:s3:::${bucket}/*`
const reading = (...actions: string[]) => allow(actions, objectsOf(source))
const writing = (...actions: string[]) => allow(actions, objectsOf(destination))

async function put(more: Partial<PutObjectCommandInput> = {}): Promise<string> {
  return (await aws.s3().send(new PutObjectCommand({ Bucket: source, Key: 'k', Body: 'x', ...more }))).VersionId!
}

async function putInParts(): Promise<string> {
  const at = { Bucket: source, Key: 'k' }
  const { UploadId } = await aws.s3().send(new CreateMultipartUploadCommand(at))
  const { ETag } = await aws.s3().send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'x' }))
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  return (await aws.s3().send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }))).VersionId!
}

async function putMarker(): Promise<string> {
  return (await aws.s3().send(new DeleteObjectCommand({ Bucket: source, Key: 'k' }))).VersionId!
}

const settles = (versionId: string, status: string) =>
  vi.waitFor(() => expect(aws.sandbox.world.s3.version(source, 'k', versionId)?.replication).toBe(status), PATIENCE)

async function failed(): Promise<Readonly<Record<string, number>>> {
  const { replication } = (await aws.control('replication')) as { replication: Record<string, { failed: object }> }
  return { ...replication[source]!.failed }
}

async function lock(bucket: string): Promise<void> {
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' } as const
  const { region } = aws.sandbox.world.s3.bucket(bucket)!
  await aws.s3(region).send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration }))
}

async function putLocked(): Promise<string> {
  await lock(destination)
  await lock(source)
  const ObjectLockRetainUntilDate = new Date(Date.now() + 86_400_000)
  return put({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus: 'ON' })
}

const without = (action: string) => READ.filter((each) => each !== action)

describe('a role that was created', () => {
  it('and has all it needs replicates, tags included', async () => {
    await makeRole(owner, 'replication', BY_S3, reading(...READ), writing(...WRITE))
    const versionId = await put({ Tagging: 'a=b' })
    await settles(versionId, 'COMPLETED')
    expect(aws.sandbox.world.s3.version(destination, 'k', versionId)?.tags).toEqual({ a: 'b' })
    await settles(await putMarker(), 'COMPLETED')
  })

  it("as the estate's replicates, and leaves tags behind in silence", async () => {
    const estate = ['s3:GetReplicationConfiguration', 's3:ListBucket', 's3:GetObjectVersion', 's3:GetObjectVersionAcl']
    await makeRole(owner, 'replication', BY_S3, reading(...estate), writing('s3:ReplicateObject', 's3:ReplicateDelete'))
    const versionId = await put({ Tagging: 'a=b' })
    await settles(versionId, 'COMPLETED')
    expect(aws.sandbox.world.s3.version(destination, 'k', versionId)?.tags).toBeUndefined()
  })

  it.each<[string, () => readonly object[], () => Promise<string>]>([
    ['SrcGetObjectNotPermitted', () => [reading(...without(READ[0]!)), writing(...WRITE)], put],
    ['SrcGetAclNotPermitted', () => [reading(...without(READ[1]!)), writing(...WRITE)], put],
    ['DstPutObjectNotPermitted', () => [reading(...READ), writing('s3:ReplicateDelete')], put],
    ['DstMultipartInitNotPermitted', () => [reading(...READ), writing('s3:ReplicateDelete')], putInParts],
    ['DstDelObjNotPermitted', () => [reading(...READ), writing('s3:ReplicateObject')], putMarker],
    ['SrcGetRetentionNotPermitted', () => [reading(...READ, 's3:GetObjectLegalHold'), writing(...WRITE)], putLocked],
    ['SrcGetLegalHoldNotPermitted', () => [reading(...READ, 's3:GetObjectRetention'), writing(...WRITE)], putLocked],
    [
      'DstPutRetentionNotPermitted',
      () => [reading('s3:Get*'), writing(...WRITE), { ...writing('s3:PutObjectRetention'), Effect: 'Deny' }],
      putLocked,
    ],
    [
      'DstPutLegalHoldNotPermitted',
      () => [reading('s3:Get*'), writing(...WRITE), { ...writing('s3:PutObjectLegalHold'), Effect: 'Deny' }],
      putLocked,
    ],
  ])('%s', async (reason, statements, write) => {
    await makeRole(owner, 'replication', BY_S3, ...statements())
    const versionId = await write()
    await settles(versionId, 'FAILED')
    expect(await failed()).toEqual({ [reason]: 1 })
  })

  it('an object under a KMS key takes the newer grant', async () => {
    const rule = v2Rule(destination, { SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } } })
    const EncryptionConfiguration = { ReplicaKmsKeyID: `arn:aws:kms:eu-west-2:${ACCOUNT}:key/there` }
    const Rules = [{ ...rule, Destination: { ...rule.Destination!, EncryptionConfiguration } }]
    await aws
      .s3()
      .send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration: { Role: ROLE, Rules } }))
    await makeRole(
      owner,
      'replication',
      BY_S3,
      reading('s3:GetObjectVersion', 's3:GetObjectVersionAcl'),
      writing(...WRITE),
    )
    await settles(await put(), 'COMPLETED')
    await settles(await put({ ServerSideEncryption: 'aws:kms' }), 'FAILED')
    expect(await failed()).toEqual({ SrcGetObjectNotPermitted: 1 })
  })

  it('must be trusted to S3, for this bucket', async () => {
    const trust = (condition?: object) => trusting({ Service: 's3.amazonaws.com' }, condition)
    await makeRole(owner, 'replication', trusting({ AWS: ACCOUNT }), reading(...READ), writing(...WRITE))
    const { iam } = owner
    const retrust = (PolicyDocument: string) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'replication', PolicyDocument }))
    await settles(await put(), 'FAILED')
    await retrust(trust({ StringEquals: { 'aws:SourceAccount': BACKUPS } }))
    await settles(await put(), 'FAILED')
    expect(await failed()).toEqual({ AssumeRoleNotPermitted: 2 })
    await retrust(trust({ ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${source}` } }))
    await settles(await put(), 'COMPLETED')
  })

  it('that is gone can be assumed no more where its account is strict', async () => {
    await controlOf(aws.sandbox.url).iam({ strict: true })
    await makeRole(owner, 'replication', BY_S3, reading(...READ), writing(...WRITE))
    await settles(await put(), 'COMPLETED')
    const { iam } = owner
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'replication', PolicyName: 'grants' }))
    await iam.send(new DeleteRoleCommand({ RoleName: 'replication' }))
    await settles(await put(), 'FAILED')
    expect(await failed()).toEqual({ AssumeRoleNotPermitted: 1 })
  })
})

describe('a destination of another account', () => {
  it('must let the role in by its bucket policy', async () => {
    const backups = clientsFor(aws.sandbox.url, { account: BACKUPS, region: 'eu-west-2' })
    const away = 'backups-replica'
    await backups.s3.send(new CreateBucketCommand({ Bucket: away }))
    const VersioningConfiguration = { Status: 'Enabled' } as const
    await backups.s3.send(new PutBucketVersioningCommand({ Bucket: away, VersioningConfiguration }))
    const ReplicationConfiguration = { Role: ROLE, Rules: [v2Rule(away)] }
    await aws.s3().send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))
    await makeRole(owner, 'replication', BY_S3, reading(...READ), allow(WRITE, objectsOf(away)))
    await settles(await put(), 'FAILED')
    const Policy = document(allow(WRITE, objectsOf(away), { Principal: { AWS: ROLE } }))
    await backups.s3.send(new PutBucketPolicyCommand({ Bucket: away, Policy }))
    await settles(await put(), 'COMPLETED')
    expect(await failed()).toEqual({ DstPutObjectNotPermitted: 1 })
    backups.destroy()
  })
})

describe("a batch job's role", () => {
  it('needs s3:InitiateReplication, the manifest, and a place for its report', async () => {
    const place = await aws.bucket('jobs', 'eu-west-1', 'none')
    const versionId = await put()
    await settles(versionId, 'COMPLETED')
    const rows = [{ key: 'k', versionId }]
    const basics = [allow('s3:GetObject', objectsOf(place)), allow('s3:PutObject', objectsOf(place))]
    const job = async () => {
      const done = await replicateByJob(aws, place, source, rows)
      return done.Status === 'Complete' ? (await reportOf(aws, place, done.JobId!))![0]!.code : done.Status
    }
    await makeRole(owner, 'batch', trusting({ Service: 'batchoperations.s3.amazonaws.com' }), ...basics)
    expect(await job()).toBe('InitiateReplicationNotPermitted')
    await grant(owner, 'batch', ...basics, allow('s3:InitiateReplication', objectsOf(source)))
    expect(await job()).toBe('')
    await grant(owner, 'batch', allow('s3:InitiateReplication', objectsOf(source)))
    expect(await job()).toBe('Failed')
  })
})
