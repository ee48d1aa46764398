/** Which parked versions an operator means: what `landfall failures` is given on its command line. */
import type { OpenVersion } from '../version.ts'

export interface Selection {
  /** Absent: all. */
  readonly pairs?: readonly string[] | undefined
  /** A name of domain/failures.ts, or S3's own word; `LookRefused` also means `LookRefused s3:GetObjectVersion ...`. */
  readonly reason?: string | undefined
  /** What the key begins with. */
  readonly prefix?: string | undefined
  /** Exactly this key; with `versionId` exactly this version. */
  readonly key?: string | undefined
  readonly versionId?: string | undefined
  /** Written at least so long ago. */
  readonly olderThanMs?: number | undefined
}

/** What stands for the reason of a version that has none on record. */
export const NO_REASON = '(none)'

export function reasonOf({ reason }: Pick<OpenVersion, 'reason'>): string {
  return reason ?? NO_REASON
}

/** Whether the version is meant. The pair is the caller's business. */
export function isSelected(selection: Selection, version: OpenVersion, now: number): boolean {
  const { reason, prefix, key, versionId, olderThanMs } = selection
  return (
    (reason === undefined || isReason(reasonOf(version), reason)) &&
    (prefix === undefined || version.key.startsWith(prefix)) &&
    (key === undefined || version.key === key) &&
    (versionId === undefined || version.versionId === versionId) &&
    (olderThanMs === undefined || now - version.eventTime >= olderThanMs)
  )
}

/** True when it narrows nothing: an order for all that failed has to be said as such. */
export function isEverything({ pairs, reason, prefix, key, versionId, olderThanMs }: Selection): boolean {
  return [pairs, reason, prefix, key, versionId, olderThanMs].every((part) => part === undefined)
}

/** By its whole text, or by its name alone. */
export function isReason(is: string, wanted: string): boolean {
  return is === wanted || is.split(' ', 1)[0] === wanted
}
