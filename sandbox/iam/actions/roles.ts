import { ServiceError } from '../../http/errors.ts'
import { objects, optionalInteger, optionalText, requiredText } from '../../http/input.ts'
import { type IamAction, members, nameOf, page, policyText, shown, tagList, theRole } from '../request.ts'
import type { Role } from '../roles.ts'

const HOUR = 3600

export const createRole: IamAction = (request) => {
  const { input, call, core } = request
  const { roles } = core.iam
  const name = nameOf(input, 'RoleName', 64)
  const path = optionalText(input, 'Path') ?? '/'
  if (!/^\/(?:[!-~]+\/)?$/.test(path))
    throw new ServiceError('ValidationError', 'The specified value for path is invalid.')
  const trust = policyText(input, 'AssumeRolePolicyDocument', 'trust')
  if (roles.named(call.account, name) !== undefined) {
    throw new ServiceError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409)
  }
  const role = roles.add({
    account: call.account,
    name,
    path,
    created: core.clock.now(),
    description: optionalText(input, 'Description'),
    maxSessionSeconds: optionalInteger(input, 'MaxSessionDuration', HOUR, 12 * HOUR) ?? HOUR,
    trust,
  })
  tag(role, request)
  return { Role: shown(role) }
}

export const getRole: IamAction = (request) => ({ Role: shown(theRole(request)) })

export const updateRole: IamAction = (request) => {
  const role = theRole(request)
  role.description = optionalText(request.input, 'Description') ?? role.description
  role.maxSessionSeconds =
    optionalInteger(request.input, 'MaxSessionDuration', HOUR, 12 * HOUR) ?? role.maxSessionSeconds
  return {}
}

/** Its policies first: IAM refuses a role that still has some. */
export const deleteRole: IamAction = (request) => {
  const role = theRole(request)
  if (role.policies.size > 0) {
    throw new ServiceError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409)
  }
  request.core.iam.roles.remove(role)
}

export const listRoles: IamAction = ({ input, call, core }) => {
  const prefix = optionalText(input, 'PathPrefix') ?? '/'
  const { items, more } = page(
    input,
    core.iam.roles.list(call.account).filter(({ path }) => path.startsWith(prefix)),
  )
  return { Roles: members(items.map((role) => shown(role, false))), ...(more as object) }
}

export const updateAssumeRolePolicy: IamAction = (request) => {
  theRole(request).trust = policyText(request.input, 'PolicyDocument', 'trust')
}

export const tagRole: IamAction = (request) => tag(theRole(request), request)

export const untagRole: IamAction = (request) => {
  const role = theRole(request)
  const names = request.input['TagKeys']
  for (const name of Array.isArray(names) ? names : []) role.tags.delete(String(name))
}

export const listRoleTags: IamAction = (request) => ({ Tags: tagList(theRole(request).tags), IsTruncated: false })

/** What clients read of every role: managed policies and instance profiles, which are not here. */
export const listAttachedRolePolicies: IamAction = (request) => {
  theRole(request)
  return { AttachedPolicies: members([]), IsTruncated: false }
}

export const listInstanceProfilesForRole: IamAction = (request) => {
  theRole(request)
  return { InstanceProfiles: members([]), IsTruncated: false }
}

function tag(role: Role, { input }: Parameters<IamAction>[0]): void {
  for (const each of objects(input, 'Tags')) role.tags.set(requiredText(each, 'Key'), optionalText(each, 'Value') ?? '')
}
