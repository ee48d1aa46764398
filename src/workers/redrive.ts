/**
 * Drives failed versions again: goes on with what is under way, sees to the incidents, and begins what is due. One
 * container at a time for each pair, under a lease; domain/redrive.ts decides, this does.
 *
 * The ledger holds all state. A turn that breaks off anywhere is gone on with by the next one: see redrive/batch.ts.
 */
import { createHash } from 'node:crypto'
import { isLandfallError, type LandfallError } from '../domain/errors.ts'
import type { JobData } from '../domain/jobs.ts'
import { makePlan, type Plan, type Planned } from '../domain/repair/plan.ts'
import { addCosts, estimate, fits, NO_COST } from '../domain/repair/cost.ts'
import { type Parked, STRATEGIES, type Strategy } from '../domain/repair/words.ts'
import type { Handler } from '../ports.ts'
import { mapLimited } from './concurrency.ts'
import { makeBatches, type Order } from './redrive/batch.ts'
import { COPY_TURN_MS, makeCopies } from './redrive/copies.ts'
import { makeIncidents } from './redrive/incidents.ts'
import { AUTOMATIC, LeaseLost, type PairToRedrive, type RedriveNeeds, type Turn } from './redrive/needs.ts'

export type { PairToRedrive, RedriveNeeds } from './redrive/needs.ts'

export interface Redrive {
  /** The job: a turn for every pair. One pair's trouble is its own. */
  readonly handle: Handler<JobData['redrive']>
  /** One pair's turn. Rejects with what went wrong; nothing is lost by it. */
  advance(pair: string, signal: AbortSignal): Promise<void>
}

const PAIRS_AT_ONCE = 8
/** Longer than a step takes that does not say so; a container that died leaves its pairs for so long. */
const LEASE_MS = 60_000
const PAGE = 500
/** Rows of one job. S3 would take billions; memory and a manifest in one request would not. */
const BATCH_MOST = 100_000
/** The schedule and the gate have the same period: a tick that comes a moment early must not wait for the next. */
const GATE_SHARE = 0.9

export function makeRedrive(needs: RedriveNeeds): Redrive {
  const { ledger, clock, random, log, holder } = needs
  const pairs = new Map(needs.pairs.map((pair) => [pair.name, pair]))
  const batches = makeBatches({ ...needs, newToken })
  const copies = makeCopies({ ...needs, newToken })
  const incidents = makeIncidents(needs)
  /** By pair: what its turns end with just now. Told when it begins, changes and ends. */
  const trouble = new Map<string, string>()
  /** Pairs of which the last turn could not drive all it might have. */
  const unfinished = new Set<string>()
  let turns = 0

  return {
    async handle(_data, signal) {
      await mapLimited(needs.pairs, PAIRS_AT_ONCE, async ({ name }) => {
        if (signal.aborted) return
        await advance(name, signal).then(
          () => tell(name, undefined),
          (error: unknown) => tell(name, error),
        )
      })
      return { kind: 'done' }
    },
    advance,
  }

  async function advance(name: string, signal: AbortSignal): Promise<void> {
    const pair = pairs.get(name)
    if (pair === undefined) return
    turns += 1
    const lease = `redrive:${name}`
    // The turn's and not the container's: a job that BullMQ gives to a container twice must not run beside itself.
    const me = `${holder}/${turns}`
    if (!(await ledger.lease(lease, me, LEASE_MS))) return
    let until = 0
    const keep = async (longerMs = 0): Promise<void> => {
      // One step must not cut short what another one asked for.
      until = Math.max(until, clock.now() + LEASE_MS + longerMs)
      if (!(await ledger.lease(lease, me, until - clock.now()))) throw new LeaseLost(`another container has ${name}`)
    }
    try {
      await turnOf({ pair, signal, keep })
    } catch (error) {
      if (error instanceof LeaseLost) {
        log.warn({ pair: name }, 'the turn lasted longer than its lease; another container goes on')
        return
      }
      // What it broke off for is the news; a lease that is not given back runs out by itself.
      await ledger.lease(lease, me, 1).catch(() => {})
      throw error
    }
    await ledger.lease(lease, me, 1)
  }

  async function turnOf(turn: Turn): Promise<void> {
    const { pair, signal } = turn
    const late = await settleAll(turn)
    if (signal.aborted) return
    const landed = await incidents.review(turn)
    await incidents.order(turn, (await ledger.wanted(pair.name, { limit: PAGE })).versions)
    const unknown = await incidents.probe(turn, {
      affords: async ({ pair: { name, redrive } }, strategy, probe) =>
        fits(addCosts(await ledger.spend(name, NO_COST), estimate(strategy, [probe])), redrive.hourly),
      drive: start,
    })
    await driveWanted(turn)
    const gate = await ledger.lease(
      `redrive:plan:${pair.name}`,
      `${holder}/${turns}/${clock.now()}`,
      Math.max(1, Math.floor(pair.redrive.everyMs * GATE_SHARE)),
    )
    if (gate || landed || unknown || unfinished.has(pair.name)) await drivePlanned(turn)
    if (late !== undefined) throw late
  }

  /** Resolves with what one of the jobs under way could not be settled for: the others, and what is new, go on. */
  async function settleAll(turn: Turn): Promise<LandfallError | undefined> {
    let late: LandfallError | undefined
    for (const job of await ledger.jobs(turn.pair.name)) {
      if (turn.signal.aborted) return undefined
      await turn.keep()
      try {
        if (job.strategy === undefined || job.strategy === 'batch') await batches.settle(turn, job)
        else await copies.settle(turn, job)
      } catch (error) {
        if (!isLandfallError(error) || error.code.startsWith('REDIS')) throw error
        late = error
      }
    }
    return late
  }

  /** Whatever a person ordered goes first, and at once. */
  async function driveWanted(turn: Turn): Promise<void> {
    let by: string | undefined
    const planned = await planOver(turn, async (plan, cursor) => {
      const page = await ledger.wanted(turn.pair.name, { cursor, limit: PAGE })
      for (const parked of page.versions) {
        by ??= parked.wanted?.by
        plan.add(parked)
      }
      return page.cursor
    })
    if (by !== undefined) await drive(turn, planned, by)
  }

  async function drivePlanned(turn: Turn): Promise<void> {
    const { pair } = turn
    unfinished.delete(pair.name)
    const planned = await planOver(turn, async (plan, cursor) => {
      const page = await ledger.parked(pair.name, { cursor, limit: PAGE })
      page.versions.forEach((parked: Parked) => plan.add(parked))
      return page.cursor
    })
    if (turn.signal.aborted) return
    await incidents.update(turn, planned)
    if ((planned.resting.get('next time') ?? 0) > 0) unfinished.add(pair.name)
    if (planned.resting.size > 0) {
      const resting = Object.fromEntries(planned.resting)
      log.debug({ pair: pair.name, resting }, 'failed versions that are not driven')
    }
    await drive(turn, planned, AUTOMATIC)
  }

  async function drive(turn: Turn, planned: Planned, by: string): Promise<void> {
    const { pair, signal } = turn
    const { batch, copy, retrigger } = planned.drive
    if (planned.look.length > 0) {
      await ledger.nudge(
        pair.name,
        planned.look.map((id) => ({ id })),
      )
    }
    if (batch.length + copy.length + retrigger.length > 0) {
      log.info({ pair: pair.name, by, estimate: planned.cost }, 'failed versions are driven')
    }
    for (const strategy of STRATEGIES) {
      const versions = planned.drive[strategy]
      if (versions.length > 0 && !signal.aborted) await start(turn, strategy, { versions, by })
    }
  }

  async function start(turn: Turn, strategy: Strategy, order: Order): Promise<void> {
    if (strategy === 'batch') await batches.start(turn, order)
    else if (!(await copies.run(turn, strategy, order))) unfinished.add(turn.pair.name)
  }

  async function planOver(
    turn: Turn,
    page: (plan: Plan, cursor: string | undefined) => Promise<string | undefined>,
  ): Promise<Planned> {
    const { pair, signal } = turn
    const plan = makePlan({
      policy: pair,
      incidents: new Map((await ledger.incidents(pair.name)).map((incident) => [incident.reason, incident])),
      hourly: pair.redrive.hourly,
      spent: await ledger.spend(pair.name, NO_COST),
      most: mostOf(pair),
    })
    let cursor: string | undefined
    do {
      await turn.keep()
      cursor = await page(plan, cursor)
    } while (cursor !== undefined && !signal.aborted)
    return plan.planned
  }

  /** S3's `ClientRequestToken`, and a key in Redis: short, and of plain letters. */
  function newToken(): string {
    const seed = `${holder} ${clock.now()} ${random.next()} ${random.next()}`
    return `lf-${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`
  }

  function tell(pair: string, error: unknown): void {
    const before = trouble.get(pair)
    if (error === undefined) {
      if (trouble.delete(pair)) log.info({ pair, was: before }, 're-drives go on again')
      return
    }
    const known = isLandfallError(error) ? error : undefined
    // The outage of Redis has its own line, and is no pair's.
    if (known?.code.startsWith('REDIS')) return
    const kind = known?.code ?? (error instanceof Error ? error.message : 'unknown')
    trouble.set(pair, kind)
    if (kind === before) return
    if (known === undefined) log.error({ pair, err: error }, 're-drives of a pair broke off')
    else log.warn({ pair, code: known.code, error: known.message, next: known.hint }, 're-drives of a pair wait')
  }
}

function mostOf({ redrive }: PairToRedrive): Readonly<Record<Strategy, number>> {
  const copies = Math.max(1, Math.ceil(redrive.rate.versionsPerSecond * (COPY_TURN_MS / 1000)))
  return { batch: BATCH_MOST, copy: copies, retrigger: copies }
}
