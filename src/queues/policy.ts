/** How each job is tried, spaced and kept. One table, so that a new job cannot forget a number. */
import type { JobName } from '../domain/jobs.ts'

export interface JobPolicy {
  /** Runs in all, the first included. */
  readonly attempts: number
  /** First wait between attempts, ms; doubles, and is cut by up to half at random. */
  readonly backoffMs: number
  /** Jobs at once in one container. `verify` is bounded by pairs and lanes; the configuration sets it. */
  readonly concurrency: number
  /** A worker that does not renew its lock for this long has lost the job, ms. */
  readonly lockMs: number
  /** How often the other workers look for such jobs, ms. */
  readonly stalledMs: number
  /** How often a job may lose its worker before it fails. */
  readonly maxStalled: number
  /** Finished jobs kept for a look; the ledger needs none of them. */
  readonly keep: { readonly completed: number; readonly failed: number }
}

/** A poke is made anew each second while anything is due: few attempts, and a dead worker's job back within 15 s. */
const poke = { attempts: 5, backoffMs: 500, lockMs: 10_000, stalledMs: 5_000, maxStalled: 3 } as const
/** The next minute's job does what this one could not. */
const minutely = { attempts: 1, backoffMs: 1_000, lockMs: 30_000, stalledMs: 15_000, maxStalled: 1 } as const

export const POLICY: Readonly<Record<JobName, JobPolicy>> = {
  verify: { ...poke, concurrency: 16, keep: { completed: 0, failed: 100 } },
  // Every few seconds, and the ledger's lease keeps two from one pair.
  redrive: { ...minutely, concurrency: 1, keep: { completed: 10, failed: 100 } },
  // Steps of a quarter of a minute, and a lease keeps two from one pair. One at a time: it must leave CPU to verify.
  audit: { ...minutely, concurrency: 1, maxStalled: 3, keep: { completed: 10, failed: 100 } },
  // Its own lease keeps two from one dump. What fails is tried again within the hour: a dump a night is all there is.
  dump: {
    attempts: 4,
    backoffMs: 120_000,
    lockMs: 60_000,
    stalledMs: 30_000,
    maxStalled: 3,
    concurrency: 2,
    keep: { completed: 50, failed: 100 },
  },
  // Reads gigabytes. What ends in vain is ordered again by the next look at the buckets.
  'dump-verify': {
    attempts: 3,
    backoffMs: 60_000,
    lockMs: 60_000,
    stalledMs: 30_000,
    maxStalled: 3,
    concurrency: 1,
    keep: { completed: 10, failed: 100 },
  },
  // A server of its own, and a database in it. What is down may be up again within the hour.
  drill: {
    attempts: 4,
    backoffMs: 120_000,
    lockMs: 60_000,
    stalledMs: 30_000,
    maxStalled: 3,
    concurrency: 1,
    keep: { completed: 50, failed: 100 },
  },
  // Gigabytes: minutes or hours, and the lock is renewed meanwhile. What ends in vain the sweep orders again.
  ship: {
    attempts: 8,
    backoffMs: 5_000,
    lockMs: 60_000,
    stalledMs: 30_000,
    maxStalled: 3,
    concurrency: 2,
    keep: { completed: 10, failed: 100 },
  },
  sweep: { ...minutely, concurrency: 1, keep: { completed: 10, failed: 100 } },
  // What fails is looked at again the next day, or by `landfall doctor`.
  doctor: { ...minutely, concurrency: 1, keep: { completed: 10, failed: 100 } },
  canary: { ...minutely, concurrency: 1, keep: { completed: 10, failed: 100 } },
  report: { ...minutely, concurrency: 1, keep: { completed: 10, failed: 100 } },
  snapshot: { ...minutely, concurrency: 1, keep: { completed: 10, failed: 100 } },
}
