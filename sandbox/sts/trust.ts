import { ServiceError } from '../http/errors.ts'
import { fixedKeys } from '../iam/context.ts'
import { sentence } from '../iam/words.ts'
import type { Role } from '../iam/roles.ts'
import type { Call, WorldCore } from '../types.ts'

export interface TrustQuestion {
  readonly roleArn: string
  readonly session: string
  readonly externalId: string | undefined
  /** A device was named and its code given. */
  readonly mfa: boolean
}

/**
 * The role, where it was created and lets the caller in. Undefined: it never was, and its account is lenient, which trusts
 * everyone.
 * @throws ServiceError `AccessDenied`
 */
export function trustedRole(question: TrustQuestion, call: Call, { iam }: WorldCore): Role | undefined {
  const { roleArn, session, externalId, mfa } = question
  const { who } = call
  const role = iam.roles.byArn(roleArn)
  const owner = roleArn.split(':')[4]!
  if (role === undefined) {
    if (!iam.guard.concerns(who, owner)) return undefined
    // What is not there is answered as what is forbidden.
    throw new ServiceError(
      'AccessDenied',
      `User: ${who.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    )
  }
  const denied = iam.guard.denial({
    call,
    who,
    action: 'sts:AssumeRole',
    resource: roleArn,
    owner,
    trust: role,
    keys: fixedKeys({
      'sts:externalid': externalId,
      'sts:rolesessionname': session,
      ...(mfa ? { 'aws:multifactorauthpresent': 'true', 'aws:multifactorauthage': '0' } : {}),
    }),
  })
  if (denied !== undefined) throw new ServiceError('AccessDenied', sentence(denied), 403)
  return role
}
