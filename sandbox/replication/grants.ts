/**
 * What the replication role may do: by its own policies where it was created (role.ts), less what the fault `access` takes
 * away. Of the fault's grants those count that replication alone uses, lest one that blinds an observer
 * (`s3:GetObjectVersion`) also stops what he observes.
 *
 * S3 user guide, "Setting up permissions for live replication".
 */
import type { Faults, StoredVersion } from '../types.ts'
import { FOLLOWING, type Operation } from './events.ts'
import type { RoleMay } from './role.ts'
import { isKms } from './rules.ts'

interface Grant {
  /** Whose `access` fault takes it away. */
  readonly on: 'source' | 'destination'
  readonly action: string
  readonly for: readonly Operation[]
  /** Of objects in parts alone, or of those in one piece; absent: of both. */
  readonly parts?: boolean
  readonly reason: string
  /** An older action that grants as much, but for objects under KMS keys. */
  readonly or?: string
  /** Of versions that have this. */
  readonly lock?: 'retention' | 'hold'
  /** It need not be granted; it may be denied. */
  readonly implied?: true
}

const ALL: readonly Operation[] = ['OBJECT_PUT', 'OBJECT_DELETE', ...FOLLOWING]

const GRANTS: readonly Grant[] = [
  { on: 'source', action: 'sts:AssumeRole', for: ALL, reason: 'AssumeRoleNotPermitted' },
  {
    on: 'source',
    action: 's3:GetObjectVersionForReplication',
    for: ['OBJECT_PUT', ...FOLLOWING],
    reason: 'SrcGetObjectNotPermitted',
    or: 's3:GetObjectVersion',
  },
  { on: 'source', action: 's3:GetObjectVersionAcl', for: ['OBJECT_PUT'], reason: 'SrcGetAclNotPermitted' },
  {
    on: 'destination',
    action: 's3:ReplicateObject',
    for: ['OBJECT_PUT'],
    parts: false,
    reason: 'DstPutObjectNotPermitted',
  },
  {
    on: 'destination',
    action: 's3:ReplicateObject',
    for: ['OBJECT_PUT'],
    parts: true,
    reason: 'DstMultipartInitNotPermitted',
  },
  // The lock of the version, where it has one (user guide, "Object Lock considerations": two grants on the source).
  {
    on: 'source',
    action: 's3:GetObjectRetention',
    for: ['OBJECT_PUT', 'OBJECT_PUT_RETENTION'],
    lock: 'retention',
    reason: 'SrcGetRetentionNotPermitted',
  },
  {
    on: 'source',
    action: 's3:GetObjectLegalHold',
    for: ['OBJECT_PUT', 'OBJECT_PUT_LEGAL_HOLD'],
    lock: 'hold',
    reason: 'SrcGetLegalHoldNotPermitted',
  },
  // No page asks for these: they fail only where somebody denies them.
  {
    on: 'destination',
    action: 's3:PutObjectRetention',
    for: ['OBJECT_PUT', 'OBJECT_PUT_RETENTION'],
    lock: 'retention',
    implied: true,
    reason: 'DstPutRetentionNotPermitted',
  },
  {
    on: 'destination',
    action: 's3:PutObjectLegalHold',
    for: ['OBJECT_PUT', 'OBJECT_PUT_LEGAL_HOLD'],
    lock: 'hold',
    implied: true,
    reason: 'DstPutLegalHoldNotPermitted',
  },
  { on: 'destination', action: 's3:ReplicateDelete', for: ['OBJECT_DELETE'], reason: 'DstDelObjNotPermitted' },
]

interface Between {
  readonly source: string
  readonly destination: string
}

/** The reason of the first grant that is missing for this operation. */
export function refusalOf(
  attempt: Between & { readonly operation: Operation },
  version: Pick<StoredVersion, 'partSizes' | 'sse' | 'lock'>,
  faults: Faults,
  role: RoleMay | undefined,
): string | undefined {
  const inParts = version.partSizes !== undefined
  const lacks = ({ on, action, or, lock, implied }: Grant): boolean => {
    if (lock !== undefined && version.lock?.[lock] === undefined) return false
    if (denied(faults, attempt[on], action)) return true
    if (role === undefined || role(on, action, implied)) return false
    return or === undefined || isKms(version.sse) || !role(on, or)
  }
  const missing = GRANTS.find(
    (grant) => grant.for.includes(attempt.operation) && (grant.parts ?? inParts) === inParts && lacks(grant),
  )
  return missing?.reason
}

/** The grant of a batch job's role. */
export function mayInitiate(source: string, faults: Faults): boolean {
  return !denied(faults, source, 's3:InitiateReplication')
}

/** Without these S3 replicates the object, leaves its tags behind, and says nothing. */
export function mayCarryTags({ source, destination }: Between, faults: Faults, role: RoleMay | undefined): boolean {
  return (
    (role === undefined || (role('source', 's3:GetObjectVersionTagging') && role('destination', 's3:ReplicateTags'))) &&
    faults.replication?.withoutTags !== true &&
    !denied(faults, source, 's3:GetObjectVersionTagging') &&
    !denied(faults, destination, 's3:ReplicateTags')
  )
}

function denied(faults: Faults, bucket: string, action: string): boolean {
  return faults.access?.some((fault) => fault.bucket === bucket && fault.deny.includes(action)) === true
}
