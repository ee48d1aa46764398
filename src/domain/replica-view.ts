/** What the destination's event and the looks at the destination mean for one version: `match: version`. */
import { compareChecksums, type ObjectLook } from './content.ts'
import type { OwnReason } from './failures.ts'
import { bestLook, nextWay, type Ask, type Situation } from './situation.ts'
import { viewSource } from './source-view.ts'

/** What has to be asked before the view is complete. */
export interface Wanted extends Omit<Ask, 'kind' | 'versionId'> {
  /** Where it is another than the version's own: the candidate's, for `match: content`. */
  readonly versionId?: string | undefined
}

/**
 * - `unknown`: ask `next`
 * - `here`: the replica, proven by `evidence`; `unverified` where its content could not be compared
 * - `differs`: something else under this version id
 * - `absent`: not there. `suspect`: something else is, which may be an older write (`null` ids, `match: content`)
 * - `refused`: we may not look
 */
export type ReplicaView =
  | { readonly kind: 'unknown'; readonly next: Wanted }
  | {
      readonly kind: 'here'
      readonly evidence: 'event' | 'head' | 'list' | 'checksum'
      readonly unverified: boolean
    }
  | { readonly kind: 'differs'; readonly reason: OwnReason }
  | { readonly kind: 'absent'; readonly how: 'head' | 'list'; readonly suspect?: OwnReason | undefined }
  | { readonly kind: 'refused'; readonly grant: string }

/** What an event or a look says is under the version id. */
interface Found {
  readonly kind: 'object' | 'marker'
  readonly size?: number | undefined
  readonly etag?: string | undefined
  readonly evidence: 'event' | 'head' | 'list'
}

export function viewReplica(situation: Situation): ReplicaView {
  const { version, policy, replica } = situation
  const best = bestLook(replica)
  if (best?.look.kind === 'absent') return { kind: 'absent', how: best.how }
  const found = best === undefined || best.look.kind === 'refused' ? arrived(situation) : seen(best.look, best.how)
  if (found !== undefined) return measure(situation, found)

  const how = nextWay(replica, policy.evidence)
  if (how !== undefined) {
    const why = replica.head === undefined ? 'is the replica there' : 'HEAD is refused; is it in the listing'
    return { kind: 'unknown', next: { side: 'destination', how, checksums: false, why } }
  }
  // Every way was tried, and refused. The event alone still proves that the version is there, as far as it tells.
  const { arrival } = replica
  if (arrival?.kind === version.kind) return measure(situation, { ...arrival, evidence: 'event' })
  return { kind: 'refused', grant: best?.look.kind === 'refused' ? best.look.grant : 's3:ListBucketVersions' }
}

/** An event that does not tell enough to compare is not used: a look is. */
function arrived({ version, replica }: Situation): Found | undefined {
  const { arrival } = replica
  if (arrival === undefined || arrival.kind !== version.kind) return undefined
  if (arrival.kind === 'object' && (arrival.size === undefined || arrival.etag === undefined)) return undefined
  return { kind: arrival.kind, size: arrival.size, etag: arrival.etag, evidence: 'event' }
}

function seen(look: ObjectLook | { readonly kind: 'marker' }, how: 'head' | 'list'): Found {
  if (look.kind === 'marker') return { kind: 'marker', evidence: how }
  return { kind: 'object', size: look.size, etag: look.etag, evidence: how }
}

function measure(situation: Situation, found: Found): ReplicaView {
  const { version, policy, source } = situation
  const { evidence } = found
  if (found.kind !== version.kind) return { kind: 'differs', reason: 'KindDiffers' }
  if (version.kind === 'marker') return { kind: 'here', evidence, unverified: false }

  // Some events carry no size; then the source's own look supplies what to compare with.
  const original = bestLook(source)
  const told = original?.look.kind === 'object' ? original.look : undefined
  const size = version.size ?? told?.size
  const etag = version.etag ?? told?.etag
  if (size === undefined || etag === undefined) {
    const how = nextWay(source, policy.evidence)
    if (how !== undefined && told === undefined) {
      return { kind: 'unknown', next: { side: 'source', how, checksums: false, why: 'the event gave no size or ETag' } }
    }
  }
  if (size === undefined || found.size === undefined) return { kind: 'here', evidence, unverified: true }
  if (size !== found.size) return { kind: 'differs', reason: 'SizeDiffers' }
  if (etag !== undefined && etag === found.etag) return { kind: 'here', evidence, unverified: false }
  return byChecksum(situation, evidence)
}

/**
 * Same size, other ETag: normal under SSE-KMS and for other part layouts, so ETags alone never fail a replica. The
 * checksums decide, and where there is nothing to compare the version id and the size stand, noted as unverified.
 */
function byChecksum(situation: Situation, evidence: Found['evidence']): ReplicaView {
  const { version, policy, replica, source } = situation
  const reused = version.versionId === 'null' ? sameNull(situation) : undefined
  if (reused !== undefined) return reused

  const unverified = { kind: 'here', evidence, unverified: true } as const
  if (policy.evidence === 'list') return unverified

  if (replica.head === undefined || (replica.head.kind === 'object' && replica.checksummed !== true)) {
    const why = "ETags differ: what is the replica's checksum"
    return { kind: 'unknown', next: { side: 'destination', how: 'head', checksums: true, why } }
  }
  if (replica.head.kind !== 'object' || replica.head.checksums.length === 0) return unverified

  if (source.head === undefined || (source.head.kind === 'object' && source.checksummed !== true)) {
    const why = "ETags differ: what is the source's checksum"
    return { kind: 'unknown', next: { side: 'source', how: 'head', checksums: true, why } }
  }
  if (source.head.kind !== 'object') return unverified

  const verdict = compareChecksums(source.head.checksums, replica.head.checksums, { sameParts: true })
  if (verdict === 'equal') return { kind: 'here', evidence: 'checksum', unverified: false }
  return verdict === 'different' ? { kind: 'differs', reason: 'ChecksumDiffers' } : unverified
}

/**
 * Every overwrite has the id `null`, so the id proves nothing: what is there may be an older write of the same size.
 * It is compared further only where S3 says that this very content is replicated.
 */
function sameNull({ version, policy, source }: Situation): ReplicaView | undefined {
  const how = nextWay(source, policy.evidence)
  if (how !== undefined) {
    const why = 'null, and the ETags differ: is this content replicated'
    return { kind: 'unknown', next: { side: 'source', how, checksums: false, why } }
  }
  if (viewSource(version, policy, source).kind === 'completed') return undefined
  return { kind: 'absent', how: policy.evidence === 'list' ? 'list' : 'head', suspect: 'ContentUnproven' }
}
