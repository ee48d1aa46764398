/**
 * Looks at the very version of each suspicion before it is reported: a listing is minutes old by then, ETags prove
 * nothing by themselves, and S3's own word tells what is excluded from what was lost.
 */
import { isByEtagAlone, wrongCurrent } from '../../domain/audit/classify.ts'
import type { AuditRules } from '../../domain/audit/classify.ts'
import type { Finding, SideSeen } from '../../domain/audit/finding.ts'
import { place } from '../../domain/audit/lifecycle.ts'
import { compareChecksums } from '../../domain/content.ts'
import type { PairPolicy } from '../../domain/situation.ts'
import type { Look, ObjectStore, Side } from '../../ports.ts'
import { makeStandIn } from '../stand-in.ts'

/** - `matched`: it is there after all · `unverified`: ... and its content could not be compared · `gone`: it is no more */
export type Confirmed =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'matched' | 'unverified' | 'gone' }

export interface ConfirmNeeds {
  /** Its calls are paced and repeated by the caller. */
  readonly objects: ObjectStore
  readonly pair: PairPolicy & { readonly name: string }
  readonly rules: AuditRules
  readonly signal?: AbortSignal | undefined
}

/** All findings of one key; as many answers, in their order. */
export type ConfirmKey = (findings: readonly Finding[]) => Promise<readonly Confirmed[]>

const KEY_LIMIT = 1000

export function makeConfirm({ objects, pair: policy, rules, signal }: ConfirmNeeds): ConfirmKey {
  const { evidence, name: pair } = policy
  const standsFor = makeStandIn({ objects })

  return async (findings) => {
    const copies = await copiesAmong(findings)
    return Promise.all(
      findings.map(async (finding): Promise<Confirmed> => {
        if (copies.has(finding)) return copies.get(finding)!
        switch (finding.class) {
          case 'missing':
            return missing(finding)
          case 'mismatched':
            return mismatched(finding)
          case 'extra':
            return extra(finding)
          case 'wrong current':
            return current(finding)
          case 'late':
          case 'excluded':
          case 'lifecycle marker':
          case 'expired':
            return { kind: 'finding', finding }
        }
      }),
    )
  }

  async function look(side: Side, key: string, versionId: string, checksums = false): Promise<Look> {
    const at = { pair, side, key, versionId, signal }
    if (evidence === 'list') return objects.listVersion(at)
    const head = await objects.head({ ...at, checksums })
    return head.kind === 'refused' ? objects.listVersion(at) : head
  }

  /** A missing version and an extra one of the same key may be one: a copy that Landfall made, under an id of its own. */
  async function copiesAmong(findings: readonly Finding[]): Promise<ReadonlyMap<Finding, Confirmed>> {
    const found = new Map<Finding, Confirmed>()
    const absent = findings.filter((finding) => finding.class === 'missing' && finding.kind === 'object')
    if (absent.length === 0 || evidence === 'list') return found
    for (const finding of findings) {
      if (finding.class !== 'extra' || finding.kind !== 'object') continue
      const seen = await look('destination', finding.key, finding.versionId)
      const original = seen.kind === 'object' ? absent.find(({ versionId }) => versionId === seen.copyOf) : undefined
      if (original === undefined || found.has(original) || original.source?.size !== finding.destination?.size) continue
      // Anybody who may write there may write metadata: only content proves a copy, where Landfall makes any.
      if (policy.redrive?.copy === true && (await standIn(original, 'absent')) !== 'copied') continue
      found.set(original, { kind: 'matched' })
      found.set(finding, { kind: 'gone' })
    }
    return found
  }

  /** Another version, proved to stand for one that is absent or wrong: as verdicts have it (docs/verdicts.md). */
  async function standIn({ key, versionId, kind, source }: Finding, own: 'absent' | 'differs') {
    if (kind !== 'object') return undefined
    return standsFor(policy, { ...source, key, versionId }, own, signal ?? new AbortController().signal)
  }

  async function unlessReplaced(finding: Finding, own: 'absent' | 'differs'): Promise<Confirmed> {
    switch (await standIn(finding, own)) {
      case 'copied':
        return { kind: 'matched' }
      case 'superseded':
        return excluded(finding, 'a newer version landed in its place')
      case undefined:
        return { kind: 'finding', finding }
    }
  }

  async function missing(finding: Finding): Promise<Confirmed> {
    const { key, versionId, kind, source } = finding
    // Both at one time: hardly any turns out to have come meanwhile, and then one look was asked for nothing.
    const [there, here] = await Promise.all([look('destination', key, versionId), look('source', key, versionId)])
    if (there.kind === kind && (kind === 'marker' || isSame(there, source))) return { kind: 'matched' }
    if (here.kind === 'absent') return { kind: 'gone' }
    if (here.kind !== 'object' || rules.policy.match === 'content') return { kind: 'finding', finding }
    switch (here.replication) {
      case 'none':
        return excluded(finding, 'S3 gives it no replication status: written before the rule, or not covered by it')
      case 'REPLICA':
        return excluded(finding, 'it is a replica itself, which S3 does not replicate further')
      case 'FAILED':
        return unlessReplaced(because(finding, 'ReplicationFailed', 'S3 marks it FAILED'), 'absent')
      case 'PENDING':
        return { kind: 'finding', finding: because(finding, 'PendingTooLong', 'S3 still says PENDING') }
      case 'COMPLETED':
        return unlessReplaced(
          because(finding, 'ReplicaMissing', 'S3 says COMPLETED, and the destination has no such version'),
          'absent',
        )
      case 'unknown':
        return unlessReplaced(
          because(finding, 'StatusUnknown', 'not at the destination; its replication status may not be read'),
          'absent',
        )
    }
  }

  async function mismatched(finding: Finding): Promise<Confirmed> {
    const { key, versionId } = finding
    const [here, there] = await Promise.all([
      look('source', key, versionId, true),
      look('destination', key, finding.destination?.versionId ?? versionId, true),
    ])
    if (here.kind === 'absent') return { kind: 'gone' }
    if (there.kind === 'absent') return missing({ ...finding, class: 'missing', why: 'not at the destination' })
    if (here.kind === 'marker' && there.kind === 'marker') return { kind: 'matched' }
    if (here.kind !== 'object' || there.kind !== 'object') return { kind: 'finding', finding }
    if (here.size !== there.size) return unlessReplaced(finding, 'differs')
    if (here.etag !== undefined && here.etag === there.etag) return { kind: 'matched' }
    // Where other tools copy, parts may be cut otherwise; S3's own replication keeps them.
    const sameParts = rules.policy.match === 'version'
    switch (compareChecksums(here.checksums, there.checksums, { sameParts })) {
      case 'equal':
        return { kind: 'matched' }
      case 'different':
        return unlessReplaced(because(finding, 'ChecksumDiffers', 'same size, other checksum'), 'differs')
      case 'unproven':
        if (!isByEtagAlone(finding)) return { kind: 'finding', finding }
        return rules.policy.match === 'content'
          ? { kind: 'finding', finding: { ...finding, class: 'missing', reason: 'ContentUnproven' } }
          : { kind: 'unverified' }
    }
  }

  async function extra(finding: Finding): Promise<Confirmed> {
    const { key, versionId, destination } = finding
    // A marker at the source alone, whose lifecycle may not be read.
    if (destination === undefined) {
      const here = await look('source', key, versionId)
      return here.kind === 'absent' ? { kind: 'gone' } : { kind: 'finding', finding }
    }
    const there = await look('destination', key, versionId)
    if (there.kind === 'absent') return { kind: 'gone' }
    const copyOf = there.kind === 'object' ? there.copyOf : undefined
    const why = copyOf === undefined ? finding.why : `a copy that Landfall made of the source's version ${copyOf}`
    return { kind: 'finding', finding: { ...finding, why } }
  }

  async function current(finding: Finding): Promise<Confirmed> {
    const at = { pair, key: finding.key, limit: KEY_LIMIT, signal }
    const [here, there] = await Promise.all([
      objects.listKey({ ...at, side: 'source' }),
      objects.listKey({ ...at, side: 'destination' }),
    ])
    const still = wrongCurrent(finding.key, place(here.map(seenOf)), place(there.map(seenOf)), rules)
    return still === undefined ? { kind: 'gone' } : { kind: 'finding', finding }
  }
}

function because(finding: Finding, reason: string, why: string): Finding {
  return { ...finding, reason, why }
}

function excluded(finding: Finding, why: string): Confirmed {
  const { reason: _reason, ...rest } = finding
  return { kind: 'finding', finding: { ...rest, class: 'excluded', why } }
}

function isSame(look: Look, source: SideSeen | undefined): boolean {
  if (look.kind !== 'object' || look.size !== source?.size) return false
  // Every overwrite has the id `null`, and may have kept the size.
  return source.versionId !== 'null' || look.etag === source.etag
}

function seenOf(look: Look & { readonly kind: 'object' | 'marker' }): SideSeen {
  return look.kind === 'marker' ? { versionId: look.versionId, kind: 'marker' } : { ...look, kind: 'object' }
}
