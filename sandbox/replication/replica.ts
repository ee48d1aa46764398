/** The version that replication writes at the destination. */
import type { Faults, ReplicationRule, StoredVersion } from '../types.ts'

export interface ReplicaTerms {
  readonly rule: ReplicationRule
  /** Tags stay behind where the role may not read or write them. */
  readonly carryTags: boolean
  readonly corrupt: NonNullable<Faults['replication']>['corrupt']
  /** Uniform in [0, 1): whether the fault `corrupt` strikes this replica. */
  readonly chance: number
}

/**
 * Everything is the source's, Last-Modified and version id included; only the status differs, and the storage class where
 * the rule names one.
 */
export function replicaOf(source: StoredVersion, terms: ReplicaTerms): StoredVersion {
  const { rule, carryTags, corrupt, chance } = terms
  const struck = corrupt !== undefined && chance < corrupt.share && source.size > 0
  return source.with({
    storageClass: rule.destination.storageClass ?? source.storageClass,
    tags: carryTags ? source.tags : undefined,
    replication: 'REPLICA',
    ...(struck ? { body: damaged(source.body, corrupt.how) } : {}),
  })
}

/** As if another tool had written wrong bytes: size, ETag and checksum are those of what is stored. */
function damaged(body: Buffer, how: 'bytes' | 'truncated'): Buffer {
  if (how === 'truncated') return body.subarray(0, body.length >> 1)
  const other = Buffer.from(body)
  other[other.length >> 1]! ^= 0xff
  return other
}
