/**
 * The jobs that travel through BullMQ, and what each carries. A job is a poke, never the truth: the ledger is, so a job
 * that is lost, doubled or stalled costs time only. Data holds names, never secrets and never versions.
 */
export interface JobData {
  /** Settle what is due in one pair. `lane` only bounds how many run at once; leases keep lanes apart. */
  readonly verify: { readonly pair: string; readonly lane: number }
  /** Publish the metrics; one container of many does (a lease). */
  readonly report: Readonly<Record<string, never>>
  /** Write the open list outside Redis. */
  readonly snapshot: Readonly<Record<string, never>>
}

export type JobName = keyof JobData

export const JOB_NAMES = ['verify', 'report', 'snapshot'] as const satisfies readonly JobName[]
