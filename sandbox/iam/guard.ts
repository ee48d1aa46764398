/**
 * Whether a request may be: the one place that services ask. Most requests are lenient and never get beyond `concerns`.
 */
import type { Call, Principal, SandboxClock } from '../types.ts'
import { contextOf, type Keys } from './context.ts'
import type { Evaluations } from './evaluations.ts'
import { type Actor, refusalOf } from './evaluate/evaluate.ts'
import { type Policy, parsePolicy } from './evaluate/policy.ts'
import { type Role, type Roles, storedPolicy } from './roles.ts'
import type { Strictness } from './strictness.ts'
import { because, type Denied } from './words.ts'

export interface Ask {
  /** Undefined: S3 itself asks, under `who` or as `service`. */
  readonly call?: Call | undefined
  readonly who?: Principal | undefined
  /** `s3.amazonaws.com`, in place of `who`. */
  readonly service?: string | undefined
  readonly action: string
  readonly resource: string
  /** The account of the resource. */
  readonly owner: string
  /** The resource's own policy. */
  readonly policy?: string | undefined
  /** The resource is this role. */
  readonly trust?: Role | undefined
  readonly keys?: Keys | undefined
}

export interface Guard {
  /** Asked first: false for most requests, whatever they are about. */
  mayConcern(who: Principal): boolean
  /** Whether anything is evaluated for this principal on what this account owns. */
  concerns(who: Principal, owner: string): boolean
  /** Whether what a service wants to do there is evaluated: S3 that writes to a queue, SNS that does. */
  guards(owner: string): boolean
  /** Undefined: allowed. */
  denial(ask: Ask): Denied | undefined
  /** Why this service can't assume the role; undefined: it can, or nothing is evaluated. */
  trustFault(roleArn: string, service: string, keys?: Keys): string | undefined
  /** The role as S3 acts in it, where that was created or its account is strict; undefined: nothing is evaluated. */
  acting(roleArn: string, session: string): Principal | undefined
}

/** What the user `sandbox` of a strict account has: an administrator's policy. */
const EVERYTHING = parsePolicy('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', 'identity')

export function makeGuard(needs: {
  readonly clock: SandboxClock
  readonly roles: Roles
  readonly strictness: Strictness
  readonly evaluations?: Evaluations | undefined
}): Guard {
  const { clock, roles, strictness, evaluations } = needs

  function identityOf(who: Principal): readonly Policy[] {
    if (who.session?.bound !== true) return [EVERYTHING]
    const role = roles.byArn(who.session.roleArn)
    // The role is gone: its sessions may do nothing any more.
    return role === undefined ? [] : [...role.policies.values()].map((text) => storedPolicy(text, 'identity'))
  }

  function denialOf(ask: Ask): Denied | undefined {
    const { call, who, service, action, resource, owner, policy, trust, keys } = ask
    const actor = actorOf(ask)
    const refusal = refusalOf(
      {
        actor,
        action,
        resource,
        owner,
        context: contextOf({
          call,
          who: actor.kind === 'anonymous' ? undefined : who,
          now: clock.now(),
          secureTransport: strictness.secureTransport,
          owner,
          keys,
        }),
      },
      {
        identity: who === undefined ? [] : identityOf(who),
        session: who?.session?.policy,
        resource: trust === undefined ? resourcePolicy(policy) : storedPolicy(trust.trust, 'trust'),
        trust: trust !== undefined,
      },
    )
    if (evaluations?.recording === true) {
      const principal = service ?? who?.session?.roleArn ?? who?.arn ?? 'anonymous'
      evaluations.add({ principal, action, resource, allowed: refusal === undefined })
    }
    if (refusal === undefined) return undefined
    const foreign = actor.kind === 'anonymous' || (actor.kind !== 'service' && actor.account !== owner)
    return { who: who?.arn ?? service, action, resource, refusal, foreign, trust: trust !== undefined }
  }

  return {
    mayConcern: (who) => strictness.any || who.session?.bound === true,
    concerns: (who, owner) =>
      who.session?.bound === true || (strictness.any && (strictness.of(who.account) || strictness.of(owner))),
    guards: (owner) => strictness.any && strictness.of(owner),
    denial: denialOf,
    trustFault(roleArn, service, keys) {
      const role = roles.byArn(roleArn)
      const owner = roleArn.split(':')[4] ?? ''
      if (role === undefined) return strictness.of(owner) ? 'there is no such role' : undefined
      const denied = denialOf({ service, action: 'sts:AssumeRole', resource: roleArn, owner, trust: role, keys })
      return denied === undefined ? undefined : because(denied)
    },
    acting(roleArn, session) {
      if (roles.size === 0 && !strictness.any) return undefined
      const [account = '', name = ''] = roleArn.split(':').slice(4)
      const role = roles.byArn(roleArn)
      if (role === undefined && !strictness.of(account)) return undefined
      const now = clock.now()
      return {
        account,
        arn: `arn:aws:sts::${account}:assumed-role/${name.slice(name.lastIndexOf('/') + 1)}/${session}`,
        userId: `${role?.id ?? 'AROA'}:${session}`,
        session: { roleArn, bound: true, mfa: false, issued: now, expires: now, policy: undefined },
      }
    },
  }
}

function resourcePolicy(text: string | undefined): Policy | undefined {
  return text === undefined || text === '' ? undefined : storedPolicy(text, 'resource')
}

function actorOf({ call, who, service }: Ask): Actor {
  if (service !== undefined) return { kind: 'service', name: service }
  if (who === undefined || (call !== undefined && call.accessKey === undefined)) return { kind: 'anonymous' }
  const { account, arn, session } = who
  return session === undefined
    ? { kind: 'user', account, arn }
    : { kind: 'role', account, arn, roleArn: session.roleArn }
}
