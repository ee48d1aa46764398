/** Policy documents as the evaluator reads them (IAM user guide, "IAM JSON policy element reference"). */
import { type Condition, parseConditions } from './conditions.ts'

export interface Policy {
  /** Policy variables are known from 2012-10-17 on. */
  readonly variables: boolean
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  /** Absent in identity policies. */
  readonly principals: Listed<PrincipalSet> | undefined
  readonly actions: Listed<readonly string[]>
  /** Absent in trust policies, which are about their role alone. */
  readonly resources: Listed<readonly string[]> | undefined
  readonly conditions: readonly Condition[]
}

/** `Action` or `NotAction`: what is listed, or all but that. */
export interface Listed<What> {
  readonly but: boolean
  readonly what: What
}

export interface PrincipalSet {
  /** `"*"` or `{"AWS": "*"}` */
  readonly anyone: boolean
  /** ARNs; an account's id is written as the ARN of its root. */
  readonly aws: readonly string[]
  readonly services: readonly string[]
}

/** A document that is no policy of its kind; the message names the first fault, as AWS does. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
}

/** `identity`: without principals. `resource`: with both. `trust`: of a role, without resources. */
export type PolicyKind = 'identity' | 'resource' | 'trust'

const VERSIONS: readonly unknown[] = [undefined, '2008-10-17', '2012-10-17']
const POLICY_MEMBERS = new Set(['Version', 'Id', 'Statement'])
const STATEMENT_MEMBERS = new Set(
  'Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition'.split(' '),
)

/** @throws PolicyError */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  const document = object(json(text), 'Policy must be a JSON object')
  const version = document['Version']
  if (!VERSIONS.includes(version)) throw new PolicyError('The policy must contain a valid version string')
  checkMembers(document, POLICY_MEMBERS)
  const statement = document['Statement']
  if (statement === undefined) throw new PolicyError('Missing required field Statement')
  const statements = (Array.isArray(statement) ? statement : [statement]) as unknown[]
  return {
    variables: version === '2012-10-17',
    statements: statements.map((each) => parseStatement(object(each, 'Statement must be an object'), kind)),
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new PolicyError('This policy contains invalid Json')
  }
}

type Members = Readonly<Record<string, unknown>>

function parseStatement(statement: Members, kind: PolicyKind): Statement {
  checkMembers(statement, STATEMENT_MEMBERS)
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyError(`Invalid effect: ${String(effect)}`)
  const actions = listed(statement, 'Action', texts)
  if (actions === undefined) throw new PolicyError('Missing required field Action')
  for (const action of actions.what) {
    if (action !== '*' && !/^[\w*?-]+:[\w*?-]+$/.test(action)) throw new PolicyError('Policy has invalid action')
  }
  const principals = listed(statement, 'Principal', principalSet)
  if (kind === 'identity' && principals !== undefined) {
    throw new PolicyError('Policy document should not specify a principal.')
  }
  if (kind !== 'identity' && principals === undefined) throw new PolicyError('Missing required field Principal')
  const resources = listed(statement, 'Resource', texts)
  if (kind === 'trust' && resources !== undefined) throw new PolicyError('Has prohibited field Resource')
  if (kind !== 'trust' && resources === undefined) throw new PolicyError('Missing required field Resource')
  const conditions = parseConditions(statement['Condition'], (why) => new PolicyError(why))
  return { effect, principals, actions, resources, conditions }
}

function checkMembers(members: Members, known: ReadonlySet<string>): void {
  const strange = Object.keys(members).find((name) => !known.has(name))
  if (strange !== undefined) throw new PolicyError(`Unknown field ${strange}`)
}

/** `name` or `Not<name>`, never both. */
function listed<What>(
  statement: Members,
  name: string,
  read: (value: unknown, name: string) => What,
): Listed<What> | undefined {
  const [plain, but] = [statement[name], statement[`Not${name}`]]
  if (plain !== undefined && but !== undefined) throw new PolicyError(`Both ${name} and Not${name} are given`)
  if (plain !== undefined) return { but: false, what: read(plain, name) }
  return but === undefined ? undefined : { but: true, what: read(but, name) }
}

function texts(value: unknown, name: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((each) => typeof each === 'string')) return list
  throw new PolicyError(`Policy has invalid ${name.toLowerCase()}`)
}

const INVALID_PRINCIPAL = 'Invalid principal in policy'

function principalSet(value: unknown): PrincipalSet {
  if (value === '*') return { anyone: true, aws: [], services: [] }
  const members = object(value, INVALID_PRINCIPAL)
  const aws: string[] = []
  let anyone = false
  let services: readonly string[] = []
  for (const [kind, names] of Object.entries(members)) {
    const list = texts(names, 'principal')
    if (kind === 'Service') services = list
    else if (kind === 'AWS') {
      anyone = list.includes('*')
      aws.push(...list.filter((name) => name !== '*').map(principalArn))
    } else if (kind !== 'Federated' && kind !== 'CanonicalUser') throw new PolicyError(INVALID_PRINCIPAL)
  }
  return { anyone, aws, services }
}

function principalArn(name: string): string {
  if (/^\d{12}$/.test(name)) return `arn:aws:iam::${name}:root`
  // A wildcard stands for everyone or not at all (IAM user guide, "Principal").
  if (/^arn:aws:(iam|sts)::\d{12}:[^*?]+$/.test(name)) return name
  throw new PolicyError(INVALID_PRINCIPAL)
}

function object(value: unknown, why: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new PolicyError(why)
}
