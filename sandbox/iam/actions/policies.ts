import { ServiceError } from '../../http/errors.ts'
import { encoded, type IamAction, members, nameOf, page, policyText, theRole } from '../request.ts'

export const putRolePolicy: IamAction = (request) => {
  const role = theRole(request)
  const name = nameOf(request.input, 'PolicyName', 128)
  role.policies.set(name, policyText(request.input, 'PolicyDocument', 'identity'))
}

export const getRolePolicy: IamAction = (request) => {
  const { name, text } = thePolicy(request)
  return { RoleName: theRole(request).name, PolicyName: name, PolicyDocument: encoded(text) }
}

export const deleteRolePolicy: IamAction = (request) => {
  theRole(request).policies.delete(thePolicy(request).name)
}

export const listRolePolicies: IamAction = (request) => {
  const { items, more } = page(request.input, [...theRole(request).policies.keys()].sort())
  return { PolicyNames: members(items), ...(more as object) }
}

/** @throws ServiceError `NoSuchEntity` */
function thePolicy(request: Parameters<IamAction>[0]): { readonly name: string; readonly text: string } {
  const name = nameOf(request.input, 'PolicyName', 128)
  const text = theRole(request).policies.get(name)
  if (text !== undefined) return { name, text }
  throw new ServiceError('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404)
}
