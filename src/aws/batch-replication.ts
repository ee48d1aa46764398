/**
 * The `BatchReplication` port over S3 Control: jobs of S3 Batch Operations with `S3ReplicateObject`, which replicate
 * versions that live replication gave up, under their own version ids.
 *
 * Sources: Amazon S3 API reference, CreateJob and DescribeJob; S3 user guide, "Replicating existing objects with Batch
 * Replication", "Tracking job status and completion reports", "Troubleshooting Batch Operations".
 */
import {
  CreateJobCommand,
  DescribeJobCommand,
  type JobDescriptor,
  ListJobsCommand,
  type S3ControlClient,
} from '@aws-sdk/client-s3-control'
import type { BatchPlace, Estate, Pair } from '../config/estate.ts'
import { attempt, awsError, nameOf } from '../domain/aws-errors.ts'
import { LandfallError } from '../domain/errors.ts'
import type { BatchReplication, BatchState, Clock, Log } from '../ports.ts'
import { writeManifest } from './batch-manifest.ts'
import { readReport } from './batch-report.ts'
import { accountOf, type Aws } from './clients.ts'

export interface BatchReplicationNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 's3Bulk' | 's3Control'>
  readonly clock: Clock
  readonly log: Log
}

/** Of S3's range from 0: other jobs of the account that a person gives more go first. */
const PRIORITY = 10
/** S3's own limit. */
const DESCRIPTION_CHARS = 256
/** S3 writes a report some minutes after its job's end. Later than this, none will come. */
const REPORT_MS = 15 * 60_000

interface PlaceOfBatch {
  readonly pair: Pair
  readonly batch: BatchPlace
  /** Twelve digits. */
  readonly account: string
  readonly control: S3ControlClient
}

export function makeBatchReplication({ estate, aws, clock, log }: BatchReplicationNeeds): BatchReplication {
  const pairs = new Map(estate.pairs.map((pair) => [pair.name, pair]))

  function placeOf(name: string): PlaceOfBatch {
    const pair = pairs.get(name)
    if (pair === undefined) throw new LandfallError('INTERNAL', `no pair ${name} in the estate`)
    const { batch } = pair.redrive
    if (batch === undefined) {
      throw new LandfallError('CONFIG_INVALID', `${name} has no redrive.batch`, {
        hint: 'Name a role and a bucket under redrive.batch of the pair, or choose another strategy.',
      })
    }
    const account = accountOf(estate, pair.source.account).id
    return { pair, batch, account, control: aws.s3Control(pair.source) }
  }

  return {
    async create(name, { token, description, versions }) {
      const place = placeOf(name)
      const { pair, batch, account } = place
      const key = `${folderOf(place, token)}.csv`
      const at = { bucket: batch.bucket, key, owner: account, region: pair.source.region }
      const { etag, same } = await writeManifest(aws.s3Bulk(pair.source), at, pair.source.bucket, versions)
      if (!same) {
        // After a crash some of its versions may have landed by themselves. Driving those again does no harm.
        log.warn(
          { pair: name, redrive: token },
          'the job has a manifest of its own already, with other versions: it is used',
        )
      }
      return { jobId: await createJob(place, { token, description, key, etag, estate: estate.name }) }
    },

    async state(name, jobId) {
      const job = await describe(placeOf(name), jobId)
      return job === undefined ? { kind: 'failed', reason: 'NoSuchJob: S3 keeps ended jobs for 90 days' } : stateOf(job)
    },

    async *report(name, { jobId, token }) {
      const place = placeOf(name)
      const { pair, batch, account } = place
      const key = `${folderOf(place, token)}/job-${jobId}/manifest.json`
      const at = { bucket: batch.bucket, key, owner: account, region: pair.source.region }
      const rows = await readReport(aws.s3(pair.source), at)
      if (rows !== undefined) yield* rows
      else if (await reportMayCome(place, jobId, clock.now())) {
        throw new LandfallError('BATCH_REPORT_PENDING', `no report of job ${jobId} at ${batch.bucket}/${key} yet`)
      }
    },
  }
}

/** Manifest and report of a job lie side by side: `<prefix><pair>/<token>.csv`, `<prefix><pair>/<token>/job-<id>/`. */
function folderOf({ pair, batch }: PlaceOfBatch, token: string): string {
  return `${batch.prefix}${pair.name}/${token}`
}

interface JobToCreate {
  readonly token: string
  readonly description: string
  readonly key: string
  readonly etag: string
  readonly estate: string
}

async function createJob(place: PlaceOfBatch, { token, description, key, etag, estate }: JobToCreate): Promise<string> {
  const { batch, account, control } = place
  const bucketArn = `arn:${partitionOf(batch.roleArn)}:s3:::${batch.bucket}`
  const command = new CreateJobCommand({
    AccountId: account,
    ClientRequestToken: token,
    ConfirmationRequired: false,
    Description: descriptionOf(token, description),
    Priority: PRIORITY,
    RoleArn: batch.roleArn,
    Operation: { S3ReplicateObject: {} },
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key', 'VersionId'] },
      Location: { ObjectArn: `${bucketArn}/${key}`, ETag: etag },
    },
    Report: {
      Enabled: true,
      Bucket: bucketArn,
      Prefix: folderOf(place, token),
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    Tags: [{ Key: 'landfall', Value: tagValue(estate) }],
  })
  try {
    const { JobId } = await control.send(command)
    if (JobId === undefined) throw new LandfallError('AWS_ERROR', 'CreateJob answered without a job id')
    return JobId
  } catch (error) {
    // The token has its job already, and something of the configuration has changed since (a role, say).
    const found = nameOf(error) === 'IdempotencyException' ? await findJob(place, token) : undefined
    if (found !== undefined) return found
    const resource = `account ${account} (or iam:PassRole on ${batch.roleArn})`
    throw awsError(error, { action: 's3:CreateJob', resource, region: place.pair.source.region })
  }
}

/** Undefined also where S3 has forgotten it: 90 days after its end. */
async function findJob({ account, control, pair }: PlaceOfBatch, token: string): Promise<string | undefined> {
  const during = { action: 's3:ListJobs', resource: `account ${account}`, region: pair.source.region }
  let NextToken: string | undefined
  do {
    const command: ListJobsCommand = new ListJobsCommand({ AccountId: account, MaxResults: 1000, NextToken })
    const page = await attempt(during, () => control.send(command))
    const job = page.Jobs?.find(({ Description = '' }) => Description.split(' ', 1)[0] === token)
    if (job?.JobId !== undefined) return job.JobId
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return undefined
}

/** Undefined: S3 knows no such job. */
async function describe(place: PlaceOfBatch, jobId: string): Promise<JobDescriptor | undefined> {
  const { account, control, pair } = place
  try {
    const { Job } = await control.send(new DescribeJobCommand({ AccountId: account, JobId: jobId }))
    if (Job === undefined) throw new LandfallError('AWS_ERROR', `DescribeJob answered without the job ${jobId}`)
    return Job
  } catch (error) {
    if (nameOf(error).startsWith('NoSuchJob')) return undefined
    throw awsError(error, { action: 's3:DescribeJob', resource: `job ${jobId}`, region: pair.source.region })
  }
}

/** Exported for the tests. A status that is new counts as running: its end will come under a name that is known. */
export function stateOf(job: JobDescriptor): BatchState {
  const succeeded = job.ProgressSummary?.NumberOfTasksSucceeded ?? 0
  const failed = job.ProgressSummary?.NumberOfTasksFailed ?? 0
  switch (job.Status) {
    case 'Complete':
      return { kind: 'complete', succeeded, failed }
    case 'Cancelled':
      return { kind: 'failed', reason: job.StatusUpdateReason ?? 'Cancelled' }
    case 'Failed': {
      const reasons = (job.FailureReasons ?? []).map(({ FailureCode, FailureReason }) =>
        [FailureCode, FailureReason].filter((word) => word !== undefined && word !== '').join(': '),
      )
      return { kind: 'failed', reason: reasons.join('; ') || (job.StatusUpdateReason ?? 'Failed') }
    }
    default: {
      const running = {
        kind: 'running',
        done: succeeded + failed,
        total: job.ProgressSummary?.TotalNumberOfTasks ?? 0,
      } as const
      return job.Status === 'Paused' || job.Status === 'Suspended' ? { ...running, held: job.Status } : running
    }
  }
}

/** Only where a task was begun S3 writes a report at all. */
async function reportMayCome(place: PlaceOfBatch, jobId: string, now: number): Promise<boolean> {
  const job = await describe(place, jobId)
  if (job === undefined) return false
  const { NumberOfTasksSucceeded = 0, NumberOfTasksFailed = 0 } = job.ProgressSummary ?? {}
  if (NumberOfTasksSucceeded + NumberOfTasksFailed === 0) return false
  return job.TerminationDate === undefined || now - job.TerminationDate.getTime() < REPORT_MS
}

/** The token goes first: `findJob` knows it by that. */
function descriptionOf(token: string, description: string): string {
  return `${token} ${description}`.slice(0, DESCRIPTION_CHARS).trimEnd()
}

/** `aws`, `aws-cn`, `aws-us-gov`: the third party's ARNs are all of the role's partition. */
function partitionOf(arn: string): string {
  return arn.split(':')[1] ?? 'aws'
}

/** Tags allow fewer characters than an estate's name may have. */
function tagValue(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} _.:/=+@-]/gu, '-').slice(0, 256)
}
