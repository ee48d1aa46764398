/** The version that replication writes at the destination. */
import type { Faults, ReplicationRule, StoredVersion } from '../types.ts'

type ReplicationFaults = NonNullable<Faults['replication']>

/**
 * Everything is the source's, Last-Modified and version id included; only the status differs, and the storage class where
 * the rule names one. `chance` (uniform in [0, 1)) decides whether the fault `corrupt` strikes this replica.
 */
export function replicaOf(
  source: StoredVersion,
  rule: ReplicationRule,
  faults: ReplicationFaults,
  chance: number,
): StoredVersion {
  const { corrupt } = faults
  const struck = corrupt !== undefined && chance < corrupt.share && source.size > 0
  return source.with({
    storageClass: rule.destination.storageClass ?? source.storageClass,
    tags: tagsFor(source, faults),
    replication: 'REPLICA',
    ...(struck ? { body: damaged(source.body, corrupt.how) } : {}),
  })
}

/** A role without `s3:GetObjectVersionTagging` leaves the tags behind, and S3 says nothing of it. */
export function tagsFor(source: StoredVersion, faults: ReplicationFaults): StoredVersion['tags'] {
  return faults.withoutTags === true ? undefined : source.tags
}

/** As if another tool had written wrong bytes: size, ETag and checksum are those of what is stored. */
function damaged(body: Buffer, how: 'bytes' | 'truncated'): Buffer {
  if (how === 'truncated') return body.subarray(0, body.length >> 1)
  const other = Buffer.from(body)
  other[other.length >> 1]! ^= 0xff
  return other
}
