/**
 * What the page and its API speak: JSON, times in ms since the epoch, sizes in bytes, ages left to the reader. Types
 * only, so that the page in the browser may import them too.
 */
import type { DumpLimits } from '../domain/alarms/causes.ts'
import type { AuditSummary } from '../domain/audit/report.ts'
import type { DumpHealth } from '../domain/dump/health.ts'
import type { Equation } from '../domain/status.ts'
import type { Cost } from '../domain/repair/cost.ts'
import type { Group } from '../domain/repair/groups.ts'
import type { Act, Incident, Parked, RedriveJob } from '../domain/repair/words.ts'
import type { LagSummary, LedgerHealth, QueueDepth } from '../domain/snapshot.ts'
import type { OpenState, Verdict } from '../domain/version.ts'

/** Of the configuration: does not change while the service runs. */
export interface AboutPage {
  readonly estate: string
  /** Where the sources are: what would have to be lost. */
  readonly sourceRegions: readonly string[]
  readonly pairs: readonly PairPlan[]
  readonly dumps: readonly DumpPlan[]
  /** Whether orders are taken: without a token in the configuration nobody may give any. */
  readonly orders: 'off' | 'with token'
  /** Whether reads need the token. */
  readonly reads: 'open' | 'with token'
}

export interface PairPlan {
  readonly pair: string
  readonly source: string
  readonly destination: string
  readonly lateAfterMs: number
}

/** Beyond these limits a dump's alarms are on. */
export interface DumpPlan extends DumpLimits {
  readonly dump: string
}

export interface PairRow {
  readonly pair: string
  readonly atRisk: number
  readonly bytesAtRisk: number
  readonly oldest?: number | undefined
  readonly newestEvent?: number | undefined
  readonly open: Readonly<Record<OpenState, number>>
  readonly closed: Readonly<Record<Verdict, number>>
  readonly received: number
  readonly holds: boolean
  readonly tampering: number
  /** Of the last 24 hours; read less often than the rest. */
  readonly lag: LagSummary
  readonly incidents: readonly Incident[]
  readonly redrives: readonly RedriveJob[]
  /** The last one that came to its end. */
  readonly audit?: AuditSummary | undefined
}

/** Of all pairs together. */
export interface Totals {
  readonly at: number
  readonly atRisk: number
  readonly bytesAtRisk: number
  readonly oldest?: number | undefined
  readonly open: Readonly<Record<OpenState, number>>
  readonly equation: Equation
  readonly incidents: number
  readonly deadLetters: number
}

export interface QueueRow {
  readonly queue: string
  readonly newestEvent?: number | undefined
  readonly depth?: QueueDepth | undefined
}

/** BullMQ's own queues: jobs are pokes, so that these are about pace, never about what is open. */
export interface JobRow {
  readonly job: string
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly failed: number
}

export interface Machinery {
  readonly queues: readonly QueueRow[]
  readonly jobs: readonly JobRow[]
  readonly ledger?: LedgerHealth | undefined
}

export interface FailureGroup extends Omit<Group, 'cost'> {
  readonly cost: Cost
  /** S3's words, or ours (domain/failures.ts). */
  readonly by: 's3' | 'landfall'
  /** What an order would leave alone, and why. */
  readonly rests: readonly { readonly versions: number; readonly why: string }[]
}

export interface FailuresView {
  /** When the groups were counted; a hundred thousand failures are not counted each second. */
  readonly at: number
  readonly versions: number
  readonly groups: readonly FailureGroup[]
  /** Groups beyond those listed here. */
  readonly more: number
}

export interface FailurePage {
  readonly versions: readonly (Parked & { readonly pair: string })[]
  /** How many were looked at for this page: with a narrow selection a page may hold few, or none. */
  readonly looked: number
  /** For the next page; absent at the end. */
  readonly cursor?: string | undefined
}

export interface AlarmRow {
  readonly name: string
  readonly state: 'ALARM' | 'INSUFFICIENT_DATA'
  /** CloudWatch's words. */
  readonly reason: string
}

export interface AlarmsView {
  readonly at: number
  readonly total: number
  readonly inAlarm: number
  /** Those that are not OK, alarms first. */
  readonly on: readonly AlarmRow[]
  /** Why nothing newer is known. */
  readonly trouble?: string | undefined
}

/** What `GET /api/events` sends, by the name of the event. */
export interface Events {
  readonly about: AboutPage
  readonly totals: Totals
  /** Those that changed since this connection's last one; all at first. */
  readonly pairs: readonly PairRow[]
  readonly machinery: Machinery
  readonly failures: FailuresView
  readonly acts: readonly Act[]
  readonly alarms: AlarmsView
  /** Those whose buckets answered; never sent where the estate has none. */
  readonly dumps: readonly DumpHealth[]
  /** Nothing new could be read, and why. What is shown is as old as `totals.at` says. */
  readonly trouble: { readonly message: string; readonly hint?: string | undefined }
}

export type EventName = keyof Events

/** An order's answer: how many versions it was done to. */
export interface Ordered {
  readonly done: number
  /** Pairs whose re-drive did not let go of the incident: try again. */
  readonly busy?: readonly string[] | undefined
}

/** Every refusal. */
export interface Refused {
  readonly error: string
  readonly code: string
  readonly hint?: string | undefined
}
