/**
 * What a bucket's lifecycle rules want done with the versions of one key, as of a time. Pure.
 *
 * S3 user guide, "Lifecycle configuration elements", "Expiring objects", "How S3 Lifecycle interacts with other bucket
 * configurations". Ages count from Last-Modified, which for a replica is its source's.
 */
import type { StoredVersion } from '../store/version.ts'
import { heldBy } from '../store/lock.ts'
import type { LifecycleFilter, LifecycleRule } from './rules.ts'

export interface Due {
  /** The current version expires: a delete marker on top, or, without versioning, the object is gone. */
  readonly expires: boolean
  /** These are deleted for good. */
  readonly purges: readonly StoredVersion[]
  /** Of the purged: a delete marker that was all that was left of its key. */
  readonly loneMarker: boolean
}

const NOTHING: Due = { expires: false, purges: [], loneMarker: false }
const DAY_MS = 86_400_000

/** @param versions of one key, newest first; at least one */
export function dueOf(versions: readonly StoredVersion[], rules: readonly LifecycleRule[], now: number): Due {
  const latest = versions[0]!
  if (latest.deleteMarker && versions.length === 1) {
    const lone = rules.some((rule) => ends(rule, latest, now, true))
    return lone ? { expires: false, purges: [latest], loneMarker: true } : NOTHING
  }
  return {
    expires: !latest.deleteMarker && !isHeld(latest) && rules.some((rule) => ends(rule, latest, now, false)),
    purges: versions.slice(1).filter((version, index) => {
      // A version is noncurrent since the next newer one was made; `index` newer noncurrent ones are above it.
      const since = versions[index]!.lastModified
      // What is locked stays, whatever the rules say.
      if (heldBy(version.lock, now) !== undefined) return false
      return !isHeld(version) && rules.some((rule) => endsNoncurrent(rule, version, { since, newer: index }, now))
    }),
    loneMarker: false,
  }
}

/** Lifecycle leaves versions alone until they have replicated. */
function isHeld({ replication }: StoredVersion): boolean {
  return replication === 'PENDING' || replication === 'FAILED'
}

function ends(rule: LifecycleRule, version: StoredVersion, now: number, loneMarker: boolean): boolean {
  if (!matches(rule.filter, version)) return false
  if (loneMarker && rule.loneMarkers) return true
  const { expiration } = rule
  if (expiration === undefined) return false
  return now >= ('at' in expiration ? expiration.at : midnightAfter(version.lastModified, expiration.days))
}

function endsNoncurrent(
  { filter, noncurrent }: LifecycleRule,
  version: StoredVersion,
  place: { readonly since: number; readonly newer: number },
  now: number,
): boolean {
  if (noncurrent === undefined || place.newer < noncurrent.keep || !matches(filter, version)) return false
  return now >= midnightAfter(place.since, noncurrent.days)
}

/** Days are added, and the time is then rounded up to the next midnight UTC. */
export function midnightAfter(since: number, days: number): number {
  return Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS
}

/** Markers have neither tags nor a size: a rule that asks for these is not about them. */
function matches(filter: LifecycleFilter, version: StoredVersion): boolean {
  const { prefix, tags, sizeAbove, sizeBelow } = filter
  if (!version.key.startsWith(prefix)) return false
  if (version.deleteMarker) return Object.keys(tags).length === 0 && sizeAbove === undefined && sizeBelow === undefined
  if (sizeAbove !== undefined && version.size <= sizeAbove) return false
  if (sizeBelow !== undefined && version.size >= sizeBelow) return false
  return Object.entries(tags).every(([name, value]) => version.tags?.[name] === value)
}
