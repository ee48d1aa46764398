/**
 * What a bucket's lifecycle configuration explains of a listing: markers that nobody made, versions that nobody deleted.
 *
 * On a versioned bucket `Expiration` adds a delete marker and deletes nothing; only `NoncurrentVersionExpiration` does.
 * Neither is replicated, and ages count from the creation at the source, which a replica keeps. S3 acts at the midnight
 * after the day is over, or later: an age that is reached explains, one that is not never does.
 * Sources: Amazon S3 user guide, "Lifecycle configuration elements", "How S3 Lifecycle interacts with S3 Versioning".
 */
import type { SideSeen } from './finding.ts'

export interface LifecycleRule {
  readonly id: string
  readonly prefix: string
  /** It asks for tags, which a listing does not tell: it may explain, and the finding says so. */
  readonly tagged: boolean
  /** Bytes, both exclusive (`ObjectSizeGreaterThan`, `ObjectSizeLessThan`). */
  readonly largerThan?: number | undefined
  readonly smallerThan?: number | undefined
  /** `Expiration`: a marker on top of the current version at this age, or at this moment. */
  readonly markAfterMs?: number | undefined
  readonly markAt?: number | undefined
  /** `ExpiredObjectDeleteMarker`: a marker that has no version below it any more goes. */
  readonly dropsLoneMarkers: boolean
  /** `NoncurrentVersionExpiration`: gone for good so long after a newer version came. */
  readonly deleteAfterMs?: number | undefined
  /** ... but this many noncurrent versions of a key are kept. */
  readonly keepNewer?: number | undefined
}

/** Only enabled rules. `unknown`: we may not read it, and `grant` is what to ask for. */
export type Lifecycle =
  | { readonly kind: 'known'; readonly rules: readonly LifecycleRule[] }
  | { readonly kind: 'unknown'; readonly grant: string }

export const NO_LIFECYCLE: Lifecycle = { kind: 'known', rules: [] }

/** A version in its place among those of its key on its side. */
export interface Placed extends SideSeen {
  /**
   * The next older version of the key; for a marker the next older object, if there is one: a marker that a person made
   * may have come late, and lies below the one that a lifecycle had made meanwhile.
   */
  readonly below?: Pick<SideSeen, 'kind' | 'size' | 'lastModified'> | undefined
  /** When the next newer version came, ms; absent for the current one. */
  readonly noncurrentSince?: number | undefined
  /** How many noncurrent versions of the key are newer. */
  readonly newerNoncurrent: number
}

/** All versions of one key on one side, newest first, each with what is around it. */
export function place(versions: readonly SideSeen[]): readonly Placed[] {
  const placed: Placed[] = []
  let object: SideSeen | undefined
  for (let index = versions.length - 1; index >= 0; index -= 1) {
    const version = versions[index]!
    const below = version.kind === 'marker' ? (object ?? versions[index + 1]) : versions[index + 1]
    placed.push(placeOne(version, versions[index - 1], below, index))
    if (version.kind === 'object') object = version
  }
  return placed.reverse()
}

export function placeOne(
  version: SideSeen,
  above: Pick<SideSeen, 'lastModified'> | undefined,
  below: Placed['below'],
  index: number,
): Placed {
  return {
    ...version,
    ...(below === undefined ? {} : { below }),
    ...(above === undefined ? {} : { noncurrentSince: above.lastModified }),
    newerNoncurrent: Math.max(0, index - 1),
  }
}

/** The rule that made this marker: it lies on an object that had reached the age. */
export function markedBy(lifecycle: Lifecycle, key: string, marker: Placed): LifecycleRule | undefined {
  const { below, lastModified } = marker
  if (lifecycle.kind === 'unknown' || marker.kind !== 'marker' || below?.kind !== 'object') return undefined
  return lifecycle.rules.find(
    (rule) => covers(rule, key, below.size) && reached(lastModified, markTime(rule, below.lastModified)),
  )
}

/** The rule by which this version, which the other side still shows, is gone from the side that has this lifecycle. */
export function deletedBy(lifecycle: Lifecycle, key: string, version: Placed, now: number): LifecycleRule | undefined {
  if (lifecycle.kind === 'unknown') return undefined
  const rules = lifecycle.rules.filter((rule) => covers(rule, key, version.size))
  // What is current over there may lie below a lifecycle's own marker here.
  const marks = rules.map((rule) => markTime(rule, version.lastModified))
  const since = earliest([version.noncurrentSince, ...(version.kind === 'object' ? marks : [])])
  return rules.find((rule) => {
    if (reached(now, loneMarkerDrops(rule, rules, version))) return true
    if (rule.deleteAfterMs === undefined || since === undefined) return false
    if (rule.keepNewer !== undefined && version.newerNoncurrent < rule.keepNewer) return false
    return now >= since + rule.deleteAfterMs
  })
}

/**
 * When a marker with nothing below it is dropped: at once where the rule says so, else at the age of `Expiration`. What
 * was below it is gone already, or goes by one of these rules.
 */
function loneMarkerDrops(rule: LifecycleRule, rules: readonly LifecycleRule[], version: Placed): number | undefined {
  if (version.kind !== 'marker') return undefined
  if (version.below !== undefined && rules.every(({ deleteAfterMs }) => deleteAfterMs === undefined)) return undefined
  return rule.dropsLoneMarkers ? version.lastModified : markTime(rule, version.lastModified)
}

function covers(rule: LifecycleRule, key: string, size: number | undefined): boolean {
  if (!key.startsWith(rule.prefix)) return false
  if (rule.largerThan !== undefined && (size ?? 0) <= rule.largerThan) return false
  return rule.smallerThan === undefined || (size ?? 0) < rule.smallerThan
}

function markTime(rule: LifecycleRule, created: number | undefined): number | undefined {
  if (rule.markAt !== undefined) return rule.markAt
  if (rule.markAfterMs === undefined || created === undefined) return undefined
  return created + rule.markAfterMs
}

function reached(time: number | undefined, due: number | undefined): boolean {
  return time !== undefined && due !== undefined && time >= due
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
