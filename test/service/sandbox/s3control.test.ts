import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import {
  DescribeJobCommand,
  GetJobTaggingCommand,
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
} from '../../support/batch-jobs.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'

const PATIENCE = { interval: 5, timeout: 10_000 }

let aws: LocalAws
let source: string
let place: string

beforeEach(async () => {
  aws = await startLocalAws(7)
  source = (await aws.pair('docs', {})).source
  place = await aws.bucket('jobs', 'eu-west-1', 'none')
})

afterEach(() => aws.close())

async function put(key: string, Body = 'content'): Promise<string> {
  return (await aws.s3().send(new PutObjectCommand({ Bucket: source, Key: key, Body }))).VersionId!
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

  it('is Preparing and Ready as long as ordered, and can be cancelled then', async () => {
    const Manifest = await putManifest(aws, place, source, [{ key: 'k' }])
    for (const [state, jobs] of [
      ['Preparing', { prepareMs: 60_000 }],
      ['Ready', { readyMs: 60_000 }],
    ] as const) {
      await aws.faults({ jobs })
      const JobId = await createJob(aws, jobOrder(place, { Manifest }))
      await jobBecomes(aws, JobId, state)
      const cancel = { AccountId: ACCOUNT, JobId, RequestedJobStatus: 'Cancelled' as const }
      await aws.s3control().send(new UpdateJobStatusCommand(cancel))
      expect(await jobBecomes(aws, JobId)).toMatchObject({ Status: 'Cancelled' })
      expect(await reportOf(aws, place, JobId)).toBeUndefined()
    }
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
    const first = await createJob(
      aws,
      jobOrder(place, { Manifest, Description: 'first', Tags: [{ Key: 'team', Value: 'files & co' }] }),
    )
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
    const tagging = await aws.s3control().send(new GetJobTaggingCommand({ AccountId: ACCOUNT, JobId: first }))
    expect(tagging.Tags).toEqual([{ Key: 'team', Value: 'files & co' }])
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

  it('on order', async () => {
    await aws.faults({ jobs: { fail: { code: 'InternalError', reason: 'We are sorry' } } })
    expect(await replicateByJob(aws, place, source, [{ key: 'k' }])).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureCode: 'InternalError', FailureReason: 'We are sorry' }],
    })
  })

  it('once more than half of a thousand tasks have failed, and reports those', async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => ({ key: `missing/${n}` }))
    const job = await replicateByJob(aws, place, source, rows)
    expect(job).toMatchObject({
      Status: 'Failed',
      ProgressSummary: { TotalNumberOfTasks: 3000, NumberOfTasksFailed: 1000 },
    })
    expect(await reportOf(aws, place, job.JobId!)).toHaveLength(1000)
  })

  it('where its report can not be written', async () => {
    const versionId = await failed('k')
    const Manifest = await putManifest(aws, place, source, [{ key: 'k', versionId }])
    await aws.faults({ access: [{ bucket: place, deny: ['s3:PutObject'] }] })
    expect(await jobBecomes(aws, await createJob(aws, jobOrder(place, { Manifest })))).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureReason: 'The job report could not be written to your report bucket.' }],
      ProgressSummary: { NumberOfTasksSucceeded: 1 },
    })
    expect(await statusOf(source, 'k', versionId)).toBe('COMPLETED')
  })
})

describe('the router', () => {
  it('takes requests by the host that names account and region, and a bucket of the same name for a bucket', async () => {
    const { port } = new URL(aws.sandbox.url)
    const ask = async (host: string): Promise<string> => {
      const request = get({ port, path: '/v20180820/jobs', headers: { host } })
      const [reply] = (await once(request, 'response')) as [IncomingMessage]
      return text(reply)
    }
    expect(await ask(`${ACCOUNT}.s3-control.eu-west-1.localhost`)).toMatch(/<ListJobsResult/)
    expect(await ask(`222222222222.s3-control.eu-west-1.localhost`)).toMatch(/<ErrorResponse><Error><Code>AccessDenied/)
    expect(await ask('127.0.0.1')).toMatch(/<Error><Code>NoSuchBucket/)
  })
})
