/** The version that replication writes at the destination. */
import { createHash } from 'node:crypto'
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
  const replica: StoredVersion = {
    ...source,
    storageClass: rule.destination.storageClass ?? source.storageClass,
    tags: tagsFor(source, faults),
    replication: 'REPLICA',
  }
  const { corrupt } = faults
  if (corrupt === undefined || chance >= corrupt.share || source.deleteMarker || source.size === 0) return replica
  return damaged(replica, corrupt.how)
}

/** A role without `s3:GetObjectVersionTagging` leaves the tags behind, and S3 says nothing of it. */
export function tagsFor(source: StoredVersion, faults: ReplicationFaults): StoredVersion['tags'] {
  return faults.withoutTags === true ? undefined : source.tags
}

/**
 * As if another tool had written wrong bytes: size and ETag are those of what is stored, and no checksum is told (S3
 * itself verifies what it copies, so that a damaged replica with the source's checksum cannot exist).
 */
function damaged(replica: StoredVersion, how: 'bytes' | 'truncated'): StoredVersion {
  const body =
    how === 'truncated' ? Buffer.from(replica.body.subarray(0, replica.size >> 1)) : Buffer.from(replica.body)
  if (how === 'bytes') body[body.length >> 1]! ^= 0xff
  return {
    ...replica,
    body,
    size: body.length,
    etag: createHash('md5').update(body).digest('hex'),
    checksum: undefined,
    partSizes: undefined,
  }
}
