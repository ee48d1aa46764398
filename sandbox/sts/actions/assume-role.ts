import { ServiceError } from '../../http/errors.ts'
import { type Input, optionalInteger, optionalText, requiredText } from '../../http/input.ts'
import { type Policy, parsePolicy, PolicyError } from '../../iam/evaluate/policy.ts'
import type { StsAction } from '../service.ts'
import { trustedRole } from '../trust.ts'

const HOUR = 3600

/**
 * Credentials whose account is the role's. A role that was never created may be assumed by anyone, and its session may do
 * anything, unless its account is strict (docs/sandbox.md, "Account boundaries").
 */
export const assumeRole: StsAction = ({ input, call, core }) => {
  const roleArn = requiredText(input, 'RoleArn')
  const session = requiredText(input, 'RoleSessionName')
  const match = /^arn:aws:iam::(\d{12}):role\/([\w+=,.@/-]+)$/.exec(roleArn)
  if (match === null) throw new ServiceError('ValidationError', `${roleArn} is invalid`)
  if (!/^[\w+=,.@-]{2,64}$/.test(session)) throw new ServiceError('ValidationError', 'RoleSessionName is invalid')
  const { who } = call
  const policy = sessionPolicy(input)
  const mfa = hasMfa(input)
  const role = trustedRole({ roleArn, session, externalId: optionalText(input, 'ExternalId'), mfa }, call, core)
  const seconds = optionalInteger(input, 'DurationSeconds', 900, 12 * HOUR) ?? HOUR
  // Role chaining: a session made from a session lasts an hour at most.
  if (who.session !== undefined && seconds > HOUR) {
    const message = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining'
    throw new ServiceError('ValidationError', message)
  }
  if (role !== undefined && seconds > role.maxSessionSeconds) {
    const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
    throw new ServiceError('ValidationError', message)
  }
  const bound = role !== undefined
  const issued = core.accounts.issue({ account: match[1]!, role: match[2]!, session, seconds, bound, mfa, policy })
  return {
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: new Date(issued.expiration).toISOString(),
    },
    AssumedRoleUser: { AssumedRoleId: issued.principal.userId, Arn: issued.principal.arn },
  }
}

/** @throws ServiceError `MalformedPolicyDocument` */
function sessionPolicy(input: Input): Policy | undefined {
  const text = optionalText(input, 'Policy')
  if (text === undefined) return undefined
  try {
    return parsePolicy(text, 'identity')
  } catch (error) {
    if (error instanceof PolicyError) throw new ServiceError('MalformedPolicyDocument', error.message)
    throw error
  }
}

/** Any six digits are the right code. */
function hasMfa(input: Input): boolean {
  const [device, code] = [optionalText(input, 'SerialNumber'), optionalText(input, 'TokenCode')]
  if (device === undefined && code === undefined) return false
  if (device !== undefined && code !== undefined && /^\d{6}$/.test(code)) return true
  const message = 'MultiFactorAuthentication failed with invalid MFA one time pass code.'
  throw new ServiceError('AccessDenied', message, 403)
}
