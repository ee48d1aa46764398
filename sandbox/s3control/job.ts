/** A job of S3 Batch Operations, as plain data (S3 Control API reference, "CreateJob", "JobDescriptor"). */

export type JobStatus =
  | 'New'
  | 'Preparing'
  | 'Suspended'
  | 'Ready'
  | 'Active'
  | 'Completing'
  | 'Complete'
  | 'Failing'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled'

export const TERMINAL: ReadonlySet<JobStatus> = new Set(['Complete', 'Failed', 'Cancelled'])

/** What a manifest's columns may be; `Ignore` is skipped. */
export type Field = 'Bucket' | 'Key' | 'VersionId' | 'Ignore'

export interface ObjectPlace {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
  /** Without quotes. */
  readonly etag: string
}

export interface ManifestSpec {
  readonly fields: readonly Field[]
  readonly location: ObjectPlace
}

export type NamedStatus = 'NONE' | 'FAILED' | 'COMPLETED' | 'REPLICA'

/** S3 lists the versions itself. Absent members: no such filter. */
export interface GeneratorSpec {
  readonly bucket: string
  readonly eligible: boolean | undefined
  /** Milliseconds. */
  readonly createdAfter: number | undefined
  readonly createdBefore: number | undefined
  readonly statuses: readonly NamedStatus[] | undefined
  readonly names:
    | {
        readonly prefixes: readonly string[]
        readonly suffixes: readonly string[]
        readonly substrings: readonly string[]
      }
    | undefined
  readonly sizeAbove: number | undefined
  readonly sizeBelow: number | undefined
}

export interface ReportSpec {
  readonly bucket: string
  readonly prefix: string | undefined
  readonly scope: 'AllTasks' | 'FailedTasksOnly'
}

/** What CreateJob asks for, checked. */
export interface JobOrder {
  readonly token: string
  readonly description: string | undefined
  readonly priority: number
  readonly roleArn: string
  readonly confirm: boolean
  readonly source: { readonly manifest: ManifestSpec } | { readonly generator: GeneratorSpec }
  /** Undefined: none is wanted. */
  readonly report: ReportSpec | undefined
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

export interface Job {
  readonly id: string
  readonly account: string
  readonly region: string
  readonly order: JobOrder
  /** The elements of the request that DescribeJob shows as they came: Manifest, ManifestGenerator, Report. */
  readonly shown: string
  readonly created: number
  status: JobStatus
  priority: number
  updateReason: string | undefined
  suspended: number | undefined
  ended: number | undefined
  failure: { readonly code: string; readonly reason: string } | undefined
  /** Known when it is prepared. */
  total: number
  succeeded: number
  failed: number
  activeSince: number | undefined
  activeMs: number
}

export function arnOf({ region, account, id }: Job): string {
  return `arn:aws:s3:${region}:${account}:job/${id}`
}
