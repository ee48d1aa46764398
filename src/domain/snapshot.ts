/**
 * What the ledger and the queues say of themselves at one moment: the ground of `status`, the metrics and the snapshot in S3.
 */
import type { Canary } from './canary.ts'
import type { AuditSummary } from './audit/report.ts'
import type { Incident, RedriveJob } from './repair/words.ts'
import type { Evidence, OpenState, Verdict } from './version.ts'

/**
 * Facts that are worth a counter: the first three about landed versions, with a warning; the last two are versions that
 * re-drives came back with, done and failed.
 */
export const NOTES = ['unverified', 'tagsBehind', 'locksBehind', 'redriven', 'redriveFailed'] as const
export type Note = (typeof NOTES)[number]

export interface PairSnapshot {
  readonly pair: string
  readonly received: number
  readonly reopened: number
  readonly duplicates: number
  readonly unannounced: number
  /** Arrivals that wait for their version to be booked. */
  readonly early: number
  readonly closed: Readonly<Record<Verdict, number>>
  readonly open: Readonly<Record<OpenState, number>>
  readonly evidence: Readonly<Record<Evidence, number>>
  readonly notes: Readonly<Record<Note, number>>
  readonly purged: number
  readonly tampering: number
  /** How many were ever counted late. */
  readonly lateEver: number
  readonly bytesAtRisk: number
  /** Event time of the oldest open version, ms; undefined when nothing is open. */
  readonly oldest?: number | undefined
  /** Event time of the newest version booked, ms. */
  readonly newestEvent?: number | undefined
  /** Of the last 24 hours; buckets as in domain/lag.ts. */
  readonly lag: LagSummary
  /** What keeps failed versions from being driven again, oldest first: one for each cause. */
  readonly incidents: readonly Incident[]
  /** The last audit that came to its end. */
  readonly audit?: AuditSummary | undefined
  /** The last one that was written. */
  readonly canary?: Canary | undefined
  /** Re-drives under way; absent where nobody asked for them. */
  readonly redrives?: readonly RedriveJob[] | undefined
  /** By S3's own request metrics; absent where the pair does not name them, or nobody asked. */
  readonly sourceWrites?: SourceWrites | undefined
}

/** Requests that write, in a quarter of an hour that is a few minutes old: S3 publishes late. */
export interface SourceWrites {
  readonly count: number
  /** When that time begins, ms. */
  readonly fromMs: number
}

export interface LagSummary {
  readonly count: number
  /** How many of them are only an upper bound. */
  readonly upper: number
  readonly p50?: number | undefined
  readonly p95?: number | undefined
  readonly p99?: number | undefined
}

/** Service-wide counters: ever growing, kept in Redis so that containers add up and restarts don't reset them. */
export const SERVICE_COUNTERS = [
  'messages',
  'acknowledged',
  'events',
  'ignoredEvents',
  'testEvents',
  'poison',
  'unrouted',
] as const
export type ServiceCounter = (typeof SERVICE_COUNTERS)[number]

/** Kept beside them, and set, not added to: what `doctor` found last. */
export const SERVICE_GAUGES = ['doctorFailed', 'doctorWarned'] as const
export type ServiceGauge = (typeof SERVICE_GAUGES)[number]
/** A gauge is absent until it was set. */
export type ServiceCounts = Readonly<Record<ServiceCounter, number>> & Readonly<Partial<Record<ServiceGauge, number>>>

export interface LedgerHealth {
  readonly durability: 'sync' | 'window'
  /** How it is kept, e.g. `WAITAOF`, `appendfsync always (as configured)`, `held back 2 s`. */
  readonly how: string
  /** Seconds that a failover may forget. 0 with `sync`. */
  readonly mayForgetSeconds: number
  /** 0 to 1; undefined where Redis has no `maxmemory`. */
  readonly memoryShare?: number | undefined
  readonly version: string
}

/** Which ledger this is. An emptied Redis begins another one. */
export interface LedgerIdentity {
  readonly id: string
  /** When it began, ms. */
  readonly since: number
  /** The ledger whose snapshot stood there when this one began. `at`: when that was found, ms. */
  readonly before?: { readonly id: string; readonly at: number; readonly atRisk?: number | undefined } | undefined
}

export interface QueueDepth {
  readonly queue: string
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
  /** Visible messages of its dead-letter queue; absent where it has none, or that one did not answer. */
  readonly deadLetters?: number | undefined
}
