/**
 * What the replication role may do: by its own policies where it was created (role.ts), less what the fault `access` takes
 * away. Of the fault's grants those count that replication alone uses, lest one that blinds an observer
 * (`s3:GetObjectVersion`) also stops what he observes.
 *
 * S3 user guide, "Setting up permissions for live replication".
 */
import type { Faults, StoredVersion } from '../types.ts'
import type { Operation } from './events.ts'
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
}

const ALL: readonly Operation[] = ['OBJECT_PUT', 'OBJECT_DELETE', 'OBJECT_PUT_TAGGING']

const GRANTS: readonly Grant[] = [
  { on: 'source', action: 'sts:AssumeRole', for: ALL, reason: 'AssumeRoleNotPermitted' },
  {
    on: 'source',
    action: 's3:GetObjectVersionForReplication',
    for: ['OBJECT_PUT', 'OBJECT_PUT_TAGGING'],
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
  { on: 'destination', action: 's3:ReplicateDelete', for: ['OBJECT_DELETE'], reason: 'DstDelObjNotPermitted' },
]

interface Between {
  readonly source: string
  readonly destination: string
}

/** The reason of the first grant that is missing for this operation. */
export function refusalOf(
  attempt: Between & { readonly operation: Operation },
  version: Pick<StoredVersion, 'partSizes' | 'sse'>,
  faults: Faults,
  role: RoleMay | undefined,
): string | undefined {
  const inParts = version.partSizes !== undefined
  const lacks = ({ on, action, or }: Grant): boolean => {
    if (denied(faults, attempt[on], action)) return true
    if (role === undefined || role(on, action)) return false
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
