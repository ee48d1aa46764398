/**
 * The repeated jobs. BullMQ's schedulers end when their next job is deleted, so each container writes them again about
 * as often as they run: a deletion of all of BullMQ's keys costs one run or two.
 */
import { isLandfallError } from '../domain/errors.ts'
import type { Log } from '../ports.ts'
import { PERIODIC, type PeriodicJob, type Producer } from './producer.ts'
import { realTimers, type Timers } from './timing.ts'

export interface Schedules {
  start(): void
  close(): Promise<void>
}

const MOST_MS = 60_000
/** Also the pace while Redis is away. */
const LEAST_MS = 5_000

/** Five fields, UTC. */
export interface CronJob {
  readonly name: string
  readonly cron: string
}

export function makeSchedules(needs: {
  /** Job -> how often, ms. */
  readonly every: Readonly<Partial<Record<PeriodicJob, number>>>
  /** Pairs that are audited: each is looked at so often, whether its time has come. */
  readonly audits?: { readonly pairs: readonly string[]; readonly everyMs: number } | undefined
  /** Dumps that are made when their time has come. */
  readonly dumps?: readonly CronJob[] | undefined
  /** Dumps that are drilled when their time has come. */
  readonly drills?: readonly CronJob[] | undefined
  /** Dumps of which is looked so often whether there are any to be verified. */
  readonly verifies?: { readonly dumps: readonly string[]; readonly everyMs: number } | undefined
  readonly producer: Pick<Producer, 'schedule' | 'scheduleFor' | 'scheduleDump' | 'scheduleAt'>
  readonly log: Log
  readonly timers?: Timers | undefined
}): Schedules {
  const { every, audits, dumps, drills, verifies, producer, log } = needs
  const timers = needs.timers ?? realTimers
  const againMs = Math.max(
    LEAST_MS,
    Math.min(
      MOST_MS,
      ...Object.values(every),
      ...(audits === undefined ? [] : [audits.everyMs]),
      ...(verifies === undefined ? [] : [verifies.everyMs]),
    ),
  )
  let cancel: (() => void) | undefined
  let running: Promise<void> = Promise.resolve()
  let closed = false

  async function upsert(): Promise<void> {
    let nextMs = againMs
    try {
      for (const job of PERIODIC) {
        const ms = every[job]
        if (ms !== undefined) await producer.schedule(job, ms)
      }
      for (const { name, cron } of dumps ?? []) await producer.scheduleAt('dump', name, cron)
      for (const { name, cron } of drills ?? []) await producer.scheduleAt('drill', name, cron)
      for (const dump of verifies?.dumps ?? []) await producer.scheduleDump('dump-verify', dump, verifies!.everyMs)
      for (const pair of audits?.pairs ?? []) await producer.scheduleFor('audit', pair, audits!.everyMs)
    } catch (error) {
      // The outage of Redis has its own line.
      nextMs = LEAST_MS
      log.debug({ code: isLandfallError(error) ? error.code : 'INTERNAL' }, 'schedules not written')
    }
    if (!closed) cancel = timers.after(nextMs, run)
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
