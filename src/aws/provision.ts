/**
 * The whole set-up of an estate at once, for the demo, the tests and the benchmarks: what `landfall init apply` does, but that
 * roles are made only where that is said (the sandbox asks for none that nobody made), and that what is blocked ends it
 * before it begins.
 */
import type { Estate, Pair } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Change, Part } from '../domain/setup/change.ts'
import { planSetup } from '../domain/setup/plan.ts'
import type { Aws } from './clients.ts'
import { observe } from './observe/index.ts'
import { applyChanges } from './setup/apply.ts'

export interface ProvisionNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'sqs' | 'iam' | 'sns' | 'sts'>
  /** ARN of the role that S3 assumes to replicate a pair. Default: the pair's, else `landfall-replication`. */
  readonly replicationRole?: ((pair: Pair) => string) | undefined
  /** Default: none is made, and S3 in the sandbox replicates under a role that may everything. */
  readonly roles?: boolean | undefined
  /** `v2` (the default): metrics and Replication Time Control on. `v1`: as the estate's rules were, without failure events. */
  readonly rule?: 'v1' | 'v2' | undefined
  /** Told of each step when it is done. */
  readonly onProgress?: ((step: Step) => void) | undefined
}

/** One resource; `created` where it is new, `updated` where a part of it is. */
export interface Step {
  readonly what: 'bucket' | 'queue' | 'notifications' | 'replication'
  readonly name: string
  readonly region: string
  readonly outcome: 'created' | 'updated' | 'kept'
}

const WHAT: Readonly<Partial<Record<Part, Step['what']>>> = {
  bucket: 'bucket',
  queue: 'queue',
  notifications: 'notifications',
  replication: 'replication',
}

/** Throws CONFIG_INVALID where something is blocked, before anything is made; else the first fault of AWS. */
export async function provision(needs: ProvisionNeeds): Promise<readonly Step[]> {
  const { aws, replicationRole } = needs
  const estate = replicationRole === undefined ? needs.estate : withRoles(needs.estate, replicationRole)
  const changes = planSetup(estate, await observe({ estate, aws }), {
    roles: needs.roles ?? false,
    rule: needs.rule === 'v1' ? 1 : 2,
  })
  const stuck = changes.find(({ kind }) => kind === 'blocked')
  if (stuck !== undefined) {
    throw new LandfallError('CONFIG_INVALID', `${stuck.name}, ${stuck.part}: ${stuck.reason}`)
  }
  const steps = [...Map.groupBy(changes, ({ name, region }) => `${name} ${region}`).values()].flatMap(stepsOf)
  await applyChanges(aws, changes)
  for (const step of steps) needs.onProgress?.(step)
  return steps
}

function withRoles(estate: Estate, role: (pair: Pair) => string): Estate {
  return {
    ...estate,
    pairs: estate.pairs.map((pair) => ({ ...pair, setup: { ...pair.setup, replicationRole: role(pair) } })),
  }
}

/** The parts of a bucket or queue that have no step of their own belong to the whole. */
function stepsOf(changes: readonly Change[]): readonly Step[] {
  return changes.flatMap(({ part, name, region, kind }) => {
    const what = WHAT[part]
    if (what === undefined) return []
    const parts = what === 'bucket' || what === 'queue' ? changes.filter((one) => WHAT[one.part] === undefined) : []
    const touched = [kind, ...parts.map((one) => one.kind)].some((one) => one === 'update' || one === 'create')
    return [{ what, name, region, outcome: kind === 'create' ? 'created' : touched ? 'updated' : 'kept' }]
  })
}
