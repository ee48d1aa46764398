/**
 * One object version, the words for what can become of it, and the record that the ledger keeps of it.
 *
 * Words: design.md section 2 (docs/vocabulary.md). Everything here is plain data.
 */
import { createHash } from 'node:crypto'

/** What identifies a version inside a pair. `sequencer` only counts where `versionId` is `null`. */
export interface VersionName {
  readonly key: string
  /** S3's version id; the string `null` in a bucket whose versioning is off or suspended. */
  readonly versionId: string
  /** Hex string that orders the events of one key (S3 user guide, "Event message structure"). */
  readonly sequencer?: string | undefined
}

/** The member by which the ledger's sets know a version: a decimal integer below 2^63, as a string. */
export type VersionId63 = string

/** An object's bytes, or a delete marker. */
export type VersionKind = 'object' | 'marker'

/** Open versions are what an outage of the source would lose: the RPO. */
export const OPEN_STATES = ['waiting', 'late', 'mismatched', 'failed'] as const
export type OpenState = (typeof OPEN_STATES)[number]

/** What closes a version. A closed version changes only by `reopened`, which is counted. */
export const VERDICTS = ['landed', 'excluded', 'expired', 'gone', 'superseded', 'discarded'] as const
export type Verdict = (typeof VERDICTS)[number]

/** How a verdict is known, cheapest first; no look was needed for `rule` (our own configuration) and `person` (`discarded`). */
export const EVIDENCE = ['event', 'head', 'list', 'checksum', 'bytes', 'rule', 'person'] as const
export type Evidence = (typeof EVIDENCE)[number]

/** What the ledger keeps of one open version. Times are milliseconds since the epoch, sizes are bytes. */
export interface OpenVersion extends VersionName {
  readonly id: VersionId63
  readonly kind: VersionKind
  /** Absent where the event did not carry it. */
  readonly size?: number | undefined
  readonly etag?: string | undefined
  /** When the source wrote it, by S3's clock (the event's `eventTime`). */
  readonly eventTime: number
  readonly state: OpenState
  /** How often a verifier has looked for the replica. */
  readonly looks: number
  /** The last look that found no replica: the lower bound of the lag when only HEAD tells. */
  readonly absentAt?: number | undefined
  /** Why it failed: S3's `failureReason`, or one of ours (domain/replication.ts). */
  readonly reason?: string | undefined
  /** Made by a lifecycle rule: such a marker never replicates. */
  readonly lifecycle?: boolean | undefined
}

/**
 * The ledger's id of a version: SHA-256 of key, version id (and, for `null`, the sequencer), cut to 63 bits.
 *
 * An integer, since Redis keeps sets of integers in 8 bytes each; 63 bits, since Redis' integers are signed.
 * At 10^8 versions the chance of any collision is 0.05 %; a collision reads as a duplicate, which the audit finds.
 */
export function versionId63(name: VersionName): VersionId63 {
  const hash = createHash('sha256').update(name.key).update('\0').update(name.versionId)
  if (name.versionId === 'null' && name.sequencer !== undefined) hash.update('\0').update(name.sequencer)
  return (hash.digest().readBigUInt64BE(0) >> 1n).toString()
}
