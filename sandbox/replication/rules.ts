/**
 * Which rules of a bucket replicate a version. Pure.
 *
 * S3 user guide, "What does Amazon S3 replicate?" and "Replication configuration file elements".
 */
import type { ReplicationConfiguration, ReplicationRule, StoredVersion } from '../types.ts'

/** What S3 looks at when a version is written; tags are those given with the write. */
export type Candidate = Pick<StoredVersion, 'key' | 'deleteMarker' | 'tags' | 'storageClass' | 'sse' | 'replication'>

/** These must be restored before anything can read them. */
const ARCHIVED = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/** A rule with a tag filter. It never replicates delete markers, since these have no tags. */
export function wantsTags(rule: ReplicationRule): boolean {
  return Object.keys(rule.tags).length > 0
}

/**
 * The rules that replicate this version: one for each destination bucket, in the configuration's order.
 *
 * Replicas never replicate on (no chaining). What a lifecycle rule does never replicates either: nobody asks for those.
 * Where several rules of one destination match, the highest priority decides, also on delete markers: a rule that
 * keeps them at home is not overruled by a weaker one that would replicate them.
 */
export function rulesFor(
  config: ReplicationConfiguration | undefined,
  candidate: Candidate,
): readonly ReplicationRule[] {
  if (config === undefined || candidate.replication === 'REPLICA' || ARCHIVED.has(candidate.storageClass)) return []
  const strongest = new Map<string, ReplicationRule>()
  for (const rule of config.rules) {
    if (!rule.enabled || !candidate.key.startsWith(rule.prefix) || !matchesTags(rule, candidate)) continue
    const rival = strongest.get(rule.destination.bucket)
    if (rival === undefined || rule.priority > rival.priority) {
      strongest.set(rule.destination.bucket, rule)
    }
  }
  return [...strongest.values()].filter((rule) => takes(rule, candidate))
}

function matchesTags(rule: ReplicationRule, candidate: Candidate): boolean {
  return Object.entries(rule.tags).every(([name, value]) => candidate.tags?.[name] === value)
}

function takes(rule: ReplicationRule, candidate: Candidate): boolean {
  // V1 replicates the delete markers that users make; V2 must be told to.
  if (candidate.deleteMarker) return rule.schema === 'V1' || rule.deleteMarkers
  // SSE-C needs no word of the rule: S3 replicates it as it is (since 2022).
  return !isKms(candidate.sse) || rule.sseKms
}

export function isKms(sse: string | undefined): boolean {
  return sse?.startsWith('aws:kms') === true
}
