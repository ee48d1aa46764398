/** Jobs of S3 Batch Operations on a local AWS. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  CreateJobCommand,
  type CreateJobCommandInput,
  DescribeJobCommand,
  type JobDescriptor,
} from '@aws-sdk/client-s3-control'
import { vi } from 'vitest'
import { ACCOUNT, type LocalAws } from './local-aws.ts'

export const JOB_ROLE = `arn:aws:iam::${ACCOUNT}:role/batch`

const PATIENCE = { interval: 5, timeout: 20_000 }

export interface ManifestRow {
  readonly key: string
  readonly versionId?: string | undefined
}

/** One row of a completion report, as it stands there. */
export interface ReportRow {
  readonly key: string
  readonly versionId: string
  readonly status: string
  readonly httpStatus: string
  readonly code: string
  readonly message: string
}

/** A manifest that was written to `<bucket>/manifests/...`, for CreateJob. */
export async function putManifest(
  aws: LocalAws,
  bucket: string,
  source: string,
  rows: readonly ManifestRow[],
): Promise<NonNullable<CreateJobCommandInput['Manifest']>> {
  const versions = rows.some(({ versionId }) => versionId !== undefined)
  const lines = rows.map(({ key, versionId }) =>
    [source, encodeURIComponent(key), ...(versions ? [versionId] : [])].join(','),
  )
  const Key = `manifests/${source}.csv`
  const { ETag } = await aws.s3().send(new PutObjectCommand({ Bucket: bucket, Key, Body: lines.join('\n') }))
  return {
    Spec: {
      Format: 'S3BatchOperations_CSV_20180820',
      Fields: versions ? ['Bucket', 'Key', 'VersionId'] : ['Bucket', 'Key'],
    },
    Location: { ObjectArn: `arn:aws:s3:::${bucket}/${Key}`, ETag },
  }
}

/** A request that needs only a manifest, or a generator; its report goes to `<bucket>/reports`. */
export function jobOrder(bucket: string, more: Partial<CreateJobCommandInput> = {}): CreateJobCommandInput {
  return {
    AccountId: ACCOUNT,
    ConfirmationRequired: false,
    Operation: { S3ReplicateObject: {} },
    Priority: 10,
    RoleArn: JOB_ROLE,
    Report: {
      Enabled: true,
      Bucket: `arn:aws:s3:::${bucket}`,
      Prefix: 'reports',
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    ...more,
  }
}

export async function createJob(aws: LocalAws, order: CreateJobCommandInput): Promise<string> {
  return (await aws.s3control().send(new CreateJobCommand(order))).JobId!
}

export async function describeJob(aws: LocalAws, jobId: string): Promise<JobDescriptor> {
  return (await aws.s3control().send(new DescribeJobCommand({ AccountId: ACCOUNT, JobId: jobId }))).Job!
}

/** Waits until the job is in one of these statuses; by default, over. */
export function jobBecomes(aws: LocalAws, jobId: string, ...statuses: readonly string[]): Promise<JobDescriptor> {
  const wanted = statuses.length === 0 ? ['Complete', 'Failed', 'Cancelled'] : statuses
  return vi.waitFor(async () => {
    const job = await describeJob(aws, jobId)
    if (!wanted.includes(job.Status!)) throw new Error(`job ${jobId} is ${job.Status}, not ${wanted.join(' or ')}`)
    return job
  }, PATIENCE)
}

/** Replicates versions by a job of their own, and waits for its end. */
export async function replicateByJob(
  aws: LocalAws,
  bucket: string,
  source: string,
  rows: readonly ManifestRow[],
): Promise<JobDescriptor> {
  const Manifest = await putManifest(aws, bucket, source, rows)
  return jobBecomes(aws, await createJob(aws, jobOrder(bucket, { Manifest })))
}

/** The rows of a job's report; undefined where there is none. */
export async function reportOf(
  aws: LocalAws,
  bucket: string,
  jobId: string,
): Promise<readonly ReportRow[] | undefined> {
  const manifest = await textOf(aws, bucket, `reports/job-${jobId}/manifest.json`)
  if (manifest === undefined) return undefined
  const rows: ReportRow[] = []
  for (const { Key } of (JSON.parse(manifest) as { Results: { Key: string }[] }).Results) {
    const text = (await textOf(aws, bucket, Key))!
    for (const line of text.split('\r\n').filter((each) => each !== '')) {
      const [, key, versionId, status, httpStatus, code, message] = line.split(',')
      rows.push({
        key: decodeURIComponent(key!),
        versionId: versionId!,
        status: status!,
        httpStatus: httpStatus!,
        code: code!,
        message: message!,
      })
    }
  }
  return rows
}

export async function textOf(aws: LocalAws, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await aws.s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return await Body!.transformToString()
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined
    throw error
  }
}
