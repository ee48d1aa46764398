/**
 * The replication role, where it was created in IAM or its account is strict: its trust policy, its own policies, and those
 * of both buckets are asked as S3 asks them. Any other role may everything.
 */
import { fixedKeys } from '../iam/context.ts'
import type { Guard } from '../iam/guard.ts'
import type { S3ForOthers } from '../types.ts'

/**
 * Whether the role may do this to the version at the source or at the destination.
 * @param implied what needs no grant, but may be denied
 */
export type RoleMay = (on: 'source' | 'destination', action: string, implied?: true) => boolean

export interface RoleAt {
  readonly role: string
  readonly source: string
  readonly destination: string
  readonly key: string
}

/** Undefined: nothing is evaluated. */
export function roleMay(at: RoleAt, s3: Pick<S3ForOthers, 'bucket'>, guard: Guard | undefined): RoleMay | undefined {
  const who = guard?.acting(at.role, 's3-replication')
  if (guard === undefined || who === undefined) return undefined
  return (on, action, implied) => {
    const bucket = s3.bucket(at[on])
    if (bucket === undefined) return false
    if (action === 'sts:AssumeRole') return isTrusted(at.role, bucket, guard)
    const resource = `arn:aws:s3:::${bucket.name}/${at.key}`
    const denied = guard.denial({ who, action, resource, owner: bucket.account, policy: bucket.policy })
    return denied === undefined || (implied === true && denied.refusal.endsWith(' lacks'))
  }
}

/** S3 says for which bucket it acts, so that a trust policy may ask (S3 user guide, "Setting up permissions"). */
function isTrusted(role: string, source: { readonly name: string; readonly account: string }, guard: Guard): boolean {
  const keys = fixedKeys({ 'aws:sourcearn': `arn:aws:s3:::${source.name}`, 'aws:sourceaccount': source.account })
  return guard.trustFault(role, 's3.amazonaws.com', keys) === undefined
}

/** The grant of a batch job's role, on one object of its source. */
export function roleMayInitiate(
  at: { readonly role: string; readonly bucket: string; readonly key: string },
  s3: Pick<S3ForOthers, 'bucket'>,
  guard: Guard | undefined,
): boolean {
  const may = roleMay({ ...at, source: at.bucket, destination: at.bucket }, s3, guard)
  return may === undefined || may('source', 's3:InitiateReplication')
}
