/**
 * One look through a pair's parked versions, made into what is driven now: by strategy, within the hour's budget and what
 * one re-drive takes; what is held, by its cause; and what rests, and why. Pure: the caller pages through the ledger.
 */
import { assess, type Because, type DriveSituation } from '../redrive.ts'
import type { VersionId63 } from '../version.ts'
import { addCosts, type Cost, costOf, costOfJob, fits, NO_COST } from './cost.ts'
import type { Parked, Strategy, ToDrive } from './words.ts'

export interface PlanSituation extends DriveSituation {
  readonly hourly: Cost
  /** Of this hour so far. */
  readonly spent: Cost
  /** Versions that one re-drive takes, by strategy. */
  readonly most: Readonly<Record<Strategy, number>>
}

/** What one cause holds back, and the version that is the best probe of it. */
export interface Held {
  readonly versions: number
  readonly again: boolean
  readonly probe: Probe
}

export interface Probe {
  readonly toDrive: ToDrive
  /** Absent: a look is all that can be done. */
  readonly strategy?: Strategy | undefined
  readonly attempts: number
  readonly eventTime: number
}

export interface Planned {
  readonly drive: Readonly<Record<Strategy, readonly ToDrive[]>>
  /** Estimate of all of `drive`. */
  readonly cost: Cost
  readonly look: readonly VersionId63[]
  readonly held: ReadonlyMap<string, Held>
  readonly resting: ReadonlyMap<Because, number>
  /** By reason: parked versions that are neither driven nor looked at now. An incident is over when none is left. */
  readonly left: ReadonlyMap<string, number>
}

export interface Plan {
  add(parked: Parked): void
  readonly planned: Planned
}

export function makePlan(situation: PlanSituation): Plan {
  const { hourly, spent, most } = situation
  const drive: Record<Strategy, ToDrive[]> = { batch: [], copy: [], retrigger: [] }
  const look: VersionId63[] = []
  const held = new Map<string, Held>()
  const resting = new Map<Because, number>()
  const left = new Map<string, number>()
  /** The walk may give a version twice: counted twice, which harms nothing, but driven once. Of all parked it would be a lot. */
  const driven = new Set<VersionId63>()
  let cost = NO_COST

  function choose(strategy: Strategy, version: ToDrive): Because | undefined {
    const list = drive[strategy]
    if (list.length >= most[strategy]) return 'next time'
    const more = addCosts(costOf(strategy, version), list.length === 0 ? costOfJob(strategy) : NO_COST)
    if (!fits(addCosts(spent, cost, more), hourly)) return 'budget'
    cost = addCosts(cost, more)
    list.push(version)
    driven.add(version.id)
    return undefined
  }

  function hold(cause: string, again: boolean, probe: Probe): void {
    const before = held.get(cause)
    held.set(cause, {
      versions: (before?.versions ?? 0) + 1,
      again: again || before?.again === true,
      probe: before === undefined || isBetter(probe, before.probe) ? probe : before.probe,
    })
  }

  /** True when something is done about it now. */
  function decide(parked: Parked): boolean {
    const assessment = assess(parked, situation)
    switch (assessment.kind) {
      case 'drive': {
        const because = choose(assessment.strategy, toDrive(parked))
        if (because !== undefined) count(resting, because)
        return because === undefined
      }
      case 'look':
        look.push(parked.version.id)
        return true
      case 'hold':
        hold(assessment.cause, assessment.again, probeOf(parked, assessment.strategy))
        return false
      case 'rest':
        count(resting, assessment.because)
        return assessment.because === 'in hand'
    }
  }

  return {
    add(parked) {
      if (driven.has(parked.version.id)) return
      const { reason } = parked.version
      if (!decide(parked) && reason !== undefined) count(left, reason)
    },
    planned: {
      drive,
      get cost() {
        return cost
      },
      look,
      held,
      resting,
      left,
    },
  }
}

export function toDrive({ version }: Parked): ToDrive {
  const { id, key, versionId, kind, size } = version
  return { id, key, versionId, kind, ...(size !== undefined && { size }) }
}

export function probeOf(parked: Parked, strategy: Strategy | undefined): Probe {
  const { tried, version } = parked
  return { toDrive: toDrive(parked), strategy, attempts: tried?.attempts ?? 0, eventTime: version.eventTime }
}

/** Fewest attempts first, so that what is tried does not wear out; then the oldest, which is the longest at risk. */
function isBetter(a: Probe, b: Probe): boolean {
  return a.attempts === b.attempts ? a.eventTime < b.eventTime : a.attempts < b.attempts
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
