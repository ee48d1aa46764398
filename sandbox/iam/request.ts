import { ServiceError } from '../http/errors.ts'
import { type Input, optionalInteger, optionalText, requiredText } from '../http/input.ts'
import type { XmlNode } from '../http/xml.ts'
import type { Call, WorldCore } from '../types.ts'
import { parsePolicy, PolicyError, type PolicyKind } from './evaluate/policy.ts'
import type { Role } from './roles.ts'

export interface IamRequest {
  readonly input: Input
  readonly call: Call
  readonly core: WorldCore
}

export type IamAction = (request: IamRequest) => XmlNode | void

const NAME = /^[\w+=,.@-]+$/

/** @throws ServiceError `ValidationError` */
export function nameOf(input: Input, member: string, most: number): string {
  const name = requiredText(input, member)
  if (NAME.test(name) && name.length <= most) return name
  throw new ServiceError(
    'ValidationError',
    `The specified value for ${member[0]!.toLowerCase()}${member.slice(1)} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  )
}

/** The caller's own role of that name. @throws ServiceError `NoSuchEntity` */
export function theRole({ input, call, core }: IamRequest): Role {
  const name = nameOf(input, 'RoleName', 64)
  const role = core.iam.roles.named(call.account, name)
  if (role !== undefined) return role
  throw new ServiceError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404)
}

/** A policy's text, checked. @throws ServiceError `MalformedPolicyDocument` */
export function policyText(input: Input, member: string, kind: PolicyKind): string {
  const text = requiredText(input, member)
  try {
    parsePolicy(text, kind)
    return text
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    throw new ServiceError('MalformedPolicyDocument', error.message)
  }
}

/** Lists of the query protocol: one `<member>` each. */
export function members(list: readonly XmlNode[]): XmlNode {
  return { member: list }
}

/** A page by `MaxItems` and `Marker`. */
export function page<T>(input: Input, items: readonly T[]): { readonly items: readonly T[]; readonly more: XmlNode } {
  const from = Number(optionalText(input, 'Marker') ?? 0)
  if (!Number.isInteger(from) || from < 0) throw new ServiceError('ValidationError', 'Invalid Marker')
  const most = optionalInteger(input, 'MaxItems', 1, 1000) ?? 100
  const isLast = from + most >= items.length
  return {
    items: items.slice(from, from + most),
    more: isLast ? { IsTruncated: false } : { IsTruncated: true, Marker: String(from + most) },
  }
}

/** Documents go out URL-encoded (RFC 3986). */
export function encoded(document: string): string {
  return encodeURIComponent(document).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A role as answers show it; listings leave out its tags. */
export function shown(role: Role, whole = true): XmlNode {
  const { path, name, id, arn, created, description, maxSessionSeconds, trust, tags } = role
  return {
    Path: path,
    RoleName: name,
    RoleId: id,
    Arn: arn,
    CreateDate: new Date(created).toISOString(),
    AssumeRolePolicyDocument: encoded(trust),
    Description: description,
    MaxSessionDuration: maxSessionSeconds,
    Tags: whole && tags.size > 0 ? tagList(tags) : undefined,
  }
}

export function tagList(tags: ReadonlyMap<string, string>): XmlNode {
  return members([...tags].map(([Key, Value]) => ({ Key, Value })))
}
