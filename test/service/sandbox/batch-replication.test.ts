import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketReplicationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import {
  CreateJobCommand,
  DescribeJobCommand,
  type JobManifestGeneratorFilter,
  ListJobsCommand,
} from '@aws-sdk/client-s3-control'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createJob,
  jobBecomes,
  jobOrder,
  putManifest,
  replicateByJob,
  reportOf,
  textOf,
} from '../../support/batch-jobs.ts'
import { ACCOUNT, type LocalAws, ROLE, startLocalAws, v2Rule } from '../../support/local-aws.ts'

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

describe('a job whose manifest S3 makes', () => {
  const generator = (Filter: JobManifestGeneratorFilter) => ({
    ManifestGenerator: {
      S3JobManifestGenerator: { SourceBucket: `arn:aws:s3:::${source}`, EnableManifestOutput: false, Filter },
    },
  })

  async function keysOf(Filter: JobManifestGeneratorFilter): Promise<readonly string[]> {
    const job = await jobBecomes(aws, await createJob(aws, jobOrder(place, generator(Filter))))
    if (job.Status === 'Failed') return [job.FailureReasons![0]!.FailureReason!]
    return (await reportOf(aws, place, job.JobId!))!.map(({ key }) => key)
  }

  it('names by status, time and name, and nothing that is PENDING', async () => {
    const config = aws.sandbox.world.s3.bucket(source)! as { replication: unknown }
    const { replication } = config
    config.replication = undefined
    await put('never/a.pdf')
    config.replication = replication
    await failed('failed/b.pdf')
    await becomes('COMPLETED', 'done/c.txt', await put('done/c.txt'))
    // Its lag is drawn when it is written.
    await aws.faults({ replication: { lag: { medianMs: 60_000, p99Ms: 60_000 } } })
    await put('pending/d.pdf')
    await aws.faults({ replication: {} })
    const no = ['Manifest generation found no keys matching the filter criteria.']

    expect(await keysOf({ ObjectReplicationStatuses: ['COMPLETED'] })).toEqual(['done/c.txt'])
    expect(await keysOf({ CreatedAfter: new Date(Date.now() + 60_000) })).toEqual(no)
    expect(await keysOf({ ObjectReplicationStatuses: ['REPLICA'] })).toEqual(no)
    expect(await keysOf({ KeyNameConstraint: { MatchAnyPrefix: ['done/', 'x'], MatchAnySuffix: ['.pdf'] } })).toEqual(
      no,
    )
    expect(await keysOf({ KeyNameConstraint: { MatchAnySubstring: ['/b.'] }, EligibleForReplication: true })).toEqual([
      'failed/b.pdf',
    ])
    expect(await keysOf({ ObjectReplicationStatuses: ['NONE'] })).toEqual(['never/a.pdf'])
    expect(await keysOf({ ObjectReplicationStatuses: ['NONE', 'FAILED'] })).toEqual(no)
  })

  it('sends replicas on to a third bucket, where they are named', async () => {
    const third = await aws.bucket('third', 'eu-central-1')
    const ReplicationConfiguration = { Role: ROLE, Rules: [v2Rule(third)] }
    await aws.s3('eu-west-2').send(new PutBucketReplicationCommand({ Bucket: destination, ReplicationConfiguration }))
    const versionId = await put('k')
    await becomes('COMPLETED', 'k', versionId)
    const order = jobOrder(place, {
      ManifestGenerator: {
        S3JobManifestGenerator: {
          SourceBucket: `arn:aws:s3:::${destination}`,
          EnableManifestOutput: false,
          Filter: { EligibleForReplication: true, ObjectReplicationStatuses: ['REPLICA'] },
        },
      },
      Report: { Enabled: false },
    })
    const { JobId } = await aws.s3control('eu-west-2').send(new CreateJobCommand(order))
    await vi.waitFor(async () => expect(await statusOf(third, 'k', versionId)).toBe('REPLICA'), PATIENCE)
    await vi.waitFor(async () => {
      const { Job } = await aws.s3control('eu-west-2').send(new DescribeJobCommand({ AccountId: ACCOUNT, JobId }))
      expect(Job).toMatchObject({ Status: 'Complete', ProgressSummary: { NumberOfTasksSucceeded: 1 } })
    }, PATIENCE)
    expect(await statusOf(destination, 'k', versionId)).toBe('REPLICA')
  })
})

describe('a report', () => {
  it('of failed tasks only has those, and is there though none failed', async () => {
    const versionId = await failed('k')
    const order = jobOrder(place, { Manifest: await putManifest(aws, place, source, [{ key: 'k', versionId }]) })
    const job = await createJob(aws, { ...order, Report: { ...order.Report!, ReportScope: 'FailedTasksOnly' } })
    await jobBecomes(aws, job, 'Complete')
    expect(await reportOf(aws, place, job)).toEqual([])
  })
})

describe('while a region is down', () => {
  it('tasks wait, and the jobs of that region do not answer', async () => {
    const versionId = await failed('k')
    const Manifest = await putManifest(aws, place, source, [{ key: 'k', versionId }])
    await aws.faults({ regionsDown: ['eu-west-2'] })
    const jobId = await createJob(aws, jobOrder(place, { Manifest }))
    await jobBecomes(aws, jobId, 'Active')
    await becomes('PENDING', 'k', versionId)
    await expect(aws.s3control('eu-west-2').send(new ListJobsCommand({ AccountId: ACCOUNT }))).rejects.toThrow()
    await aws.faults({ regionsDown: [] })
    await jobBecomes(aws, jobId, 'Complete')
    await becomes('COMPLETED', 'k', versionId)
  })
})

describe('with several destinations', () => {
  it('a version is COMPLETED once all have it, and fails where one does', async () => {
    const far = await aws.bucket('far', 'eu-central-1')
    const Rules = [v2Rule(destination, { ID: 'near', Priority: 1 }), v2Rule(far, { ID: 'far', Priority: 2 })]
    const ReplicationConfiguration = { Role: ROLE, Rules }
    await aws.s3().send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))
    await aws.faults({ access: [{ bucket: far, deny: ['s3:ReplicateObject'] }] })
    const versionId = await put('k')
    await becomes('FAILED', 'k', versionId)
    const first = await replicateByJob(aws, place, source, [{ key: 'k', versionId }])
    expect(await reportOf(aws, place, first.JobId!)).toMatchObject([{ code: 'DstPutObjectNotPermitted' }])
    expect(await statusOf(source, 'k', versionId)).toBe('FAILED')
    await aws.faults({ access: [] })
    await replicateByJob(aws, place, source, [{ key: 'k', versionId }])
    expect(await statusOf(far, 'k', versionId)).toBe('REPLICA')
    expect(await statusOf(source, 'k', versionId)).toBe('COMPLETED')
  })
})
