/**
 * What the versions of one key on both sides say: pure, and the same whether they were listed or come from inventories.
 *
 * `missing`, `mismatched`, `wrong current` and `extra` are suspicions until a look at the very version confirms them
 * (workers/confirm.ts); the other classes are explained by rules alone.
 */
import { NO_FINDINGS, type Finding, type FindingClass, type SideSeen } from './finding.ts'
import { deletedBy, type Lifecycle, type LifecycleRule, markedBy, place, type Placed } from './lifecycle.ts'

/** The part of a pair's configuration that an audit rests on; `Pair` of config/estate.ts satisfies it. */
export interface AuditPolicy {
  readonly match: 'version' | 'content'
  readonly deleteMarkers: boolean
  readonly excludePrefixes: readonly string[]
  readonly lateAfterMs: number
  readonly destinationExpiresAfterMs?: number | undefined
}

export interface AuditRules {
  readonly policy: AuditPolicy
  /** When the audit began, ms: what is younger than this less `lateAfterMs` may still be on its way. */
  readonly startedAt: number
  readonly lifecycle: { readonly source: Lifecycle; readonly destination: Lifecycle }
}

export interface Classified {
  /** Versions of the source's side. */
  readonly compared: number
  readonly matched: number
  readonly findings: readonly Finding[]
}

/** Both lists newest first, as listings give them. */
export function classifyKey(
  key: string,
  source: readonly SideSeen[],
  destination: readonly SideSeen[],
  rules: AuditRules,
): Classified {
  const left = place(source)
  const right = place(destination)
  const result = classifyPlaced(key, left, right, rules)
  const wrong = result.findings.some(({ class: name }) => DISTURBS.has(name))
    ? undefined
    : wrongCurrent(key, left, right, rules)
  return wrong === undefined ? result : { ...result, findings: [...result.findings, wrong] }
}

/** With one of these the sides do not hold the same versions, and which one is current follows from that. */
const DISTURBS: ReadonlySet<FindingClass> = new Set(['missing', 'mismatched', 'extra', 'late'])

/** Any part of a key's versions, as long as both lists hold all that have an id in common: but for `wrong current`. */
export function classifyPlaced(
  key: string,
  source: readonly Placed[],
  destination: readonly Placed[],
  rules: AuditRules,
): Classified {
  const findings: Finding[] = []
  let matched = 0
  const partners = rules.policy.match === 'version' ? byId(destination) : undefined
  const found = new Set<Placed>()
  for (const version of source) {
    const partner = partners === undefined ? sameContent(version, destination) : partners.get(version.versionId)
    if (partner !== undefined) found.add(partner)
    const finding = partner === undefined ? alone(key, version, rules) : compared(key, version, partner, rules)
    if (finding === undefined) matched += 1
    else findings.push(finding)
  }
  for (const version of destination) {
    // Other tools copy one content more than once.
    const isKnown = found.has(version) || (partners === undefined && source.some((one) => looksSame(one, version)))
    const finding = isKnown ? undefined : surplus(key, version, rules)
    if (finding !== undefined) findings.push(finding)
  }
  return { compared: source.length, matched, findings: findings.length === 0 ? NO_FINDINGS : findings }
}

/** Whether two versions under one id are the same as far as a listing tells. */
export function looksSame(source: SideSeen, destination: SideSeen): boolean {
  if (source.kind !== destination.kind) return false
  if (source.kind === 'marker') return true
  return source.size === destination.size && source.etag !== undefined && source.etag === destination.etag
}

/** Same size, other ETag: normal under SSE-KMS and for other part layouts, so only checksums decide. */
export function isByEtagAlone({ class: name, source, destination }: Finding): boolean {
  if (name !== 'mismatched' || source?.kind !== 'object' || destination?.kind !== 'object') return false
  return source.size === destination.size
}

/** The newest of the versions that both sides hold must be the same; markers that a lifecycle made hide none of them. */
export function wrongCurrent(
  key: string,
  source: readonly Placed[],
  destination: readonly Placed[],
  { policy }: AuditRules,
): Finding | undefined {
  if (policy.match === 'content' || source.length === 0 || destination.length === 0) return undefined
  if (source[0]!.versionId === destination[0]!.versionId) return undefined
  const there = byId(destination)
  const here = byId(source)
  const current = source.find(({ versionId }) => there.has(versionId))
  const shown = destination.find(({ versionId }) => here.has(versionId))
  if (current === undefined || shown === undefined || current.versionId === shown.versionId) return undefined
  return {
    class: 'wrong current',
    key,
    versionId: current.versionId,
    kind: current.kind,
    source: seen(current),
    destination: seen(shown),
    why: 'both sides hold it, and the destination shows an older or another version as the current one',
  }
}

function byId(versions: readonly Placed[]): ReadonlyMap<string, Placed> {
  return new Map(versions.map((version) => [version.versionId, version]))
}

/** For replicas that other tools make: any version of the key with this content. */
function sameContent(version: Placed, destination: readonly Placed[]): Placed | undefined {
  if (version.kind === 'marker') return destination.find(({ kind }) => kind === 'marker')
  return (
    destination.find((other) => looksSame(version, other)) ??
    destination.find(({ kind, size }) => kind === 'object' && size === version.size)
  )
}

function compared(key: string, version: Placed, partner: Placed, rules: AuditRules): Finding | undefined {
  if (looksSame(version, partner)) return undefined
  const both = {
    key,
    versionId: version.versionId,
    kind: version.kind,
    source: seen(version),
    destination: seen(partner),
  }
  // Every overwrite has the id `null`: what is there may be an older write, and the newer one is what is missing.
  if (version.versionId === 'null' && older(partner, version)) {
    const why = 'the destination holds an older version under the id null'
    return isYoung(version, rules) ? { ...both, class: 'late', why } : { ...both, class: 'missing', why }
  }
  if (version.kind !== partner.kind) {
    const why = `${article(version.kind)} at the source, ${article(partner.kind)} at the destination, under one version id`
    return { ...both, class: 'mismatched', why, reason: 'KindDiffers' }
  }
  if (version.size !== partner.size) {
    const why = `${version.size} bytes at the source, ${partner.size} at the destination`
    return { ...both, class: 'mismatched', why, reason: 'SizeDiffers' }
  }
  return { ...both, class: 'mismatched', why: 'same size, other ETag', reason: 'ChecksumDiffers' }
}

/** At the source, and not at the destination. */
function alone(key: string, version: Placed, rules: AuditRules): Finding | undefined {
  const { policy, startedAt, lifecycle } = rules
  const one = { key, versionId: version.versionId, kind: version.kind, source: seen(version) }
  const prefix = policy.excludePrefixes.find((excluded) => key.startsWith(excluded))
  if (prefix !== undefined) return { ...one, class: 'excluded', why: `the configuration excludes the prefix ${prefix}` }
  if (version.kind === 'marker') {
    if (!policy.deleteMarkers) {
      return {
        ...one,
        class: 'excluded',
        why: 'the configuration says that delete markers do not replicate (deleteMarkers)',
      }
    }
    const rule = markedBy(lifecycle.source, key, version)
    if (rule !== undefined) return { ...one, class: 'lifecycle marker', why: explained('made', 'source', rule) }
  }
  if (isYoung(version, rules)) {
    return { ...one, class: 'late', why: 'younger than the pair allows a replica to be late' }
  }
  const age = version.lastModified === undefined ? undefined : startedAt - version.lastModified
  if (policy.destinationExpiresAfterMs !== undefined && age !== undefined && age >= policy.destinationExpiresAfterMs) {
    return { ...one, class: 'expired', why: 'older than destinationExpires of the configuration' }
  }
  const rule = deletedBy(lifecycle.destination, key, version, startedAt)
  if (rule !== undefined) return { ...one, class: 'expired', why: explained('deleted', 'destination', rule) }
  if (version.kind === 'marker' && version.below?.kind === 'object' && lifecycle.source.kind === 'unknown') {
    return { ...one, class: 'extra', why: unexplained('source', lifecycle.source.grant) }
  }
  const reason = version.kind === 'marker' ? 'MarkerMissing' : 'ReplicaMissing'
  return { ...one, class: 'missing', why: 'not at the destination', reason }
}

/** At the destination, and not at the source. */
function surplus(key: string, version: Placed, rules: AuditRules): Finding | undefined {
  const { startedAt, lifecycle } = rules
  const one = { key, versionId: version.versionId, kind: version.kind, destination: seen(version) }
  const rule = markedBy(lifecycle.destination, key, version)
  if (rule !== undefined) return { ...one, class: 'lifecycle marker', why: explained('made', 'destination', rule) }
  // Written since: the source was listed before it.
  if (isYoung(version, rules)) return undefined
  const expired = deletedBy(lifecycle.source, key, version, startedAt)
  if (expired !== undefined) return { ...one, class: 'expired', why: explained('deleted', 'source', expired) }
  const grant =
    version.kind === 'marker' && version.below?.kind === 'object' && lifecycle.destination.kind === 'unknown'
      ? lifecycle.destination.grant
      : undefined
  const current = version.latest === true ? ', where it is the current one' : ''
  const why = grant === undefined ? `only at the destination${current}` : unexplained('destination', grant)
  return { ...one, class: 'extra', why }
}

function isYoung({ lastModified }: SideSeen, { policy, startedAt }: AuditRules): boolean {
  return lastModified !== undefined && lastModified > startedAt - policy.lateAfterMs
}

function older(one: SideSeen, other: SideSeen): boolean {
  return one.lastModified !== undefined && other.lastModified !== undefined && one.lastModified < other.lastModified
}

function explained(what: 'made' | 'deleted', side: string, { id, tagged }: LifecycleRule): string {
  return `${what} at the ${side} by the lifecycle rule ${id}${tagged ? ', if its tags fit' : ''}`
}

function unexplained(side: string, grant: string): string {
  return `a delete marker at the ${side} alone; a lifecycle rule may have made it, and that may not be read: grant ${grant}`
}

function article(kind: SideSeen['kind']): string {
  return kind === 'marker' ? 'a delete marker' : 'an object'
}

/** Without the place, which no reader of a report asks for. */
function seen({ versionId, kind, size, etag, lastModified, latest }: Placed): SideSeen {
  return {
    versionId,
    kind,
    ...(size === undefined ? {} : { size }),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(latest === undefined ? {} : { latest }),
  }
}
