/**
 * The ticker: once a second it asks the ledger what is due, and pokes each such pair by a few `verify` jobs, one a lane.
 *
 * A job carries no version, so that a lost, doubled or stalled one costs time only; and a lane has one unfinished job at most,
 * so that pokes never pile up. What would strand a pair is a lane that is held by a job which never ends: BullMQ frees
 * it when the job ends, is removed or its hash is gone; the ticker looks after the rest (`strandedAfterMs`).
 */
import { redisError } from '../domain/redis-errors.ts'
import type { Clock, Ledger, Log } from '../ports.ts'
import { makeOutage } from './outage.ts'
import type { Producer } from './producer.ts'
import { realTimers, type Timers } from './timing.ts'

export interface Poker {
  start(): void
  /** Something is due now (intake just booked it): do not wait for the next tick. Many calls make one tick. */
  wake(): void
  /** No more ticks; resolves when the running one has ended. */
  close(): Promise<void>
}

/** As many due versions as one job takes in a few rounds: below this, one lane does. */
const PER_LANE = 200
/** Wakes closer together than this make one tick. */
const WAKE_MS = 100

export function makePoker(needs: {
  readonly pairs: readonly string[]
  readonly lanesPerPair: number
  readonly tickMs: number
  readonly due: Ledger['due']
  readonly producer: Pick<Producer, 'add' | 'free'>
  /**
   * How long the same job may hold a lane before it is looked at. Well above the time in which a dead worker's job comes
   * back (policy.ts: 15 s); a job that is still alive then is simply a long one.
   */
  readonly strandedAfterMs?: number | undefined
  readonly clock: Clock
  readonly log: Log
  readonly timers?: Timers | undefined
}): Poker {
  const { pairs, lanesPerPair, tickMs, producer, clock, log } = needs
  const strandedAfterMs = needs.strandedAfterMs ?? 30_000
  const timers = needs.timers ?? realTimers
  const outage = makeOutage({ subject: 'poke', clock, log })
  /** Lanes that were held at the last poke: by which job, and since when. */
  const held = new Map<string, { readonly id: string; readonly since: number }>()
  let cancel: (() => void) | undefined
  let next = Infinity
  let running: Promise<void> | undefined
  /** A wake came during a tick, which may have looked already. */
  let woken = false
  let closed = false

  /** Ticks never overlap: the next one is set when this one has ended. */
  function plan(ms: number): void {
    const at = clock.now() + ms
    if (closed || running !== undefined || at >= next) return
    cancel?.()
    next = at
    cancel = timers.after(ms, () => {
      next = Infinity
      running = tick().finally(() => {
        running = undefined
        plan(woken ? WAKE_MS : tickMs)
        woken = false
      })
    })
  }

  async function tick(): Promise<void> {
    try {
      const due = await needs.due(pairs)
      await Promise.all([...due].flatMap(([pair, count]) => lanesFor(count).map((lane) => poke(pair, lane))))
      outage.over()
    } catch (error) {
      // Nothing is lost: what is due stays due.
      outage.failed(redisError(error))
    }
  }

  function lanesFor(count: number): readonly number[] {
    return Array.from({ length: Math.min(lanesPerPair, Math.ceil(count / PER_LANE)) }, (_, lane) => lane)
  }

  async function poke(pair: string, lane: number): Promise<void> {
    const once = `${pair}~${lane}`
    const { id, added } = await producer.add('verify', { pair, lane }, { once })
    const before = held.get(once)
    if (added) held.delete(once)
    else if (before?.id !== id) held.set(once, { id, since: clock.now() })
    else if (clock.now() - before.since >= strandedAfterMs) await unstrand(pair, lane, once, id)
  }

  async function unstrand(pair: string, lane: number, once: string, id: string): Promise<void> {
    held.delete(once)
    if (!(await producer.free('verify', once, id))) return
    log.warn({ pair, lane, job: 'verify', jobId: id }, 'a verify job was lost in BullMQ and held its lane; poked again')
    await producer.add('verify', { pair, lane }, { once })
  }

  return {
    start: () => plan(0),
    wake() {
      if (running === undefined) plan(WAKE_MS)
      else woken = true
    },
    async close() {
      closed = true
      cancel?.()
      await running
    },
  }
}
