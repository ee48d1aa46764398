/** What becomes of one version after a look: `decide()` says it, the ledger does it. */
import type { Note } from './snapshot.ts'
import type { Evidence, VersionId63, Verdict } from './version.ts'

/** `exact`: both sides' event times are known. `upper`: the true lag is at most this (only a look told). */
export interface Lag {
  readonly ms: number
  readonly bound: 'exact' | 'upper'
}

/** What `decide()` makes of a version. */
export type Fate =
  /** Still open; look again. `reason` replaces the recorded one where given. */
  | {
      readonly to: 'wait'
      readonly state: 'waiting' | 'late'
      readonly againInMs: number
      readonly absentAt?: number | undefined
      readonly reason?: string | undefined
    }
  /** Given up for now, still open and at risk: for a re-drive or a person, and looked at again after `recheckInMs`. */
  | {
      readonly to: 'park'
      readonly state: 'mismatched' | 'failed'
      /** A name of domain/failures.ts, or one of S3's that is new. */
      readonly reason: string
      readonly recheckInMs: number
      readonly absentAt?: number | undefined
    }
  | {
      readonly to: 'close'
      readonly verdict: Verdict
      readonly evidence: Evidence
      /** Only for `landed`. */
      readonly lag?: Lag | undefined
      /** Counters to add with the verdict (in the same step, so that they count exactly once). */
      readonly notes?: readonly Note[] | undefined
    }

/** `lease` is the proof of `take`: all but a verdict count only while it stands. */
export type Settlement = { readonly id: VersionId63; readonly lease?: number | undefined } & Fate
