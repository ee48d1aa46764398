/**
 * Whether a request is allowed. Pure.
 *
 * IAM user guide, "Policy evaluation logic": an explicit deny wins; inside an account the identity's or the resource's policy
 * is enough; across accounts both must allow; a role is assumed only where its trust policy says so.
 */
import { holds } from './conditions.ts'
import { type Context, matchesAction, matchesArn, textOf } from './match.ts'
import type { Policy, PrincipalSet, Statement } from './policy.ts'

export type Actor =
  | {
      readonly kind: 'role'
      readonly account: string
      readonly roleArn: string
      /** `arn:aws:sts::...:assumed-role/name/session` */
      readonly arn: string
    }
  | { readonly kind: 'user'; readonly account: string; readonly arn: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'anonymous' }

export interface Question {
  readonly actor: Actor
  /** `s3:GetObject` */
  readonly action: string
  /** An ARN; `*` where the action is about no resource. */
  readonly resource: string
  /** The account of the resource. */
  readonly owner: string
  readonly context: Context
}

export interface Policies {
  readonly identity: readonly Policy[]
  /** Absent: the session was made without one. */
  readonly session?: Policy | undefined
  readonly resource?: Policy | undefined
  /** The resource is a role, `resource` its trust policy: that one must allow in any case. */
  readonly trust?: boolean | undefined
}

/** Which policy, by its presence or its lack, refused. */
export type Refusal =
  | 'identity denies'
  | 'session denies'
  | 'resource denies'
  | 'identity lacks'
  | 'session lacks'
  | 'resource lacks'

/** Undefined: allowed. */
export function refusalOf(question: Question, policies: Policies): Refusal | undefined {
  const { identity, session, resource } = policies
  if (identity.some((policy) => says(policy, 'Deny', question))) return 'identity denies'
  if (session !== undefined && says(session, 'Deny', question)) return 'session denies'
  if (resource !== undefined && grantOf(resource, 'Deny', question) !== 'none') return 'resource denies'

  const grant = resource === undefined ? 'none' : grantOf(resource, 'Allow', question)
  const { actor, owner } = question
  if (actor.kind === 'service' || actor.kind === 'anonymous') return grant === 'none' ? 'resource lacks' : undefined

  const bySession = session === undefined || says(session, 'Allow', question)
  const byIdentity = identity.some((policy) => says(policy, 'Allow', question))
  const home = actor.account === owner
  if (home) {
    // A policy that names the session itself is not cut down by the session's own policy; one that names the role is.
    if (grant === 'session' || (grant === 'named' && bySession)) return undefined
    if (policies.trust === true && grant === 'none') return 'resource lacks'
  } else if (grant === 'none') return 'resource lacks'
  if (!byIdentity) return 'identity lacks'
  return bySession || (!home && grant === 'session') ? undefined : 'session lacks'
}

/** An identity's policy, which names no principal. */
function says(policy: Policy, effect: Statement['effect'], question: Question): boolean {
  return policy.statements.some((statement) => statement.effect === effect && covers(policy, statement, question))
}

/** How a resource's policy names the actor: `account` leaves it to the account's own policies to grant. */
type Grant = 'none' | 'account' | 'named' | 'session'
const GRANTS: readonly Grant[] = ['none', 'account', 'named', 'session']

/** The strongest of the statements that cover the request. */
function grantOf(policy: Policy, effect: Statement['effect'], question: Question): Grant {
  let strongest = 0
  for (const statement of policy.statements) {
    if (statement.effect !== effect) continue
    const grant = GRANTS.indexOf(namedBy(statement, question.actor))
    if (grant > strongest && covers(policy, statement, question)) strongest = grant
  }
  return GRANTS[strongest]!
}

function namedBy({ principals }: Statement, actor: Actor): Grant {
  if (principals === undefined) return 'none'
  const level = levelOf(principals.what, actor)
  if (!principals.but) return level
  return level === 'none' ? 'named' : 'none'
}

function levelOf(set: PrincipalSet, actor: Actor): Grant {
  if (actor.kind === 'service') return set.services.includes(actor.name) || set.anyone ? 'named' : 'none'
  if (actor.kind === 'anonymous') return set.anyone ? 'named' : 'none'
  if (actor.kind === 'role') {
    if (set.aws.includes(actor.arn)) return 'session'
    if (set.aws.includes(actor.roleArn)) return 'named'
  } else if (set.aws.includes(actor.arn)) return 'named'
  if (set.anyone) return 'named'
  return set.aws.includes(`arn:aws:iam::${actor.account}:root`) ? 'account' : 'none'
}

function covers(policy: Policy, statement: Statement, { action, resource, context }: Question): boolean {
  const { actions, resources, conditions } = statement
  if (actions.what.some((pattern) => matchesAction(pattern, action)) === actions.but) return false
  const names = policy.variables ? context : undefined
  if (resources !== undefined) {
    // A variable without a value names no resource: nothing is "all but that", either.
    if (resources.but && resources.what.some((pattern) => textOf(pattern, names) === undefined)) return false
    if (resources.what.some((pattern) => matchesArn(pattern, resource, names)) === resources.but) return false
  }
  return conditions.every((condition) => holds(condition, context, policy.variables))
}
