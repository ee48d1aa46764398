/**
 * The repeated jobs. BullMQ's schedulers end when their next job is deleted, so each container writes them again each
 * minute: after a deletion of all of BullMQ's keys they run again within that time.
 */
import { isLandfallError } from '../domain/errors.ts'
import type { Log } from '../ports.ts'
import type { Producer } from './producer.ts'
import { realTimers, type Timers } from './timing.ts'

export interface Schedules {
  start(): void
  close(): Promise<void>
}

const AGAIN_MS = 60_000
/** While Redis is away. */
const RETRY_MS = 5_000

export function makeSchedules(needs: {
  /** Job -> how often, ms. */
  readonly every: Readonly<Partial<Record<'report' | 'snapshot', number>>>
  readonly producer: Pick<Producer, 'schedule'>
  readonly log: Log
  readonly timers?: Timers | undefined
}): Schedules {
  const { every, producer, log } = needs
  const timers = needs.timers ?? realTimers
  let cancel: (() => void) | undefined
  let running: Promise<void> = Promise.resolve()
  let closed = false

  async function upsert(): Promise<void> {
    let againMs = AGAIN_MS
    try {
      for (const job of ['report', 'snapshot'] as const) {
        const ms = every[job]
        if (ms !== undefined) await producer.schedule(job, ms)
      }
    } catch (error) {
      // The outage of Redis has its own line.
      againMs = RETRY_MS
      log.debug({ code: isLandfallError(error) ? error.code : 'INTERNAL' }, 'schedules not written')
    }
    if (!closed) cancel = timers.after(againMs, run)
  }

  function run(): void {
    running = upsert()
  }

  return {
    start: run,
    async close() {
      closed = true
      cancel?.()
      await running
    },
  }
}
