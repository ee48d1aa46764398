/**
 * Every reason that S3 gives for a failed replication (S3 user guide, "Amazon S3 replication failure reasons"): made here
 * by what is wrong with the estate where that can be, by a fault on order else.
 */
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLockConfigurationCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Faults } from '../../../sandbox/types.ts'
import {
  createJob,
  jobBecomes,
  jobOrder,
  type ManifestRow,
  putManifest,
  replicateByJob,
  reportOf,
} from '../../support/batch-jobs.ts'
import { ACCOUNT, type LocalAws, type LocalQueue, ROLE, startLocalAws, v2Rule } from '../../support/local-aws.ts'

const PATIENCE = { interval: 5, timeout: 10_000 }
const SOURCE_KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/source`
const DESTINATION_KEY = `arn:aws:kms:eu-west-2:${ACCOUNT}:key/destination`

let aws: LocalAws
let source: string
let destination: string
let place: string
let queue: LocalQueue

/** The rule has metrics, so that S3 tells of failures. */
beforeEach(async () => {
  aws = await startLocalAws(7)
  ;({ source, destination } = await aws.pair('docs', {}))
  place = await aws.bucket('jobs', 'eu-west-1', 'none')
  queue = await aws.queue('here')
  await aws.subscribe(source, queue, ['s3:Replication:*'])
  await configure()
})

afterEach(() => aws.close())

/** One rule with metrics, for markers and objects under KMS, too. */
async function configure(): Promise<void> {
  const rule = v2Rule(destination, {
    DeleteMarkerReplication: { Status: 'Enabled' },
    SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
  })
  const Destination = { ...rule.Destination!, EncryptionConfiguration: { ReplicaKmsKeyID: DESTINATION_KEY } }
  const ReplicationConfiguration = { Role: ROLE, Rules: [{ ...rule, Destination }] }
  await aws.s3().send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))
}

async function put(more: Partial<PutObjectCommandInput> = {}): Promise<string> {
  return (await aws.s3().send(new PutObjectCommand({ Bucket: source, Key: 'k', Body: 'content', ...more }))).VersionId!
}

const putUnderKms = () => put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: SOURCE_KEY })

async function putInParts(): Promise<string> {
  const at = { Bucket: source, Key: 'k' }
  const { UploadId } = await aws.s3().send(new CreateMultipartUploadCommand(at))
  const part = { ...at, UploadId, PartNumber: 1 }
  const { ETag } = await aws.s3().send(new UploadPartCommand({ ...part, Body: 'content' }))
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  return (await aws.s3().send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }))).VersionId!
}

async function putMarker(): Promise<string> {
  return (await aws.s3().send(new DeleteObjectCommand({ Bucket: source, Key: 'k' }))).VersionId!
}

async function remakeDestination(): Promise<void> {
  const at = { Bucket: destination }
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-2' as const }
  await aws.s3('eu-west-2').send(new CreateBucketCommand({ ...at, CreateBucketConfiguration }))
  await setVersioning('Enabled')
}

async function setVersioning(Status: 'Enabled' | 'Suspended'): Promise<void> {
  const VersioningConfiguration = { Status }
  await aws.s3('eu-west-2').send(new PutBucketVersioningCommand({ Bucket: destination, VersioningConfiguration }))
}

async function lock(bucket: string): Promise<void> {
  const region = aws.sandbox.world.s3.bucket(bucket)!.region
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const }
  await aws.s3(region).send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration }))
}

/** What is written before the cause is there, and fails by it: live replication must be held until then. */
async function heldBack(cause: () => Promise<unknown>): Promise<string> {
  await aws.faults({ replication: { paused: true } })
  const versionId = await put()
  await cause()
  await aws.faults({ replication: null } as unknown as Faults)
  return versionId
}

interface Way {
  readonly reason: string
  /** Brings the cause about, and writes the version that fails by it. */
  readonly fail: () => Promise<string>
  readonly mend: () => Promise<unknown>
}

const denied = (bucket: 'source' | 'destination', action: string) =>
  aws.faults({ access: [{ bucket: bucket === 'source' ? source : destination, deny: [action] }] })
const lift = () => fetch(`${aws.sandbox.url}/_sandbox/faults`, { method: 'DELETE' })

function withoutGrant(
  reason: string,
  bucket: 'source' | 'destination',
  action: string,
  write: () => Promise<string> = put,
): Way {
  const fail = async () => {
    await denied(bucket, action)
    return write()
  }
  return { reason, fail, mend: lift }
}

function byKey(reason: string, key: string, state: 'missing' | 'disabled'): Way {
  const fail = async () => {
    await aws.faults({ kms: [{ key, state }] })
    return putUnderKms()
  }
  return { reason, fail, mend: lift }
}

function onOrder(reason: string): Way {
  const fail = async () => {
    await aws.faults({ replication: { fail: [{ share: 1, reasons: [reason] }] } })
    return put()
  }
  return { reason, fail, mend: lift }
}

const WAYS: readonly Way[] = [
  {
    reason: 'DstBucketNotFound',
    fail: async () => {
      await aws.s3('eu-west-2').send(new DeleteBucketCommand({ Bucket: destination }))
      return put()
    },
    mend: remakeDestination,
  },
  {
    reason: 'DstBucketUnversioned',
    fail: async () => {
      await setVersioning('Suspended')
      return put()
    },
    mend: () => setVersioning('Enabled'),
  },
  {
    reason: 'DstBucketObjectLockConfigMissing',
    fail: async () => {
      await lock(source)
      return put()
    },
    mend: () => lock(destination),
  },
  {
    reason: 'SrcBucketReplicationConfigMissing',
    fail: () => heldBack(() => aws.s3().send(new DeleteBucketReplicationCommand({ Bucket: source }))),
    mend: configure,
  },
  withoutGrant('AssumeRoleNotPermitted', 'source', 'sts:AssumeRole'),
  withoutGrant('SrcGetObjectNotPermitted', 'source', 's3:GetObjectVersionForReplication'),
  withoutGrant('SrcGetAclNotPermitted', 'source', 's3:GetObjectVersionAcl'),
  withoutGrant('DstPutObjectNotPermitted', 'destination', 's3:ReplicateObject'),
  withoutGrant('DstMultipartInitNotPermitted', 'destination', 's3:ReplicateObject', putInParts),
  withoutGrant('DstDelObjNotPermitted', 'destination', 's3:ReplicateDelete', putMarker),
  byKey('SrcKmsKeyInvalidState', SOURCE_KEY, 'disabled'),
  byKey('DstKmsKeyNotFound', DESTINATION_KEY, 'missing'),
  byKey('DstKmsKeyInvalidState', DESTINATION_KEY, 'disabled'),
  ...[
    'DstBucketInvalidRegion',
    'DstMultipartUploadNotPermitted',
    'DstMultipartPartUploadNotPermitted',
    'DstMultipartCompleteNotPermitted',
    'DstPutAclNotPermitted',
    'DstPutTaggingNotPermitted',
    'DstPutRetentionNotPermitted',
    'DstPutLegalHoldNotPermitted',
    'SrcBucketNotFound',
    'SrcHeadObjectNotPermitted',
    'SrcGetTaggingNotPermitted',
    'SrcGetRetentionNotPermitted',
    'SrcGetLegalHoldNotPermitted',
    'SrcObjectNotFound',
    'SrcReplicationNotPending',
    'ReasonOfNextYear',
  ].map(onOrder),
]

const isFailed = (versionId: string) =>
  vi.waitFor(() => expect(aws.sandbox.world.s3.version(source, 'k', versionId)?.replication).toBe('FAILED'), PATIENCE)

async function reasonsTold(count: number): Promise<readonly (string | undefined)[]> {
  const records = (await aws.receive(queue, count)).flatMap(({ Records = [] }) => Records)
  return records.map(({ replicationEventData }) => replicationEventData?.['failureReason'])
}

async function codeOf(rows: readonly ManifestRow[]): Promise<string | undefined> {
  const job = await replicateByJob(aws, place, source, rows)
  return (await reportOf(aws, place, job.JobId!))![0]!.code
}

describe('live replication fails', () => {
  it.each(WAYS)('with $reason; S3 says so, and a job brings the version over once it is mended', async (way) => {
    const { reason, fail, mend } = way
    const versionId = await fail()
    await isFailed(versionId)
    expect(await reasonsTold(1)).toEqual([reason])
    const row = { key: 'k', versionId }
    // Before it is mended a job fails by the same cause, tells of it, and leaves the version as it was.
    expect(await codeOf([row])).toBe(reason)
    await isFailed(versionId)
    if (reason !== 'SrcBucketReplicationConfigMissing') expect(await reasonsTold(1)).toEqual([reason])
    await mend()
    expect(await codeOf([row])).toBe('')
    const { s3 } = aws.sandbox.world
    expect(s3.version(source, 'k', versionId)?.replication).toBe('COMPLETED')
    expect(s3.version(destination, 'k', versionId)?.replication).toBe('REPLICA')
  })

  it('with DstVersionNotFound: tags for a replica that was purged, which no job brings back', async () => {
    const versionId = await put()
    const { s3 } = aws.sandbox.world
    await vi.waitFor(() => expect(s3.version(source, 'k', versionId)?.replication).toBe('COMPLETED'), PATIENCE)
    const at = { Key: 'k', VersionId: versionId }
    await aws.s3('eu-west-2').send(new DeleteObjectCommand({ Bucket: destination, ...at }))
    const Tagging = { TagSet: [{ Key: 'a', Value: 'b' }] }
    await aws.s3().send(new PutObjectTaggingCommand({ Bucket: source, ...at, Tagging }))
    await isFailed(versionId)
    expect(await reasonsTold(1)).toEqual(['DstVersionNotFound'])
    expect(await codeOf([{ key: 'k', versionId }])).toBe('DstObjectHardDeleted')
    expect(await reasonsTold(1)).toEqual(['DstObjectHardDeleted'])
  })

  it('with SrcVersionNotFound where the version went first: nothing is left to be FAILED', async () => {
    const versionId = await heldBack(async () => {
      const VersionId = aws.sandbox.world.s3.latest(source, 'k')!.versionId
      await aws.s3().send(new DeleteObjectCommand({ Bucket: source, Key: 'k', VersionId }))
    })
    expect(await reasonsTold(1)).toEqual(['SrcVersionNotFound'])
    expect(await codeOf([{ key: 'k', versionId }])).toBe('SrcKeyNotFound')
  })
})

describe('a task of a job fails', () => {
  it('by what it names', async () => {
    const versionId = await put()
    await aws.faults({ access: [{ bucket: source, deny: ['s3:InitiateReplication'] }] })
    expect(await codeOf([{ key: 'k', versionId }])).toBe('InitiateReplicationNotPermitted')
    await lift()
    const other = `${versionId.slice(0, -1)}_`
    expect(await codeOf([{ key: 'k', versionId: other }])).toBe('SrcVersionNotFound')
    expect(await codeOf([{ key: 'missing' }])).toBe('SrcKeyNotFound')
    const archived = await put({ StorageClass: 'GLACIER' })
    expect(await codeOf([{ key: 'k', versionId: archived }])).toBe('SrcObjectNotEligible')
  })

  it('by its bucket', async () => {
    const codeFor = async (bucket: string) => {
      const Manifest = await putManifest(aws, place, bucket, [{ key: 'k' }])
      const job = await jobBecomes(aws, await createJob(aws, jobOrder(place, { Manifest })))
      return (await reportOf(aws, place, job.JobId!))![0]!.code
    }
    expect(await codeFor('missing')).toBe('SrcBucketNotFound')
    expect(await codeFor(destination)).toBe('SrcBucketInvalidRegion')
    expect(await codeFor(await aws.bucket('alone'))).toBe('SrcBucketReplicationConfigMissing')
  })
})
