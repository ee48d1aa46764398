import { ServiceError } from '../../http/errors.ts'
import { optionalInteger, optionalText, requiredText } from '../../http/input.ts'
import type { StsAction } from '../service.ts'
import { mayAssume } from '../trust.ts'

const HOUR = 3600

/** Credentials whose account is the role's. The role need not exist: the sandbox has no IAM yet. */
export const assumeRole: StsAction = ({ input, call, core }) => {
  const roleArn = requiredText(input, 'RoleArn')
  const session = requiredText(input, 'RoleSessionName')
  const match = /^arn:aws:iam::(\d{12}):role\/([\w+=,.@/-]+)$/.exec(roleArn)
  if (match === null) throw new ServiceError('ValidationError', `${roleArn} is invalid`)
  if (!/^[\w+=,.@-]{2,64}$/.test(session)) throw new ServiceError('ValidationError', 'RoleSessionName is invalid')
  const caller = core.accounts.principal(call.accessKey)
  const externalId = optionalText(input, 'ExternalId')
  if (!mayAssume({ roleArn, caller, externalId })) {
    const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`
    throw new ServiceError('AccessDenied', message, 403)
  }
  // Role chaining: a session made from a session lasts an hour at most.
  const longest = caller.arn.includes(':assumed-role/') ? HOUR : 12 * HOUR
  const seconds = optionalInteger(input, 'DurationSeconds', 900, longest) ?? HOUR
  const issued = core.accounts.issue({ account: match[1]!, role: match[2]!, session, seconds })
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
