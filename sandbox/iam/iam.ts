/** IAM as the other services see it: roles, and whether a request may be. */
import type { SandboxClock } from '../types.ts'
import { type Evaluations, makeEvaluations } from './evaluations.ts'
import { type Guard, makeGuard } from './guard.ts'
import { makeRoles, type Roles } from './roles.ts'
import { makeStrictness, type Strictness } from './strictness.ts'

export interface Iam {
  readonly roles: Roles
  readonly strictness: Strictness
  readonly guard: Guard
  readonly evaluations: Evaluations
}

export function makeIam(needs: { readonly clock: SandboxClock }): Iam {
  const roles = makeRoles()
  const strictness = makeStrictness()
  const evaluations = makeEvaluations()
  const guard = makeGuard({ clock: needs.clock, roles, strictness, evaluations })
  return { roles, strictness, guard, evaluations }
}
