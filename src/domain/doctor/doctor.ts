/** All checks together. Pure: what was seen goes in as plain data, findings come out. */
import type { Observed } from '../setup/observed.ts'
import { checkAccounts } from './accounts.ts'
import { checkBuckets } from './buckets.ts'
import { checkCanaries } from './canaries.ts'
import { CHECKS } from './checks.ts'
import type { CheckedEstate } from './estate.ts'
import type { Finding } from './finding.ts'
import { checkLifecycles } from './lifecycles.ts'
import { checkMachine } from './machine.ts'
import { checkNotifications } from './notifications.ts'
import { checkQueues } from './queues.ts'
import { checkRedis } from './redis.ts'
import { checkReplication } from './replication.ts'
import { checkRoles } from './roles.ts'
import type { Surroundings } from './surroundings.ts'

export interface Scope {
  /** Names; only what matters to them, and what matters to all. Undefined: every pair. */
  readonly pairs?: ReadonlySet<string> | undefined
  readonly quick?: boolean | undefined
}

/** In the order in which things depend on each other: what comes first explains what comes later. */
export function examine(
  estate: CheckedEstate,
  observed: Observed,
  around: Surroundings,
  { pairs, quick = false }: Scope = {},
): readonly Finding[] {
  const findings = [
    ...checkAccounts(estate, observed),
    ...checkBuckets(estate, observed),
    ...checkLifecycles(estate, observed),
    ...checkReplication(estate, observed),
    ...checkRoles(estate, observed),
    ...checkNotifications(estate, observed),
    ...checkQueues(estate, observed),
    ...checkRedis(estate, around),
    ...checkMachine(estate, around),
    ...checkCanaries(estate, observed, around),
  ]
  return merged(findings).filter(
    ({ id, subject }) => (!quick || 'quick' in CHECKS[id]) && (pairs === undefined || concerns(subject.pairs, pairs)),
  )
}

/** One role of nine pairs lacks one grant, and not nine. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const same = ({ id, level, subject: { kind, name }, seen }: Finding): string =>
    JSON.stringify([id, level, kind, name, seen])
  return [...Map.groupBy(findings, same).values()].map((group) => {
    const [first] = group
    const pairs = [...new Set(group.flatMap(({ subject }) => subject.pairs))]
    return { ...first!, subject: { ...first!.subject, pairs } }
  })
}

function concerns(of: readonly string[], wanted: ReadonlySet<string>): boolean {
  return of.length === 0 || of.some((pair) => wanted.has(pair))
}
