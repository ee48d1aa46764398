/**
 * The same for `match: content`: replicas that other tools than S3 make, so that version ids differ. The content is the
 * identity here: size plus ETag or checksum. Size alone proves nothing, since an overwrite may keep it.
 */
import { compareChecksums, type ObjectLook } from './content.ts'
import type { ReplicaView } from './replica-view.ts'
import { bestLook, nextWay, type FoundLook, type Situation } from './situation.ts'

export function viewContent(situation: Situation): ReplicaView {
  const { version, replica } = situation
  if (replica.key === undefined) {
    if (replica.list?.kind === 'refused') return { kind: 'refused', grant: replica.list.grant }
    const why = 'is its content at the key'
    return { kind: 'unknown', next: { side: 'destination', how: 'key', checksums: false, why } }
  }
  if (version.kind === 'marker') {
    // A marker has no content; it has come when it is the newest thing at the key.
    if (replica.key[0]?.kind === 'marker') return { kind: 'here', evidence: 'list', unverified: false }
    return { kind: 'absent', how: 'list' }
  }
  const copies = replica.key.filter((look) => couldBeCopy(look, version.eventTime))
  // The same bytes written again: a tool that compares before it copies leaves the older object in its place, rightly.
  const inPlace = copies.length === 0 && replica.key[0]?.kind === 'object' ? replica.key[0] : undefined
  const objects = inPlace === undefined ? copies : [inPlace]
  if (objects.length === 0) return { kind: 'absent', how: 'list' }
  const view = compare(situation, objects)
  // Other content is no fault of an older object: it is of an older version, and the copy is still to come.
  return view.kind === 'absent' && inPlace !== undefined ? { kind: 'absent', how: 'list' } : view
}

function compare(situation: Situation, objects: readonly ObjectLook[]): ReplicaView {
  const { version, policy, source } = situation

  const original = bestLook(source)
  const told = original?.look.kind === 'object' ? original.look : undefined
  const size = version.size ?? told?.size
  const etag = version.etag ?? told?.etag
  if (size === undefined) {
    const how = nextWay(source, policy.evidence)
    if (how === undefined) return { kind: 'absent', how: 'list', suspect: 'ContentUnproven' }
    return { kind: 'unknown', next: { side: 'source', how, checksums: false, why: 'the event gave no size' } }
  }
  const sized = objects.filter((look) => look.size === size)
  if (etag !== undefined && sized.some((look) => look.etag === etag)) {
    return { kind: 'here', evidence: 'list', unverified: false }
  }
  const [candidate] = sized
  if (candidate === undefined) return { kind: 'absent', how: 'list', suspect: 'ContentDiffers' }
  return byChecksum(situation, candidate)
}

/** A copy is made after its original; an older object at the key was made of an older version. */
function couldBeCopy(look: FoundLook, eventTime: number): look is ObjectLook {
  return look.kind === 'object' && (look.lastModified === undefined || look.lastModified >= wholeSecond(eventTime))
}

/** HEAD tells Last-Modified in whole seconds, events in milliseconds. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

/** Only the newest candidate is asked for: questions about one version have to end. */
function byChecksum({ policy, replica, source }: Situation, candidate: ObjectLook): ReplicaView {
  const unproven = { kind: 'absent', how: 'list', suspect: 'ContentUnproven' } as const
  if (policy.evidence === 'list') return unproven
  if (replica.head === undefined) {
    const why = "same size, other ETag: what is the copy's checksum"
    const { versionId } = candidate
    return { kind: 'unknown', next: { side: 'destination', how: 'head', checksums: true, why, versionId } }
  }
  if (replica.head.kind !== 'object') return unproven
  if (source.head === undefined || (source.head.kind === 'object' && source.checksummed !== true)) {
    const why = "same size, other ETag: what is the original's checksum"
    return { kind: 'unknown', next: { side: 'source', how: 'head', checksums: true, why } }
  }
  if (source.head.kind !== 'object') return unproven
  switch (compareChecksums(source.head.checksums, replica.head.checksums, { sameParts: false })) {
    case 'equal':
      return { kind: 'here', evidence: 'checksum', unverified: false }
    case 'different':
      return { kind: 'absent', how: 'list', suspect: 'ContentDiffers' }
    case 'unproven':
      return unproven
  }
}
