/**
 * What becomes of a job (S3 user guide, "Tracking job status and completion reports"):
 *
 *   New -> Preparing -> Suspended (to be confirmed) | Ready -> Active -> Completing -> Complete
 *   Failing -> Failed: it can't be prepared, more than half of its tasks failed, or the report can't be written
 *   Cancelling -> Cancelled: by a person
 *
 * Jobs run side by side, whatever their priorities.
 */
import { type Agenda, makeAgenda } from '../agenda.ts'
import type { BatchReplication } from '../replication/batch.ts'
import type { FaultBox, SandboxClock } from '../types.ts'
import { type Job, type JobStatus, TERMINAL } from './job.ts'
import { type Row, type Rows, Unprepared } from './manifest.ts'
import type { TaskResult } from './report.ts'

export interface RunnerNeeds {
  readonly clock: SandboxClock
  readonly faults: FaultBox
  readonly replication: BatchReplication
  /** Throws `Unprepared`. */
  readonly prepare: (job: Job) => Rows
  /** False: it can't be written. */
  readonly report: (job: Job, bucket: string, results: readonly TaskResult[]) => boolean
  readonly agenda?: Agenda | undefined
}

export interface Runner {
  start(job: Job): void
  /** Of a suspended job. */
  confirm(job: Job): void
  cancel(job: Job): void
}

/** Tasks of one job under way at a time. */
const WINDOW = 5000
/** A job is given up when, after so many tasks, more than half have failed. */
const JUDGED_AFTER = 1000

/** What a job has from the time it is prepared until it ends. */
interface Run {
  readonly job: Job
  readonly work: Rows
  /** For the report. */
  readonly results: TaskResult[]
  next: number
}

export function makeRunner(needs: RunnerNeeds): Runner {
  const { clock, faults, replication } = needs
  const agenda = needs.agenda ?? makeAgenda(clock)
  const runs = new Map<Job, Run>()

  /** Unless the job has gone another way meanwhile. */
  function after(ms: number, job: Job, from: JobStatus, fn: () => void): void {
    agenda.at(clock.now() + ms, () => {
      if (job.status === from) fn()
    })
  }

  function prepare(job: Job): void {
    const { fail } = faults.current.jobs ?? {}
    try {
      if (fail !== undefined) throw new Unprepared(fail.code, fail.reason)
      const work = needs.prepare(job)
      runs.set(job, { job, work, results: [], next: 0 })
      job.total = work.rows.length
    } catch (error) {
      if (!(error instanceof Unprepared)) throw error
      return failWhole(job, { code: error.code, reason: error.message })
    }
    if (!job.order.confirm) return ready(job)
    job.status = 'Suspended'
    job.suspended = clock.now()
  }

  function ready(job: Job): void {
    job.status = 'Ready'
    after(faults.current.jobs?.readyMs ?? 0, job, 'Ready', () => {
      job.status = 'Active'
      job.activeSince = clock.now()
      pump(runs.get(job)!)
    })
  }

  function pump(run: Run): void {
    const { job, work } = run
    const done = (): number => job.succeeded + job.failed
    while (run.next < work.rows.length && run.next - done() < WINDOW) {
      const row = work.rows[run.next++]!
      const task = { job: job.id, role: job.order.roleArn, region: job.region, bucket: work.bucket, ...row }
      replication.replicate(task, (reason) => take(run, row, reason))
    }
  }

  /** What S3 had begun when a job ended goes on, but no longer belongs to the job. */
  function take(run: Run, row: Row, reason: string | undefined): void {
    const { job, results } = run
    if (job.status !== 'Active') return
    if (reason === undefined) job.succeeded += 1
    else job.failed += 1
    const { report } = job.order
    if (report !== undefined && (reason !== undefined || report.scope === 'AllTasks')) results.push({ row, reason })
    const judged = job.succeeded + job.failed
    if (judged >= JUDGED_AFTER && job.failed > judged / 2) {
      return failWhole(job, { code: 'JobFailureThreshold', reason: 'More than half of the tasks failed' })
    }
    if (judged < job.total) return pump(run)
    halt(job)
    job.status = 'Completing'
    after(0, job, 'Completing', () => {
      if (writeReport(job)) end(job, 'Complete')
      else failWhole(job, UNWRITTEN)
    })
  }

  function failWhole(job: Job, failure: Job['failure']): void {
    halt(job)
    job.status = 'Failing'
    job.failure = failure
    after(0, job, 'Failing', () => {
      writeReport(job)
      end(job, 'Failed')
    })
  }

  /** There is one as soon as one task was done, however the job ends. */
  function writeReport(job: Job): boolean {
    const run = runs.get(job)
    if (run === undefined || job.succeeded + job.failed === 0) return true
    return needs.report(job, run.work.bucket, run.results)
  }

  function halt(job: Job): void {
    if (job.activeSince === undefined) return
    job.activeMs += clock.now() - job.activeSince
    job.activeSince = undefined
  }

  function end(job: Job, status: JobStatus): void {
    job.status = status
    job.ended = clock.now()
    runs.delete(job)
  }

  return {
    start(job) {
      after(0, job, 'New', () => {
        job.status = 'Preparing'
        after(faults.current.jobs?.prepareMs ?? 0, job, 'Preparing', () => prepare(job))
      })
    },
    confirm: ready,
    cancel(job) {
      if (TERMINAL.has(job.status)) return
      halt(job)
      job.status = 'Cancelling'
      after(0, job, 'Cancelling', () => {
        writeReport(job)
        end(job, 'Cancelled')
      })
    },
  }
}

/** S3 user guide, "Troubleshooting replication", Batch Replication errors. */
const UNWRITTEN = {
  code: 'ReportNotWritten',
  reason: 'The job report could not be written to your report bucket.',
}
