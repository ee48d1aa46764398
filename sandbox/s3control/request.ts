import type { Iam } from '../iam/iam.ts'
import type { Call, SandboxClock } from '../types.ts'
import type { Jobs, Place } from './jobs.ts'
import type { Runner } from './runner.ts'

/** What every action gets. The caller is of the account that it names. */
export interface ControlRequest {
  readonly call: Call
  readonly iam: Iam
  readonly place: Place
  /** Out of the path; empty where it names no job. */
  readonly jobId: string
  readonly jobs: Jobs
  readonly runner: Runner
  readonly clock: SandboxClock
}
