import { ServiceError } from '../http/errors.ts'
import { type Input, optionalText } from '../http/input.ts'
import { makeQueryService } from '../http/query-service.ts'
import type { Call, Service, WorldCore } from '../types.ts'
import { deleteRolePolicy, getRolePolicy, listRolePolicies, putRolePolicy } from './actions/policies.ts'
import {
  createRole,
  deleteRole,
  getRole,
  listAttachedRolePolicies,
  listInstanceProfilesForRole,
  listRoles,
  listRoleTags,
  tagRole,
  untagRole,
  updateAssumeRolePolicy,
  updateRole,
} from './actions/roles.ts'
import type { IamAction } from './request.ts'
import { sentence } from './words.ts'

const ACTIONS: Readonly<Record<string, IamAction>> = {
  CreateRole: createRole,
  DeleteRole: deleteRole,
  DeleteRolePolicy: deleteRolePolicy,
  GetRole: getRole,
  GetRolePolicy: getRolePolicy,
  ListAttachedRolePolicies: listAttachedRolePolicies,
  ListInstanceProfilesForRole: listInstanceProfilesForRole,
  ListRolePolicies: listRolePolicies,
  ListRoles: listRoles,
  ListRoleTags: listRoleTags,
  PutRolePolicy: putRolePolicy,
  TagRole: tagRole,
  UntagRole: untagRole,
  UpdateAssumeRolePolicy: updateAssumeRolePolicy,
  UpdateRole: updateRole,
}

/** IAM, as far as roles and their inline policies go: one global endpoint, an account's own roles. */
export function makeIamService(core: WorldCore): Service {
  return makeQueryService({
    name: 'iam',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    invalidCode: 'ValidationError',
    run(action, input, call) {
      const act = ACTIONS[action]
      if (act === undefined) return undefined
      check(action, input, call, core)
      return { result: act({ input, call, core }) }
    },
  })
}

function check(action: string, input: Input, call: Call, { iam }: WorldCore): void {
  const { account, who } = call
  if (!iam.guard.concerns(who, account)) return
  const name = optionalText(input, 'RoleName')
  const path = optionalText(input, 'Path') ?? '/'
  const resource =
    name === undefined
      ? `arn:aws:iam::${account}:role${optionalText(input, 'PathPrefix') ?? '/'}`
      : (iam.roles.named(account, name)?.arn ?? `arn:aws:iam::${account}:role${path}${name}`)
  const denied = iam.guard.denial({ call, who, action: `iam:${action}`, resource, owner: account })
  if (denied !== undefined) throw new ServiceError('AccessDenied', sentence(denied), 403)
}
