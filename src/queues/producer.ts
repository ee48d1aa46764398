/** Adds jobs to BullMQ: one queue a job, all on one connection that fails fast. */
import { Queue, type Telemetry } from 'bullmq'
import type { JobData, JobName } from '../domain/jobs.ts'
import { redisError } from '../domain/redis-errors.ts'
import type { Clock, Random } from '../ports.ts'
import { type JobPolicy, POLICY } from './policy.ts'
import type { RedisClient, RedisWatch } from './redis.ts'

export interface Added {
  /** Of the job that will do it: the new one's, or that of the job which holds the same `once` already. */
  readonly id: string
  readonly added: boolean
}

/** Every method throws `LandfallError`: REDIS_UNREACHABLE at once while Redis is gone. */
export interface Producer {
  /** With `once`, nothing is added while an unfinished job was added under the same word. */
  add<Name extends JobName>(job: Name, data: JobData[Name], options?: { readonly once?: string }): Promise<Added>
  /**
   * Frees `once` when job `id`, which holds it, is in none of BullMQ's lists any more and so will never end: returns
   * whether it did. BullMQ itself frees it when the job ends, is removed, or has lost its hash; but not when the lists
   * lost the job and its hash stayed.
   */
  free(job: JobName, once: string, id: string): Promise<boolean>
  /** Has the job made every `everyMs`, by whichever worker is alive. Repeating it is harmless, and mends what was deleted. */
  schedule(job: PeriodicJob, everyMs: number): Promise<void>
  /** How many jobs of each kind wait, run, or have failed. */
  counts(jobs: readonly JobName[]): Promise<readonly JobCounts[]>
  /** The same for a job that there is once for each pair. */
  scheduleFor(job: 'audit', pair: string, everyMs: number): Promise<void>
  /** And once for each dump. */
  scheduleDump(job: 'dump-verify', dump: string, everyMs: number): Promise<void>
  /** Has the job made for a dump when its time has come: five fields of cron, UTC. */
  scheduleAt(job: 'dump' | 'drill', dump: string, cron: string): Promise<void>
  close(): Promise<void>
}

/** Jobs of which there is one, every so often. */
export const PERIODIC = ['redrive', 'sweep', 'report', 'doctor', 'canary', 'snapshot'] as const
export type PeriodicJob = (typeof PERIODIC)[number]

export interface JobCounts {
  readonly job: JobName
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  /** Of those that are kept. */
  readonly failed: number
}

/** BullMQ's states of a job that still will end. */
const ALIVE: ReadonlySet<string> = new Set(['active', 'waiting', 'delayed', 'prioritized', 'waiting-children'])

export function makeProducer(needs: {
  /** Of role `producer`. Closed by who made it. */
  readonly connection: RedisClient
  readonly prefix: string
  readonly policy?: Readonly<Record<JobName, JobPolicy>> | undefined
  readonly watch: Pick<RedisWatch, 'raised'>
  readonly clock: Clock
  readonly random: Random
  /** BullMQ's own spans; none where absent. */
  readonly telemetry?: Telemetry | undefined
}): Producer {
  const { connection, prefix, watch, clock, random } = needs
  const policy = needs.policy ?? POLICY
  const queues = new Map<JobName, Queue>()

  function queueOf(job: JobName): Queue {
    const known = queues.get(job)
    if (known !== undefined) return known
    const { attempts, backoffMs, keep } = policy[job]
    const queue = new Queue(job, {
      connection,
      prefix,
      // Both together: otherwise a Redis that is away at the start breaks this queue for good, since BullMQ keeps the
      // failed version check and answers every later call with it.
      skipWaitingForReady: true,
      skipVersionCheck: true,
      streams: { events: { maxLen: 100 } },
      ...(needs.telemetry !== undefined && { telemetry: needs.telemetry }),
      defaultJobOptions: {
        attempts,
        backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
        removeOnComplete: keep.completed === 0 ? true : { count: keep.completed },
        removeOnFail: { count: keep.failed },
      },
    })
    queue.on('error', (error) => watch.raised(error, `queue ${job}`))
    queues.set(job, queue)
    return queue
  }

  /**
   * Never an integer (BullMQ numbers jobs so itself, from 1 again when its keys were deleted, and `add` under a known id
   * is ignored) and without a colon (its key separator).
   */
  function newId(job: JobName): string {
    return `${job}-${clock.now().toString(36)}-${Math.floor(random.next() * 2 ** 48).toString(36)}`
  }

  async function ask<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise
    } catch (error) {
      throw redisError(error)
    }
  }

  return {
    async add(job, data, { once } = {}) {
      const jobId = newId(job)
      const deduplication = once === undefined ? {} : { deduplication: { id: once } }
      const { id } = await ask(queueOf(job).add(job, data, { jobId, ...deduplication }))
      return { id: id ?? jobId, added: id === jobId }
    },
    async free(job, once, id) {
      const queue = queueOf(job)
      const state = await ask(queue.getJobState(id))
      if (ALIVE.has(state)) return false
      // Only while it is still this job's: another may have taken it since.
      const removed = await ask(queue.getBackend().removeDeduplicationKey(once, id))
      return removed > 0
    },
    async schedule(job, everyMs) {
      await ask(queueOf(job).upsertJobScheduler(job, { every: everyMs }, { name: job, data: {} }))
    },
    async counts(jobs) {
      return Promise.all(
        jobs.map(async (job) => {
          const counts = await ask(queueOf(job).getJobCounts('waiting', 'active', 'delayed', 'failed'))
          const of = (state: string): number => counts[state] ?? 0
          return {
            job,
            waiting: of('waiting'),
            active: of('active'),
            delayed: of('delayed'),
            failed: of('failed'),
          }
        }),
      )
    },
    async scheduleFor(job, pair, everyMs) {
      // A pair's name holds no colon (config/schema.ts), which separates BullMQ's keys.
      await ask(queueOf(job).upsertJobScheduler(`${job}-${pair}`, { every: everyMs }, { name: job, data: { pair } }))
    },
    async scheduleDump(job, dump, everyMs) {
      await ask(queueOf(job).upsertJobScheduler(`${job}-${dump}`, { every: everyMs }, { name: job, data: { dump } }))
    },
    async scheduleAt(job, dump, cron) {
      const repeat = { pattern: cron, tz: 'UTC' }
      await ask(queueOf(job).upsertJobScheduler(`${job}-${dump}`, repeat, { name: job, data: { dump } }))
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}
