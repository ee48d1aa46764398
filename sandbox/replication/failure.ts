/**
 * Why a replication fails. S3 user guide, "Amazon S3 replication failure reasons".
 */
import type { Faults, ReplicationRule, S3ForOthers, StoredVersion } from '../types.ts'
import { FOLLOWING, type Operation } from './events.ts'
import { refusalOf } from './grants.ts'
import type { RoleMay } from './role.ts'
import { isKms } from './rules.ts'

export interface Attempt {
  readonly source: string
  readonly destination: string
  readonly key: string
  readonly versionId: string
  readonly rule: ReplicationRule
  readonly operation: Operation
  /** Drawn when the version was written, uniform in [0, 1): whether it fails by a fault, and with which of its reasons. */
  readonly chance: number
  readonly choice: number
}

/** The reason, or undefined where the replica can be written. What the estate itself lacks comes before faults on order. */
export function failureOf(
  attempt: Attempt,
  s3: S3ForOthers,
  faults: Faults,
  role: RoleMay | undefined,
): string | undefined {
  const source = s3.bucket(attempt.source)
  if (source === undefined) return 'SrcBucketNotFound'
  if (source.replication === undefined) return 'SrcBucketReplicationConfigMissing'
  const version = s3.version(attempt.source, attempt.key, attempt.versionId)
  if (version === undefined) return 'SrcVersionNotFound'
  const destination = s3.bucket(attempt.destination)
  if (destination === undefined) return 'DstBucketNotFound'
  if (destination.versioning !== 'Enabled') return 'DstBucketUnversioned'
  if (source.objectLock && !destination.objectLock) return 'DstBucketObjectLockConfigMissing'
  const replica = s3.version(attempt.destination, attempt.key, attempt.versionId)
  if (FOLLOWING.has(attempt.operation) && replica === undefined) return 'DstVersionNotFound'
  return (
    refusalOf(attempt, version, faults, role) ??
    keyFailureOf(attempt, version, faults.kms) ??
    onOrder(attempt, faults.replication)
  )
}

/** Keys come in where the bytes of an object under SSE-KMS are read and written. */
function keyFailureOf(attempt: Attempt, version: StoredVersion, keys: Faults['kms']): string | undefined {
  if (keys === undefined || attempt.operation !== 'OBJECT_PUT' || !isKms(version.sse)) return undefined
  const stateOf = (key: string | undefined) => keys.find((fault) => fault.key === key)?.state
  // S3 knows one reason only for the source's key.
  if (stateOf(version.headers?.['x-amz-server-side-encryption-aws-kms-key-id']) !== undefined) {
    return 'SrcKmsKeyInvalidState'
  }
  const state = stateOf(attempt.rule.destination.kmsKey)
  if (state === undefined) return undefined
  return state === 'missing' ? 'DstKmsKeyNotFound' : 'DstKmsKeyInvalidState'
}

/** The shares of all faults that fit add up: two of 0.1 fail a fifth. */
function onOrder(attempt: Attempt, faults: Faults['replication']): string | undefined {
  let upTo = 0
  for (const { share, reasons, bucket, prefix } of faults?.fail ?? []) {
    if (bucket !== undefined && bucket !== attempt.source && bucket !== attempt.destination) continue
    if (prefix !== undefined && !attempt.key.startsWith(prefix)) continue
    upTo += share
    if (attempt.chance < upTo) return reasons[Math.floor(attempt.choice * reasons.length)] ?? 'AssumeRoleNotPermitted'
  }
  return undefined
}
