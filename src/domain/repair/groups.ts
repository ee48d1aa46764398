/**
 * Failures by pair and reason: one cause is one line, however many versions it hit. Memory is bounded by the number of
 * causes, which are S3's and ours; past `MOST_GROUPS` of a pair the rest are one line.
 */
import { failureOf } from '../failures.ts'
import { assess, type Because, type DrivePolicy, REST } from '../redrive.ts'
import { type Cost, addCosts, costOf, costOfJob, NO_COST } from './cost.ts'
import { reasonOf } from './selection.ts'
import type { Incident, Parked, Strategy } from './words.ts'

export interface Group {
  readonly pair: string
  readonly reason: string
  readonly versions: number
  readonly bytes: number
  /** Of which the events told no size. */
  readonly sizeless: number
  /** Event time of the oldest, ms. */
  readonly oldest: number
  readonly mismatched: number
  readonly inHand: number
  /** That a person ordered to be driven. */
  readonly wanted: number
  /** What a re-drive that a person orders would drive, by strategy. */
  readonly drivable: Readonly<Partial<Record<Strategy, number>>>
  /** What such an order would leave alone, and why. */
  readonly left: Readonly<Partial<Record<Because, number>>>
  /** Of what is drivable. */
  readonly cost: Cost
  /** What Landfall does by itself. `goesOn`: drives, or looks at first. */
  readonly automatic: { readonly goesOn: number; readonly held: number }
  /** What a person does about the cause. */
  readonly hint: string
}

export interface Groups {
  add(pair: string, parked: Parked): void
  /** Largest first within a pair; pairs as they came. */
  read(): readonly Group[]
}

export interface GroupsNeeds {
  policy(pair: string): DrivePolicy
  incidents(pair: string): ReadonlyMap<string, Incident>
}

export const MOST_GROUPS = 500
const OTHERS = '(others)'
/** As the worker has it: a job of Batch Operations holds so many. */
const ROWS_PER_JOB = 100_000

type Building = {
  -readonly [Field in keyof Group]: Group[Field]
} & {
  drivable: Partial<Record<Strategy, number>>
  left: Partial<Record<Because, number>>
  automatic: { goesOn: number; held: number }
}

export function makeGroups(needs: GroupsNeeds): Groups {
  const pairs = new Map<string, Map<string, Building>>()

  function groupOf(pair: string, reason: string): Building {
    const groups = pairs.get(pair) ?? new Map<string, Building>()
    pairs.set(pair, groups)
    const name = groups.has(reason) || groups.size < MOST_GROUPS ? reason : OTHERS
    let group = groups.get(name)
    if (group === undefined) {
      group = empty(pair, name)
      groups.set(name, group)
    }
    return group
  }

  return {
    add(pair, parked) {
      const { version, tried, wanted } = parked
      const group = groupOf(pair, reasonOf(version))
      group.versions += 1
      group.bytes += version.size ?? 0
      if (version.size === undefined && version.kind === 'object') group.sizeless += 1
      group.oldest = Math.min(group.oldest, version.eventTime)
      if (version.state === 'mismatched') group.mismatched += 1
      if (tried?.token !== undefined) group.inHand += 1
      if (wanted !== undefined) group.wanted += 1
      const situation = { policy: needs.policy(pair), incidents: needs.incidents(pair) }
      addAutomatic(group, assess(parked, situation))
      addOrdered(group, parked, assess(ordered(parked), situation))
    },
    read: () =>
      [...pairs.values()].flatMap((groups) =>
        [...groups.values()].map(withJobs).sort((a, b) => b.versions - a.versions || (a.reason < b.reason ? -1 : 1)),
      ),
  }
}

/** The version as it would be if a person ordered its re-drive; a look that is due comes first, and changes no order. */
export function ordered(parked: Parked): Parked {
  return { ...parked, due: false, wanted: { at: Infinity, by: '' } }
}

/** Whether such an order makes sense: it stays until it is taken, so that it may not stand on what nothing ever drives. */
export function mayOrder(parked: Parked, situation: Parameters<typeof assess>[1]): boolean {
  return assess(ordered(parked), situation).kind === 'drive'
}

function empty(pair: string, reason: string): Building {
  return {
    pair,
    reason,
    versions: 0,
    bytes: 0,
    sizeless: 0,
    oldest: Infinity,
    mismatched: 0,
    inHand: 0,
    wanted: 0,
    drivable: {},
    left: {},
    cost: NO_COST,
    automatic: { goesOn: 0, held: 0 },
    hint: failureOf(reason).hint,
  }
}

function addAutomatic({ automatic }: Building, assessment: ReturnType<typeof assess>): void {
  if (assessment.kind === 'hold') automatic.held += 1
  else if (assessment.kind !== 'rest' || assessment.because === 'look first') automatic.goesOn += 1
}

function addOrdered(group: Building, { version }: Parked, assessment: ReturnType<typeof assess>): void {
  if (assessment.kind === 'drive') {
    const { strategy } = assessment
    group.drivable[strategy] = (group.drivable[strategy] ?? 0) + 1
    group.cost = addCosts(group.cost, costOf(strategy, version))
    return
  }
  const because = assessment.kind === 'rest' ? assessment.because : 'look again'
  group.left[because] = (group.left[because] ?? 0) + 1
}

/** Jobs are billed whole. Several groups may share one: the sum is what it costs at most. */
function withJobs(group: Building): Group {
  const jobs = Math.ceil((group.drivable.batch ?? 0) / ROWS_PER_JOB)
  return jobs === 0
    ? group
    : { ...group, cost: addCosts(group.cost, ...Array.from({ length: jobs }, () => costOfJob('batch'))) }
}

/** The operator's next step with a group, as a sentence or a command. `quote` makes a shell's word of a text. */
export function nextOf(group: Group, quote: (text: string) => string): string {
  const at = `--pair ${quote(group.pair)} --reason ${quote(group.reason)}`
  const drivable = Object.values(group.drivable).reduce((sum, n) => sum + n, 0)
  if (group.automatic.held > 0 && drivable > 0) return `mend the cause, then: landfall failures redrive ${at} --probe`
  if (group.automatic.goesOn === group.versions) return 'nothing: it is driven again by itself'
  if (group.inHand + group.wanted === group.versions) return 'nothing: a re-drive has it'
  if (drivable > 0) return `landfall failures redrive ${at}`
  const [because] = Object.keys(group.left) as Because[]
  return because === undefined ? 'nothing: it is looked at again' : REST[because]
}
