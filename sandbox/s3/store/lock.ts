/** Object Lock of one version (S3 user guide, "Locking objects with Object Lock"). Pure. */

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE'

export interface Retention {
  readonly mode: LockMode
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface Lock {
  readonly retention?: Retention | undefined
  /** `OFF`: there was one. */
  readonly hold?: 'ON' | 'OFF' | undefined
}

/** What a bucket gives to versions that come without a retention of their own. */
export interface DefaultRetention {
  readonly mode: LockMode
  readonly days?: number | undefined
  readonly years?: number | undefined
}

/** What keeps a version from being deleted now: a hold, or a retention that has not run out. */
export function heldBy(lock: Lock | undefined, now: number): 'hold' | LockMode | undefined {
  if (lock === undefined) return undefined
  if (lock.hold === 'ON') return 'hold'
  return lock.retention !== undefined && lock.retention.until > now ? lock.retention.mode : undefined
}

/** @param since when the version was made; of a replica, when its source was */
export function withDefault(lock: Lock | undefined, by: DefaultRetention | undefined, since: number): Lock | undefined {
  if (by === undefined || lock?.retention !== undefined) return lock
  const until = new Date(since)
  if (by.years === undefined) until.setUTCDate(until.getUTCDate() + (by.days ?? 0))
  else until.setUTCFullYear(until.getUTCFullYear() + by.years)
  return { ...lock, retention: { mode: by.mode, until: until.getTime() } }
}

/**
 * How a retention may become another: `free`; `bypass`, by who may bypass governance; `never`.
 * A retention that has run out binds nobody. A retention is tightened by a later date, or from governance to compliance.
 */
export function changeOf(
  from: Retention | undefined,
  to: Retention | undefined,
  now: number,
): 'free' | 'bypass' | 'never' {
  if (from === undefined || from.until <= now) return 'free'
  const longer = to !== undefined && to.until >= from.until
  if (from.mode === 'COMPLIANCE') return longer && to.mode === 'COMPLIANCE' ? 'free' : 'never'
  return longer ? 'free' : 'bypass'
}
