/**
 * Which rules of a bucket replicate a version. Pure.
 *
 * S3 user guide, "What does Amazon S3 replicate?" and "Replication configuration file elements".
 */
import type { ReplicationConfiguration, ReplicationRule } from '../types.ts'

/** What S3 looks at when a version is written; tags are those given with the write. */
export interface Candidate {
  readonly key: string
  readonly deleteMarker: boolean
  readonly tags: Readonly<Record<string, string>> | undefined
  readonly storageClass: string
  readonly sse: string | undefined
  /** It was written by replication itself: there is no chaining. */
  readonly replica: boolean
  /** A lifecycle rule wrote it (a delete marker). */
  readonly lifecycle: boolean
}

/** These must be restored before anything can read them. */
const ARCHIVED = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/** A V1 rule has `Prefix` and no `Filter`. It replicates the delete markers that users make; a V2 rule must be told to. */
export function isV1(rule: ReplicationRule): boolean {
  return rule.filter === undefined
}

export function matchesKey(rule: ReplicationRule, key: string): boolean {
  return key.startsWith(rule.filter?.prefix ?? rule.prefix ?? '')
}

/** A rule with a tag filter; such a rule never replicates delete markers, since these have no tags. */
export function wantsTags(rule: ReplicationRule): boolean {
  return Object.keys(rule.filter?.tags ?? {}).length > 0
}

/**
 * The rules that replicate this version: one for each destination bucket, in the configuration's order.
 *
 * Where several rules of one destination match, the highest priority decides, also on delete markers: a rule that
 * keeps them at home is not overruled by a weaker one that would replicate them.
 */
export function rulesFor(
  config: ReplicationConfiguration | undefined,
  candidate: Candidate,
): readonly ReplicationRule[] {
  if (config === undefined || candidate.replica || candidate.lifecycle || ARCHIVED.has(candidate.storageClass))
    return []
  const strongest = new Map<string, ReplicationRule>()
  for (const rule of config.rules) {
    if (!rule.enabled || !matchesKey(rule, candidate.key) || !matchesTags(rule, candidate)) continue
    const rival = strongest.get(rule.destination.bucket)
    if (rival === undefined || (rule.priority ?? 0) > (rival.priority ?? 0)) {
      strongest.set(rule.destination.bucket, rule)
    }
  }
  return [...strongest.values()].filter((rule) => takes(rule, candidate))
}

function matchesTags(rule: ReplicationRule, candidate: Candidate): boolean {
  const wanted = Object.entries(rule.filter?.tags ?? {})
  return wanted.every(([name, value]) => candidate.tags?.[name] === value)
}

function takes(rule: ReplicationRule, candidate: Candidate): boolean {
  if (candidate.deleteMarker) return isV1(rule) || (rule.deleteMarkers === true && !wantsTags(rule))
  // SSE-C needs no word of the rule: S3 replicates it as it is (since 2022).
  return !isKms(candidate.sse) || rule.kmsObjects === true
}

function isKms(sse: string | undefined): boolean {
  return sse?.startsWith('aws:kms') === true
}
