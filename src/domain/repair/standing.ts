/**
 * Whether a version may be written again without making anything worse, by what both sides hold of its key. Pure.
 *
 * A write makes a current version on top of whatever is there. So it is made only of what is current at the source, and
 * only over what is known to be older: never over a delete marker, or a version, that the source does not have.
 */
import type { Look } from '../look.ts'

export type Entry = Look & { readonly kind: 'object' | 'marker' }
type ObjectEntry = Entry & { readonly kind: 'object' }

export interface Standing {
  readonly versionId: string
  /** All at the key, newest first; both sides up to the same limit. */
  readonly source: readonly Entry[]
  readonly destination: readonly Entry[]
  /** Of the destination's current version, where a HEAD was asked for: whose copy it is, if any. */
  readonly copyOf?: { readonly sourceVersion: string | undefined } | undefined
}

/**
 * - `free`: write, on the condition that the destination's current version is still `current` (undefined: nothing, or a
 *   marker that the source has under the version)
 * - `ask`: HEAD the destination's current version: does it say whose copy it is
 * - `copied`: a copy of this very version is current already (an answer was lost, or two had it in hand)
 * - `there`: it is at the destination under its own version id, and current
 * - `stop`: leave it
 */
export type Verdict =
  | {
      readonly kind: 'free'
      readonly original: ObjectEntry
      readonly current: ObjectEntry | undefined
      /** What was at the destination then. */
      readonly destination: readonly Entry[]
    }
  | { readonly kind: 'ask'; readonly current: ObjectEntry }
  | { readonly kind: 'copied'; readonly replicaId: string }
  | { readonly kind: 'there' }
  | { readonly kind: 'stop'; readonly why: string }

export function standing(at: Standing): Verdict {
  const { versionId, source, destination } = at
  if (versionId === 'null')
    return stop('versioning was off when it was written: a write over `null` destroys what is there')
  const [original] = source
  const here = source.some((entry) => entry.versionId === versionId)
  if (original === undefined || !here) return stop('it is not at the source any more')
  if (original.versionId !== versionId) {
    return stop(
      original.kind === 'marker' ? 'it was deleted at the source since' : 'a newer version is current at the source',
    )
  }
  if (original.kind === 'marker') return stop('it is a delete marker, and markers are never made by a copy')
  return overDestination(at, original, destination[0])
}

function overDestination(at: Standing, original: ObjectEntry, current: Entry | undefined): Verdict {
  const { versionId, source, copyOf } = at
  const { destination } = at
  if (current === undefined) return { kind: 'free', original, current, destination }
  const known = source.some((entry) => entry.versionId === current.versionId)
  if (current.kind === 'marker') {
    if (current.versionId === versionId) return stop('the destination has a delete marker under its version id')
    return known
      ? { kind: 'free', original, current: undefined, destination }
      : stop('the destination has a delete marker on top that the source does not have')
  }
  if (current.versionId === 'null') return stop('the destination keeps no versions: a write destroys what is there')
  if (current.versionId === versionId) {
    const same = current.size === original.size && current.etag === original.etag
    return same ? { kind: 'there' } : { kind: 'free', original, current, destination }
  }
  if (known || isOlder(current, original)) return { kind: 'free', original, current, destination }
  if (copyOf === undefined) return { kind: 'ask', current }
  const { sourceVersion } = copyOf
  if (sourceVersion === versionId) return { kind: 'copied', replicaId: current.versionId }
  return source.some((entry) => entry.versionId === sourceVersion)
    ? { kind: 'free', original, current, destination }
    : stop('the destination has a newer version that the source does not have')
}

/** Of a version that the source has no more. Within one second nobody can tell. */
function isOlder(current: ObjectEntry, original: ObjectEntry): boolean {
  if (current.lastModified === undefined || original.lastModified === undefined) return false
  return Math.floor(current.lastModified / 1000) < Math.floor(original.lastModified / 1000)
}

function stop(why: string): Verdict {
  return { kind: 'stop', why }
}

/**
 * What came between the look and the write, by the listings after it: S3's conditions know nothing of the other side,
 * and take a delete marker for nothing at all. `over`: the source's version that the destination should show now.
 */
export function overtaken(
  written: { readonly versionId: string; readonly before: readonly Entry[] },
  source: readonly Entry[],
  destination: readonly Entry[],
): { readonly why: string; readonly over?: ObjectEntry | undefined } | undefined {
  const [current] = source
  if (current?.versionId !== written.versionId) {
    if (current === undefined || current.kind === 'marker') return { why: 'it was deleted at the source meanwhile' }
    return { why: 'a newer version was written at the source meanwhile', over: current }
  }
  // By its id, not by its place: within one second a listing does not tell what came first. A marker that the source
  // has too is of before the version.
  const known = new Set([...written.before, ...source].map(({ versionId }) => versionId))
  const deleted = destination.some((entry) => entry.kind === 'marker' && !known.has(entry.versionId))
  return deleted ? { why: 'it was deleted at the destination meanwhile' } : undefined
}
