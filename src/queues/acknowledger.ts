/**
 * Deletes what is durable, behind the consumers' backs: they poll on meanwhile.
 *
 * Deletes of all consumers of a queue are pooled into batches of ten, by size or after a moment, so that ten messages cost
 * one receive and one delete. A delete that fails is retried while the message is still ours, then left: it comes
 * again and the ledger counts it as a duplicate. See docs/adr/0005-acknowledger.md.
 */
import { isLandfallError } from '../domain/errors.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { BATCH, type SqsQueue } from './sqs.ts'
import { type Backoff, backoffMs, type Timers, until } from './timing.ts'

/** Long enough to fill a batch under load, short against any visibility time-out. */
const POOL_MS = 100
const RETRY: Backoff = { baseMs: 250, maxMs: 5_000 }
/** All that one outage leaves within this time is one line in the log, not one a batch. */
const TELL_MS = 1_000
/** A closing service does not wait out a visibility time-out for deletes that SQS refuses. */
const TRIES_WHILE_DRAINING = 3

export interface Acknowledger {
  /** `until`: when the messages' visibility ends, ms since the epoch. */
  acknowledge(receipts: readonly string[], until: number): void
  /** Resolves when fewer than `MAX_PENDING` wait: a queue that refuses deletes must hold up its own polls, not fill memory. */
  room(signal: AbortSignal): Promise<void>
  /** Sends all that waits (held-back ones when their time has come) and resolves when each is deleted or left. */
  drain(): Promise<void>
  readonly counts: { readonly deleted: number; readonly left: number; readonly requests: number }
}

export const MAX_PENDING = 5_000

interface Pending {
  readonly receipt: string
  readonly until: number
  failures: number
}

export function makeAcknowledger(needs: {
  readonly queue: Pick<SqsQueue, 'name' | 'delete'>
  /** Held back this long before the delete (durability `window`): what a failover of Redis may forget is still in SQS. */
  readonly holdMs: number
  readonly timers: Timers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}): Acknowledger {
  const { queue, holdMs, timers, clock, random, log } = needs
  const counts = { deleted: 0, left: 0, requests: 0 }
  let pool: Pending[] = []
  let pending = 0
  let cancelFlush: (() => void) | undefined
  let draining: Promise<void> | undefined
  let drained: (() => void) | undefined
  let roomMade: PromiseWithResolvers<void> | undefined
  let untold = 0
  let cancelTelling: (() => void) | undefined

  function add(items: readonly Pending[]): void {
    pool.push(...items)
    while (pool.length >= BATCH) void send(pool.splice(0, BATCH))
    if (pool.length === 0) return
    if (draining !== undefined) flush()
    else cancelFlush ??= timers.after(POOL_MS, flush)
  }

  function flush(): void {
    cancelFlush?.()
    cancelFlush = undefined
    const batch = pool
    pool = []
    if (batch.length > 0) void send(batch)
  }

  /** Never rejects: every outcome ends in `settled` or in a retry. */
  async function send(batch: readonly Pending[]): Promise<void> {
    counts.requests += 1
    const failed = await attempt(batch)
    const again: Pending[] = []
    let left = 0
    for (const item of batch) {
      const gone = failed.get(item.receipt)
      if (gone === undefined) continue
      item.failures += 1
      const tooLate = gone || clock.now() >= item.until
      if (tooLate || (draining !== undefined && item.failures >= TRIES_WHILE_DRAINING)) left += 1
      else again.push(item)
    }
    if (again.length > 0) {
      const failures = Math.max(...again.map((item) => item.failures))
      timers.after(backoffMs(failures - 1, RETRY, random), () => add(again))
    }
    counts.deleted += batch.length - left - again.length
    counts.left += left
    if (left > 0) tellSoon(left)
    settled(batch.length - again.length)
  }

  /** Failed receipts, and whether a retry is pointless. */
  async function attempt(batch: readonly Pending[]): Promise<ReadonlyMap<string, boolean>> {
    try {
      const failures = await queue.delete(batch.map((item) => item.receipt))
      return new Map(failures.map(({ receipt, gone }) => [receipt, gone]))
    } catch (error) {
      // Throttled, unreachable, refused: receives fail for the same reason and log it once per outage.
      log.debug({ queue: queue.name, code: isLandfallError(error) ? error.code : 'INTERNAL' }, 'delete failed')
      return new Map(batch.map((item) => [item.receipt, false]))
    }
  }

  function tellSoon(left: number): void {
    untold += left
    cancelTelling ??= timers.after(TELL_MS, tell)
  }

  function tell(): void {
    cancelTelling?.()
    cancelTelling = undefined
    if (untold === 0) return
    log.warn({ queue: queue.name, messages: untold }, 'deletes failed: these messages come again, as duplicates')
    untold = 0
  }

  function settled(count: number): void {
    pending -= count
    if (pending < MAX_PENDING) {
      roomMade?.resolve()
      roomMade = undefined
    }
    if (pending > 0 || draining === undefined) return
    tell()
    drained?.()
  }

  return {
    counts,
    acknowledge(receipts, until) {
      if (receipts.length === 0) return
      const items = receipts.map((receipt) => ({ receipt, until, failures: 0 }))
      pending += items.length
      if (holdMs === 0) add(items)
      else timers.after(holdMs, () => add(items))
    },
    async room(signal) {
      if (pending < MAX_PENDING) return
      roomMade ??= Promise.withResolvers<void>()
      await until(roomMade.promise, signal)
    },
    drain() {
      if (draining === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>()
        draining = promise
        drained = resolve
        flush()
        if (pending === 0) resolve()
      }
      return draining
    },
  }
}
