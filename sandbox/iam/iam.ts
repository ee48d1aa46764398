/** IAM as the other services see it: roles, and whether a request may be. */
import type { SandboxClock } from '../types.ts'
import { type Guard, makeGuard } from './guard.ts'
import { makeRoles, type Roles } from './roles.ts'
import { makeStrictness, type Strictness } from './strictness.ts'

export interface Iam {
  readonly roles: Roles
  readonly strictness: Strictness
  readonly guard: Guard
}

export function makeIam(needs: { readonly clock: SandboxClock }): Iam {
  const roles = makeRoles()
  const strictness = makeStrictness()
  return { roles, strictness, guard: makeGuard({ clock: needs.clock, roles, strictness }) }
}
