/**
 * What the replication role may do, as far as the fault `access` takes grants away. Only actions that replication alone
 * uses count, lest a fault that blinds an observer (`s3:GetObjectVersion`) also stops what he observes.
 *
 * S3 user guide, "Setting up permissions for live replication".
 */
import type { Faults } from '../types.ts'
import type { Operation } from './events.ts'

interface Grant {
  /** Whose `access` fault takes it away. */
  readonly on: 'source' | 'destination'
  readonly action: string
  readonly for: readonly Operation[]
  /** Of objects in parts alone, or of those in one piece; absent: of both. */
  readonly parts?: boolean
  readonly reason: string
}

const ALL: readonly Operation[] = ['OBJECT_PUT', 'OBJECT_DELETE', 'OBJECT_PUT_TAGGING']

const GRANTS: readonly Grant[] = [
  { on: 'source', action: 'sts:AssumeRole', for: ALL, reason: 'AssumeRoleNotPermitted' },
  {
    on: 'source',
    action: 's3:GetObjectVersionForReplication',
    for: ['OBJECT_PUT', 'OBJECT_PUT_TAGGING'],
    reason: 'SrcGetObjectNotPermitted',
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
  inParts: boolean,
  faults: Faults,
): string | undefined {
  const missing = GRANTS.find(
    (grant) =>
      grant.for.includes(attempt.operation) &&
      (grant.parts ?? inParts) === inParts &&
      denied(faults, attempt[grant.on], grant.action),
  )
  return missing?.reason
}

/** The grant of a batch job's role. */
export function mayInitiate(source: string, faults: Faults): boolean {
  return !denied(faults, source, 's3:InitiateReplication')
}

/** Without these S3 replicates the object, leaves its tags behind, and says nothing. */
export function mayCarryTags({ source, destination }: Between, faults: Faults): boolean {
  return (
    faults.replication?.withoutTags !== true &&
    !denied(faults, source, 's3:GetObjectVersionTagging') &&
    !denied(faults, destination, 's3:ReplicateTags')
  )
}

function denied(faults: Faults, bucket: string, action: string): boolean {
  return faults.access?.some((fault) => fault.bucket === bucket && fault.deny.includes(action)) === true
}
