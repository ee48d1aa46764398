import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  DescribeJobCommand,
  ListJobsCommand,
  UpdateJobPriorityCommand,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createJob,
  describeJob,
  jobBecomes,
  jobOrder,
  putManifest,
  replicateByJob,
  reportOf,
  textOf,
} from '../../support/batch-jobs.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'

const PATIENCE = { interval: 5, timeout: 10_000 }

let aws: LocalAws
let source: string
let destination: string
let place: string

beforeEach(async () => {
  aws = await startLocalAws(7)
  ;({ source, destination } = await aws.pair('docs', {}))
  place = await aws.bucket('jobs', 'eu-west-1', 'none')
})

afterEach(() => aws.close())

async function put(key: string, Body = 'content'): Promise<string> {
  return (await aws.s3().send(new PutObjectCommand({ Bucket: source, Key: key, Body }))).VersionId!
}

async function purge(bucket: string, key: string, versionId: string): Promise<void> {
  const region = aws.sandbox.world.s3.bucket(bucket)!.region
  await aws.s3(region).send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }))
}

const statusOf = async (bucket: string, key: string, versionId: string) =>
  (await aws.head(bucket, key, versionId))?.ReplicationStatus as string | undefined

function becomes(status: string, key: string, versionId: string): Promise<void> {
  return vi.waitFor(async () => expect(await statusOf(source, key, versionId)).toBe(status), PATIENCE)
}

/** A version whose replication failed for a cause that is gone now. */
async function failed(key: string): Promise<string> {
  await aws.faults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } })
  const versionId = await put(key)
  await becomes('FAILED', key, versionId)
  await aws.faults({ replication: {} })
  return versionId
}

describe('a job with a CSV manifest', () => {
  it('replicates what failed, under the same version id, and reports it', async () => {
    const there = await aws.queue('there', 'eu-west-2')
    await aws.subscribe(destination, there)
    const key = 'g-cloud-12/a file, é + 100%.pdf'
    const versionId = await failed(key)

    const job = await replicateByJob(aws, place, source, [{ key, versionId }])

    expect(job).toMatchObject({
      Status: 'Complete',
      JobArn: `arn:aws:s3:eu-west-1:${ACCOUNT}:job/${job.JobId}`,
      Operation: { S3ReplicateObject: {} },
      Manifest: { Spec: { Fields: ['Bucket', 'Key', 'VersionId'] } },
      Report: { Enabled: true, Prefix: 'reports' },
      ProgressSummary: { TotalNumberOfTasks: 1, NumberOfTasksSucceeded: 1, NumberOfTasksFailed: 0 },
    })
    expect(job.TerminationDate).toBeInstanceOf(Date)
    expect(await statusOf(source, key, versionId)).toBe('COMPLETED')
    const [original, replica] = [await aws.head(source, key, versionId), await aws.head(destination, key, versionId)]
    expect(replica).toMatchObject({ ReplicationStatus: 'REPLICA', ETag: original!.ETag })
    expect(replica!.LastModified).toEqual(original!.LastModified)
    const versions = await aws.s3().send(new ListObjectVersionsCommand({ Bucket: source }))
    expect(versions.Versions?.map(({ VersionId }) => VersionId)).toEqual([versionId])

    const [event] = (await aws.receive(there, 1)).flatMap(({ Records = [] }) => Records)
    expect(event).toMatchObject({ eventName: 'ObjectCreated:Put', s3: { object: { versionId } } })
    expect(event!.userIdentity.principalId).toMatch(/:s3-replication$/)

    expect(await reportOf(aws, place, job.JobId!)).toEqual([
      { key, versionId, status: 'succeeded', httpStatus: '200', code: '', message: 'Successful' },
    ])
  })

  it('writes its report as S3 does', async () => {
    const versionId = await failed('a b.pdf')
    const { JobId } = await replicateByJob(aws, place, source, [
      { key: 'a b.pdf', versionId },
      { key: 'missing', versionId },
    ])
    const manifest = JSON.parse((await textOf(aws, place, `reports/job-${JobId}/manifest.json`))!) as {
      Results: { Key: string; MD5Checksum: string; TaskExecutionStatus: string }[]
    }
    expect(manifest).toMatchObject({
      Format: 'Report_CSV_20180820',
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
      Results: [{ TaskExecutionStatus: 'succeeded' }, { TaskExecutionStatus: 'failed' }],
    })
    const texts = await Promise.all(manifest.Results.map(({ Key }) => textOf(aws, place, Key)))
    expect(texts).toEqual([
      `${source},a%20b.pdf,${versionId},succeeded,200,,Successful\r\n`,
      `${source},missing,${versionId},failed,404,SrcKeyNotFound,Replication failed with reason SrcKeyNotFound\r\n`,
    ])
    for (const { Key } of manifest.Results) expect(Key).toMatch(/^reports\/job-[^/]+\/results\/[0-9a-f]{40}\.csv$/)
  })

  it('writes nothing where the version is there already, and leaves a purged replica gone', async () => {
    const [there, gone] = [await put('there'), await put('gone')]
    await becomes('COMPLETED', 'there', there)
    await becomes('COMPLETED', 'gone', gone)
    await purge(destination, 'gone', gone)
    const queue = await aws.queue('there', 'eu-west-2')
    await aws.subscribe(destination, queue)
    const job = await replicateByJob(aws, place, source, [
      { key: 'there', versionId: there },
      { key: 'gone', versionId: gone },
    ])
    expect(await reportOf(aws, place, job.JobId!)).toMatchObject([
      { key: 'there', status: 'succeeded' },
      { key: 'gone', status: 'failed', code: 'DstObjectHardDeleted' },
    ])
    expect(await aws.head(destination, 'gone', gone)).toBeUndefined()
    expect(await aws.drain(queue)).toEqual([])
  })

  it('takes over what live replication has in hand, and waits with it for a pause to end', async () => {
    await aws.faults({ replication: { paused: true } })
    const versionId = await put('k')
    const Manifest = await putManifest(aws, place, source, [{ key: 'k', versionId }])
    const jobId = await createJob(aws, jobOrder(place, { Manifest }))
    expect(await jobBecomes(aws, jobId, 'Active')).toMatchObject({
      ProgressSummary: { TotalNumberOfTasks: 1, NumberOfTasksSucceeded: 0 },
    })
    await aws.faults({ replication: {} })
    await jobBecomes(aws, jobId, 'Complete')
    await becomes('COMPLETED', 'k', versionId)
    expect(await statusOf(destination, 'k', versionId)).toBe('REPLICA')
  })

  it('names the latest version where the manifest has no version ids', async () => {
    await failed('k')
    const second = await failed('k')
    await replicateByJob(aws, place, source, [{ key: 'k' }])
    const { Versions } = await aws.s3('eu-west-2').send(new ListObjectVersionsCommand({ Bucket: destination }))
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual([second])
  })

  it('does ten thousand rows in seconds, and the same version once', async () => {
    const versionId = await failed('k')
    const there = await aws.queue('there', 'eu-west-2')
    await aws.subscribe(destination, there)
    await aws.faults({ replication: { lag: { medianMs: 50, p99Ms: 500 } } })
    const rows = Array.from({ length: 10_000 }, () => ({ key: 'k', versionId }))
    const job = await replicateByJob(aws, place, source, rows)
    expect(job.ProgressSummary).toMatchObject({ NumberOfTasksSucceeded: 10_000, NumberOfTasksFailed: 0 })
    expect(await reportOf(aws, place, job.JobId!)).toHaveLength(10_000)
    expect(await aws.drain(there)).toHaveLength(1)
  })
})

describe('CreateJob', () => {
  it('makes one job of a token, and refuses the token for another request', async () => {
    const Manifest = await putManifest(aws, place, source, [{ key: 'k' }])
    const order = jobOrder(place, { Manifest, ClientRequestToken: 'once' })
    const first = await createJob(aws, order)
    await jobBecomes(aws, first)
    expect(await createJob(aws, order)).toBe(first)
    await expect(createJob(aws, { ...order, Priority: 11 })).rejects.toMatchObject({ name: 'IdempotencyException' })
  })

  it.each([
    ['a role of another account', { RoleArn: 'arn:aws:iam::222222222222:role/batch' }, 'AccessDenied'],
    ['no role', { RoleArn: 'batch' }, 'InvalidRequest'],
    ['no manifest', { Manifest: undefined }, 'InvalidRequest'],
    ['an operation that is not here', { Operation: { S3DeleteObjectTagging: {} } }, 'NotImplemented'],
    ['another account', { AccountId: '222222222222' }, 'AccessDenied'],
  ] as const)('refuses %s', async (_what, more, name) => {
    const Manifest = await putManifest(aws, place, source, [{ key: 'k' }])
    await expect(createJob(aws, jobOrder(place, { Manifest, ...more }))).rejects.toMatchObject({ name })
  })

  it('is throttled, or denied, on order', async () => {
    const order = jobOrder(place, { Manifest: await putManifest(aws, place, source, [{ key: 'k' }]) })
    const fault = { service: 's3control' as const, action: 'CreateJob', throttle: 1 }
    await aws.faults({ requests: [fault] })
    await expect(createJob(aws, order)).rejects.toMatchObject({ name: 'SlowDown' })
    await aws.faults({ requests: [{ ...fault, status: 403, code: 'AccessDenied' }] })
    await expect(createJob(aws, order)).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

describe('a job', () => {
  it('waits for its confirmation', async () => {
    const versionId = await failed('k')
    const Manifest = await putManifest(aws, place, source, [{ key: 'k', versionId }])
    const JobId = await createJob(aws, jobOrder(place, { Manifest, ConfirmationRequired: true }))
    expect(await jobBecomes(aws, JobId, 'Suspended')).toMatchObject({ SuspendedCause: 'AwaitingConfirmation' })
    // The SDK refuses to send one command object twice.
    const confirm = () =>
      aws.s3control().send(new UpdateJobStatusCommand({ AccountId: ACCOUNT, JobId, RequestedJobStatus: 'Ready' }))
    await confirm()
    expect(await jobBecomes(aws, JobId)).toMatchObject({ Status: 'Complete' })
    await expect(confirm()).rejects.toMatchObject({ name: 'JobStatusException' })
  })

  it('that is cancelled reports what was done', async () => {
    const versionId = await failed('k')
    const Manifest = await putManifest(aws, place, source, [
      { key: 'missing', versionId },
      { key: 'k', versionId },
    ])
    await aws.faults({ replication: { lag: { medianMs: 60_000, p99Ms: 60_000 } } })
    const JobId = await createJob(aws, jobOrder(place, { Manifest }))
    await vi.waitFor(async () => {
      expect((await describeJob(aws, JobId)).ProgressSummary?.NumberOfTasksFailed).toBe(1)
    }, PATIENCE)
    expect(await statusOf(source, 'k', versionId)).toBe('PENDING')
    const cancel = { AccountId: ACCOUNT, JobId, RequestedJobStatus: 'Cancelled' as const, StatusUpdateReason: 'enough' }
    expect(await aws.s3control().send(new UpdateJobStatusCommand(cancel))).toMatchObject({ Status: 'Cancelling' })
    expect(await jobBecomes(aws, JobId)).toMatchObject({ Status: 'Cancelled', StatusUpdateReason: 'enough' })
    expect(await reportOf(aws, place, JobId)).toMatchObject([{ key: 'missing', code: 'SrcKeyNotFound' }])
  })

  it('is listed, filtered, page by page, in its region alone; its priority can be changed until it ends', async () => {
    const Manifest = await putManifest(aws, place, source, [{ key: 'k' }])
    const first = await createJob(aws, jobOrder(place, { Manifest, Description: 'first' }))
    const second = await createJob(aws, jobOrder(place, { Manifest, ConfirmationRequired: true }))
    await jobBecomes(aws, first)
    await jobBecomes(aws, second, 'Suspended')
    const list = (more: object) => aws.s3control().send(new ListJobsCommand({ AccountId: ACCOUNT, ...more }))
    expect((await list({})).Jobs?.map(({ JobId }) => JobId)).toEqual([second, first])
    expect((await list({ JobStatuses: ['Complete', 'Active'] })).Jobs).toMatchObject([
      {
        JobId: first,
        Description: 'first',
        Operation: 'S3ReplicateObject',
        ProgressSummary: { NumberOfTasksFailed: 1 },
      },
    ])
    const { NextToken } = await list({ MaxResults: 1 })
    expect((await list({ MaxResults: 1, NextToken })).Jobs?.map(({ JobId }) => JobId)).toEqual([first])
    const priority = (JobId: string) =>
      aws.s3control().send(new UpdateJobPriorityCommand({ AccountId: ACCOUNT, JobId, Priority: 99 }))
    await priority(second)
    expect(await describeJob(aws, second)).toMatchObject({ Priority: 99 })
    await expect(priority(first)).rejects.toMatchObject({ name: 'BadRequest' })
    await expect(
      aws.s3control('eu-west-2').send(new DescribeJobCommand({ AccountId: ACCOUNT, JobId: first })),
    ).rejects.toMatchObject({ name: 'NoSuchJob' })
  })
})

describe('a job fails whole', () => {
  it('where its manifest has changed, is missing, or can not be read', async () => {
    const Manifest = await putManifest(aws, place, source, [{ key: 'k' }])
    const ends = async (more: Partial<typeof Manifest.Location>) => {
      const Location = { ...Manifest.Location!, ...more }
      return jobBecomes(aws, await createJob(aws, jobOrder(place, { Manifest: { ...Manifest, Location } })))
    }
    expect(await ends({ ETag: '"other"' })).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureReason: /ETag/ }],
    })
    expect(await ends({ ObjectArn: `arn:aws:s3:::${place}/none` })).toMatchObject({ Status: 'Failed' })
    await aws.faults({ access: [{ bucket: place, deny: ['s3:GetObject'] }] })
    expect(await ends({})).toMatchObject({ Status: 'Failed', FailureReasons: [{ FailureCode: 'AccessDenied' }] })
  })
})
