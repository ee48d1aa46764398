/**
 * Which replication rule covers an object, or why none does. Pure: S3's configuration goes in as plain data.
 *
 * Sources: Amazon S3 API reference, ReplicationRule; user guide, "Replication configuration", "What does Amazon S3
 * replicate?", "Replicating delete markers between buckets".
 */
import type { VersionKind } from './version.ts'

export interface ReplicationRule {
  readonly id: string
  /** 1: without a `Filter`. Such rules replicate the delete markers that users make, and know neither tags nor priorities. */
  readonly schema: 1 | 2
  readonly enabled: boolean
  /** The higher one wins where several rules name the same destination. */
  readonly priority: number
  readonly prefix: string
  readonly tags: ReadonlyMap<string, string>
  /** The destination bucket's name. */
  readonly destination: string
  readonly deleteMarkers: boolean
}

export interface RuleObject {
  readonly key: string
  readonly kind: VersionKind
  /** Undefined: not known, since we may not read them. */
  readonly tags?: ReadonlyMap<string, string> | undefined
}

export type RuleMatch =
  | { readonly kind: 'covered'; readonly rule: ReplicationRule }
  /** It is covered if it has this rule's tags, which could not be read. */
  | { readonly kind: 'depends'; readonly rule: ReplicationRule }
  /** `why` has a sentence for each rule, or one for all. */
  | { readonly kind: 'uncovered'; readonly why: readonly string[] }

/** Whether S3 replicates such an object to `destination`, by the rules as they are now. */
export function matchRule(
  rules: readonly ReplicationRule[] | undefined,
  destination: string,
  object: RuleObject,
): RuleMatch {
  if (rules === undefined || rules.length === 0) {
    return { kind: 'uncovered', why: ['the source bucket has no replication configuration'] }
  }
  const why: string[] = []
  for (const rule of rules.toSorted((a, b) => b.priority - a.priority)) {
    const fits = filterOf(rule, destination, object)
    if (typeof fits === 'string') {
      why.push(`rule ${rule.id} ${fits}`)
      continue
    }
    // The one of the highest priority decides: what it does not replicate, a lower one does not either.
    if (object.kind === 'marker' && !rule.deleteMarkers) {
      why.push(`rule ${rule.id} does not replicate delete markers`)
      return { kind: 'uncovered', why }
    }
    return { kind: fits ? 'covered' : 'depends', rule }
  }
  return { kind: 'uncovered', why }
}

/** Why it does not fit; true where it does, false where only its tags can tell. */
function filterOf(rule: ReplicationRule, destination: string, { key, kind, tags }: RuleObject): string | boolean {
  if (rule.destination !== destination) return `replicates to ${rule.destination}`
  if (!rule.enabled) return 'is disabled'
  if (!key.startsWith(rule.prefix)) return `covers keys that begin with ${JSON.stringify(rule.prefix)}`
  if (rule.tags.size === 0) return true
  if (kind === 'marker') return 'wants tags, which a delete marker has not'
  if (tags === undefined) return false
  const missing = [...rule.tags].find(([name, value]) => tags.get(name) !== value)
  return missing === undefined ? true : `wants the tag ${missing.join('=')}`
}
