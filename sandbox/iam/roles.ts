/** The roles of all accounts. A name is unique in its account, whatever its path. */
import { stableId } from '../accounts.ts'
import { type Policy, parsePolicy } from './evaluate/policy.ts'

export interface Role {
  readonly account: string
  readonly name: string
  /** `/` or `/service/` */
  readonly path: string
  readonly arn: string
  /** `AROA...`, the same for the same name, so that events of one role show one principal. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly created: number
  description: string | undefined
  maxSessionSeconds: number
  /** As it came. */
  trust: string
  readonly policies: Map<string, string>
  readonly tags: Map<string, string>
}

export interface Roles {
  readonly size: number
  byArn(arn: string): Role | undefined
  named(account: string, name: string): Role | undefined
  /** By name. */
  list(account: string): readonly Role[]
  add(role: Omit<Role, 'arn' | 'id' | 'policies' | 'tags'>): Role
  remove(role: Role): void
}

export function makeRoles(): Roles {
  const accounts = new Map<string, Map<string, Role>>()
  let size = 0
  const named = (account: string, name: string): Role | undefined => accounts.get(account)?.get(name)
  return {
    get size() {
      return size
    },
    named,
    byArn(arn) {
      const match = /^arn:aws:iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/.exec(arn)
      const role = match === null ? undefined : named(match[1]!, match[2]!)
      return role?.arn === arn ? role : undefined
    },
    list: (account) => [...(accounts.get(account)?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    add(from) {
      const full = `${from.path}${from.name}`.slice(1)
      const role: Role = {
        ...from,
        arn: `arn:aws:iam::${from.account}:role/${full}`,
        id: stableId('AROA', from.account, full),
        policies: new Map(),
        tags: new Map(),
      }
      let mine = accounts.get(from.account)
      if (mine === undefined) accounts.set(from.account, (mine = new Map()))
      mine.set(from.name, role)
      size += 1
      return role
    },
    remove({ account, name }) {
      if (accounts.get(account)?.delete(name) === true) size -= 1
    },
  }
}

const parsed = new Map<string, Policy>()
const PARSED_MOST = 1000

/** A stored document, which was checked when it was put. Parsed once. */
export function storedPolicy(text: string, kind: 'identity' | 'resource' | 'trust'): Policy {
  const name = `${kind}${text}`
  let policy = parsed.get(name)
  if (policy === undefined) {
    policy = parsePolicy(text, kind)
    if (parsed.size >= PARSED_MOST) parsed.clear()
    parsed.set(name, policy)
  }
  return policy
}
