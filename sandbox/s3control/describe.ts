import { elements, type XmlValue } from '../s3/xml.ts'
import type { XmlElement } from '../s3/xml-read.ts'
import { arnOf, type Job } from './job.ts'

/** The elements of CreateJob's document that DescribeJob gives back as they came. */
export function shownOf(root: XmlElement): string {
  if (typeof root === 'string') return ''
  const { Manifest, ManifestGenerator, Report } = root
  return elements({
    Manifest,
    ManifestGenerator,
    Report,
  })
}

/** `JobDescriptor`. */
export function describe(job: Job, now: number): string {
  const { order } = job
  return (
    elements({
      JobId: job.id,
      ConfirmationRequired: order.confirm,
      Description: order.description,
      JobArn: arnOf(job),
      Status: job.status,
      Operation: { S3ReplicateObject: '' },
      Priority: job.priority,
      ProgressSummary: progress(job, now),
      StatusUpdateReason: job.updateReason,
      FailureReasons:
        job.failure === undefined
          ? undefined
          : { member: { FailureCode: job.failure.code, FailureReason: job.failure.reason } },
      CreationTime: time(job.created),
      TerminationDate: time(job.ended),
      RoleArn: order.roleArn,
      SuspendedDate: time(job.suspended),
      SuspendedCause: job.suspended === undefined ? undefined : 'AwaitingConfirmation',
    }) + job.shown
  )
}

/** `JobListDescriptor`. */
export function listed(job: Job, now: number): XmlValue {
  return {
    JobId: job.id,
    Description: job.order.description,
    Operation: 'S3ReplicateObject',
    Priority: job.priority,
    Status: job.status,
    CreationTime: time(job.created),
    TerminationDate: time(job.ended),
    ProgressSummary: progress(job, now),
  }
}

function progress(job: Job, now: number): XmlValue {
  const activeMs = job.activeMs + (job.activeSince === undefined ? 0 : now - job.activeSince)
  return {
    TotalNumberOfTasks: job.total,
    NumberOfTasksSucceeded: job.succeeded,
    NumberOfTasksFailed: job.failed,
    Timers: { ElapsedTimeInActiveSeconds: Math.floor(activeMs / 1000) },
  }
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}
