/**
 * The words of repair: how a version is driven again, what was tried, what holds a pair back, who ordered what.
 * Plain data; the rules are in redrive.ts, the state is the ledger's (port `RepairLedger`).
 */
import type { OpenVersion, VersionId63, VersionKind } from '../version.ts'

/**
 * - `batch`: S3 Batch Replication (S3 user guide, "Replicating existing objects with Batch Replication"): keeps the version id
 * - `copy`: Landfall copies the source's current version to the destination: a version id of its own there
 * - `retrigger`: a copy in place at the source, which S3 then replicates: a new version on both sides
 */
export const STRATEGIES = ['batch', 'copy', 'retrigger'] as const
export type Strategy = (typeof STRATEGIES)[number]

/** What was tried with one open version. Gone when it closes. */
export interface Tried {
  /** Re-drives begun, the running one included. Never falls. */
  readonly attempts: number
  /** Of those, how many count no more against the limit, since a person asked for more. */
  readonly forgiven: number
  readonly strategy: Strategy
  /** When the last one began, ms. */
  readonly at: number
  /** Token of the re-drive that has it in hand; absent when none has. A version is in one hand at most. */
  readonly token?: string | undefined
  /** What the last one came to, in S3's words or ours; absent while it runs. */
  readonly outcome?: string | undefined
  /** The version id at the destination of a copy that Landfall made. */
  readonly replicaId?: string | undefined
}

/** That a person wants a failed version driven at the next occasion, whatever was tried before. A claim takes the mark. */
export interface Wanted {
  /** ms. */
  readonly at: number
  readonly by: string
}

/** A parked version, and what was tried with it. */
export interface Parked {
  readonly version: OpenVersion
  readonly tried?: Tried | undefined
  readonly wanted?: Wanted | undefined
  /** A look at it is due, or under way: what is recorded may be old. */
  readonly due: boolean
}

/**
 * One cause, however many versions it hit: opened by the first set-up failure, ended when a probe lands. While it stands,
 * no version with this reason is driven but its probe.
 */
export interface Incident {
  readonly reason: string
  /** When it was opened, ms. */
  readonly since: number
  /** How often it had come to an end lately, and was back: probes begin at a longer interval then. */
  readonly back?: number | undefined
  /** Probes begun so far. */
  readonly probes: number
  /** When the next probe may begin, ms. */
  readonly nextProbeAt: number
  /** The version that is driven, or was driven last, as the probe. */
  readonly probe?: VersionId63 | undefined
  /** The probe's re-drive came back as done: when its version closes now, it has landed. */
  readonly answered?: boolean | undefined
  /** The probe landed at this time, ms: what failed before is driven, and then the incident is over. */
  readonly mendedAt?: number | undefined
  /** How many versions it holds, by the last look through the parked ones. */
  readonly versions?: number | undefined
  /** Of `CopyRefused`: when a copy was refused last, ms. Orders from before that wait with the others. */
  readonly refusedAt?: number | undefined
  /** What S3 said, where the reason is ours. */
  readonly detail?: string | undefined
}

/** A re-drive of many versions as one job of S3 Batch Operations. Booked before it is made, so that a crash finds it again. */
export interface RedriveJob {
  /** Ours, and S3's `ClientRequestToken`: the same token never makes two jobs. At most 64 characters. */
  readonly token: string
  /** `booked`: versions are claimed, S3 may not know it yet. `created`: S3 has it. */
  readonly state: 'booked' | 'created'
  /** Absent: `batch`. The other two are booked as well, so that a crash frees what they had in hand. */
  readonly strategy?: Strategy | undefined
  /** S3's id of the job. */
  readonly jobId?: string | undefined
  readonly createdAt: number
  readonly versions: number
  readonly bytes: number
  /** The incident whose probe it is. */
  readonly probeOf?: string | undefined
  /** What ordered it: `automatic`, or a person (`failures redrive`). */
  readonly by: string
}

/** What an operator, or a rule, did and when: the record that an auditor reads. */
export interface Act {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `user@host` of the CLI, the page's session, or `landfall` itself. */
  readonly who: string
  readonly what:
    | 'redrive'
    | 'discard'
    | 'dead-letters redrive'
    | 'dead-letters purge'
    | 'dead-letters export'
    | 'audit'
    | 'dump prune'
    | 'dump restore'
    | 'dump ship'
    | 'incident opened'
    | 'incident ended'
  readonly pair?: string | undefined
  /** How many versions or messages it was about. */
  readonly count: number
  /** The person's reason, or what happened. */
  readonly reason?: string | undefined
  /** What selected them, as the command line gave it. */
  readonly selection?: Readonly<Record<string, unknown>> | undefined
}

/** What is kept of a version that a person gave up. */
export interface Discarded {
  readonly id: VersionId63
  readonly key: string
  readonly versionId: string
  readonly at: number
  readonly who: string
  readonly reason: string
  /** Why it had failed. */
  readonly failure?: string | undefined
}

/** One row of a re-drive's manifest. */
export interface ToDrive {
  readonly id: VersionId63
  readonly key: string
  readonly versionId: string
  readonly kind: VersionKind
  readonly size?: number | undefined
}

/** What a re-drive came to for one version. `failed` carries S3's word (`DstObjectHardDeleted`, `AccessDenied` ...). */
export interface Driven {
  readonly key: string
  readonly versionId: string
  readonly succeeded: boolean
  readonly reason?: string | undefined
}
