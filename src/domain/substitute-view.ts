/**
 * Whether another version stands for one whose own replica is not there, or is not right: for `match: version`, where
 * Landfall drives failed versions again. Two ways make version ids differ (docs/redrive-copies.md):
 *
 * - a copy to the destination, which names its original in its metadata: it lands the version
 * - a newer version, which replicated: it supersedes the version
 *
 * Metadata can be written by anybody who may write there, so it chooses the candidate only; content proves it.
 */
import { compareChecksums, type ObjectLook } from './content.ts'
import type { Wanted } from './replica-view.ts'
import { bestLook, nextWay, type FoundLook, type Situation } from './situation.ts'

export type SubstituteView =
  | { readonly kind: 'unknown'; readonly next: Wanted }
  | { readonly kind: 'copied' | 'superseded'; readonly evidence: 'head' | 'checksum' }
  | { readonly kind: 'none' }

/** HEADs of candidates for one version, at most: questions about one version have to end. */
const CANDIDATES = 3

const NONE: SubstituteView = { kind: 'none' }

/** `own`: what is under the version's own id at the destination. */
export function viewSubstitute(situation: Situation, own: 'absent' | 'differs'): SubstituteView {
  const { version, policy } = situation
  if (policy.match !== 'version' || policy.evidence !== 'auto') return NONE
  if (version.kind !== 'object' || version.versionId === 'null') return NONE
  const parked = version.state === 'failed' || version.state === 'mismatched'
  // A version that a look of an audit opened again is late at once; before that nothing has been driven.
  const late = situation.now - version.eventTime >= policy.lateAfterMs
  if (policy.redrive?.copy === true && (parked || late)) {
    const copy = viewCopy(situation)
    if (copy.kind !== 'none') return copy
  }
  if (own === 'differs' ? !parked : policy.redrive?.retrigger !== true || !(parked || late)) return NONE
  return viewNewer(situation, own)
}

function viewCopy(situation: Situation): SubstituteView {
  const { version, replica } = situation
  if (replica.key === undefined) return orGiveUp(replica.keyRefused, 'destination', 'is a copy of it at the key')
  const told = originalOf(situation)
  if ('kind' in told) return told
  const asked = replica.copies ?? new Map<string, never>()
  for (const [, look] of asked) {
    if (look.kind !== 'object' || look.copyOf !== version.versionId || look.size !== told.size) continue
    if (told.etag !== undefined && look.etag === told.etag) return { kind: 'copied', evidence: 'head' }
    const compared = byChecksum(situation, look)
    if (compared !== undefined) return compared
  }
  const candidates = replica.key
    .filter((look) => look.kind === 'object')
    .filter((look) => look.size === told.size && look.versionId !== version.versionId)
    .filter(({ lastModified: at }) => at === undefined || at >= wholeSecond(version.eventTime))
    .toReversed()
    .toSorted((a, b) => Number(b.etag === told.etag) - Number(a.etag === told.etag))
    .slice(0, CANDIDATES)
  const next = candidates.find(({ versionId }) => !asked.has(versionId))
  if (next === undefined) return NONE
  const why = 'whose copy is this'
  return {
    kind: 'unknown',
    next: { side: 'destination', how: 'copy', checksums: true, why, versionId: next.versionId },
  }
}

/** The version's size and ETag: the event's, or what the source tells. */
function originalOf({
  version,
  policy,
  source,
}: Situation): SubstituteView | { readonly size: number; readonly etag?: string | undefined } {
  const look = bestLook(source)?.look
  const told = look?.kind === 'object' ? look : undefined
  const size = version.size ?? told?.size
  if (size !== undefined) return { size, etag: version.etag ?? told?.etag }
  const how = nextWay(source, policy.evidence)
  if (how === undefined) return NONE
  return { kind: 'unknown', next: { side: 'source', how, checksums: false, why: 'the event gave no size' } }
}

function byChecksum({ source }: Situation, copy: ObjectLook): SubstituteView | undefined {
  if (copy.checksums.length === 0) return undefined
  if (source.head === undefined || (source.head.kind === 'object' && source.checksummed !== true)) {
    const why = "same size, other ETag: what is the original's checksum"
    return { kind: 'unknown', next: { side: 'source', how: 'head', checksums: true, why } }
  }
  if (source.head.kind !== 'object') return undefined
  const verdict = compareChecksums(source.head.checksums, copy.checksums, { sameParts: false })
  return verdict === 'equal' ? { kind: 'copied', evidence: 'checksum' } : undefined
}

/**
 * A version whose own replica is wrong gives way to whatever is current on both sides, and right. One that is absent gives
 * way to its own copy in place alone: other newer versions are no reason to lose an older one.
 */
function viewNewer(situation: Situation, own: 'absent' | 'differs'): SubstituteView {
  const { version, source, replica } = situation
  if (source.key === undefined) return orGiveUp(source.keyRefused, 'source', 'was it written again since')
  const newer = candidateOf(source.key, version.versionId, own)
  if (newer === undefined) return NONE
  const { versionId } = newer
  if (source.newer === undefined) {
    const why = 'does the newer version stand for it'
    return { kind: 'unknown', next: { side: 'source', how: 'newer', checksums: true, why, versionId } }
  }
  if (source.newer.kind !== 'object') return NONE
  if (own === 'absent' && source.newer.retriggerOf !== version.versionId) return NONE
  if (own === 'differs') {
    if (replica.key === undefined) return orGiveUp(replica.keyRefused, 'destination', 'which version is current')
    if (replica.key[0]?.versionId !== versionId) return NONE
  }
  if (replica.newer === undefined) {
    const why = 'has the newer version landed'
    return { kind: 'unknown', next: { side: 'destination', how: 'newer', checksums: true, why, versionId } }
  }
  return same(source.newer, replica.newer)
}

/**
 * At the source: the object written right after it, or the current one. Nothing comes between a version and its copy in
 * place; markers are left out, since within one second a listing does not tell what came first.
 */
function candidateOf(key: readonly FoundLook[], versionId: string, own: 'absent' | 'differs'): FoundLook | undefined {
  const at = key.findIndex((look) => look.versionId === versionId)
  if (at <= 0) return undefined
  if (own === 'differs') return key[0]?.kind === 'object' ? key[0] : undefined
  return key.slice(0, at).findLast((look) => look.kind === 'object')
}

function same(source: ObjectLook, replica: NonNullable<Situation['replica']['newer']>): SubstituteView {
  if (replica.kind !== 'object' || replica.size !== source.size) return NONE
  if (source.etag !== undefined && source.etag === replica.etag) return { kind: 'superseded', evidence: 'head' }
  const verdict = compareChecksums(source.checksums, replica.checksums, { sameParts: true })
  return verdict === 'equal' ? { kind: 'superseded', evidence: 'checksum' } : NONE
}

function orGiveUp(refused: boolean | undefined, side: Wanted['side'], why: string): SubstituteView {
  return refused === true ? NONE : { kind: 'unknown', next: { side, how: 'key', checksums: false, why } }
}

/** Listings tell Last-Modified in whole seconds, events in milliseconds. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}
