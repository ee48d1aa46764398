/** Runs the jobs: the only place that turns an `Outcome` or a `LandfallError` into BullMQ's words. */
import { DelayedError, type Job, type Telemetry, UnrecoverableError, Worker } from 'bullmq'
import { isLandfallError } from '../domain/errors.ts'
import { JOBS, type JobData, type JobName } from '../domain/jobs.ts'
import type { Clock, Handler, Log } from '../ports.ts'
import { type JobPolicy, POLICY } from './policy.ts'
import type { RedisClient, RedisWatch } from './redis.ts'
import { realTimers, type Timers } from './timing.ts'

export type Handlers = { readonly [Name in JobName]?: Handler<JobData[Name]> }

export interface Runner {
  /**
   * Takes no more jobs and waits for the running ones. After `graceMs` their signals abort; what does not end within a
   * further `lastMs` is left to the other containers, who find it stalled. A second call gives the same promise.
   */
  close(options: { readonly graceMs: number; readonly lastMs?: number }): Promise<void>
  /** Jobs running now. */
  readonly active: number
}

const LAST_MS = 2_000

export function makeRunner(needs: {
  readonly handlers: Handlers
  /** Of role `worker`; each job's blocking connection is made from it. Closed by who made it. */
  readonly connection: RedisClient
  readonly prefix: string
  readonly concurrency?: Readonly<Partial<Record<JobName, number>>> | undefined
  readonly policy?: Readonly<Record<JobName, JobPolicy>> | undefined
  readonly watch: Pick<RedisWatch, 'raised'>
  readonly clock: Clock
  readonly log: Log
  readonly timers?: Timers | undefined
  /** BullMQ's own spans; none where absent. */
  readonly telemetry?: Telemetry | undefined
}): Runner {
  const { connection, prefix, watch, clock, log } = needs
  const timers = needs.timers ?? realTimers
  const policy = needs.policy ?? POLICY
  let active = 0
  let closed: Promise<void> | undefined

  const workers = JOBS.flatMap((name) => {
    const handler = needs.handlers[name] as Handler<JobData[JobName]> | undefined
    return handler === undefined ? [] : [start(name, handler)]
  })

  function start(name: JobName, handler: Handler<JobData[JobName]>): Worker {
    const { concurrency, lockMs, stalledMs, maxStalled } = policy[name]
    // Three declared parameters: BullMQ gives a signal to no other processor.
    const run = async (job: Job, token: string | undefined, signal?: AbortSignal): Promise<void> => {
      active += 1
      try {
        await attempt(job, token, signal ?? new AbortController().signal)
      } finally {
        active -= 1
      }
    }

    async function attempt(job: Job, token: string | undefined, signal: AbortSignal): Promise<void> {
      const outcome = await handler(job.data as JobData[JobName], signal).catch((error: unknown) => {
        throw forBullMq(error)
      })
      if (outcome.kind === 'done') return
      await job.moveToDelayed(clock.now() + outcome.ms, token)
      throw new DelayedError(outcome.why)
    }

    const worker = new Worker(name, run, {
      connection,
      prefix,
      concurrency: needs.concurrency?.[name] ?? concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledMs,
      maxStalledCount: maxStalled,
      // BullMQ's wait after a connection error, 15 s by default: longer than most outages.
      runRetryDelay: 1_000,
      ...(needs.telemetry !== undefined && { telemetry: needs.telemetry }),
    })
    worker.on('error', (error) => watch.raised(error, `worker ${name}`))
    worker.on('stalled', (id) => log.warn({ job: name, jobId: id }, 'a job lost its worker; it runs again'))
    worker.on('failed', (job, error) => {
      const ids = { job: name, jobId: job?.id, data: job?.data as unknown, attempt: job?.attemptsMade, err: error }
      const last = error instanceof UnrecoverableError || (job?.attemptsMade ?? 0) >= (job?.opts.attempts ?? 1)
      if (last) log.error(ids, 'job failed')
      else log.debug(ids, 'job failed; it is tried again')
    })
    return worker
  }

  async function close(graceMs: number, lastMs: number): Promise<void> {
    const ended = Promise.all(workers.map((worker) => worker.close()))
    const { promise: tooLong, resolve: giveUp } = Promise.withResolvers<void>()
    let cancel = timers.after(graceMs, () => {
      if (active > 0) log.warn({ jobs: active }, 'the grace is over: running jobs are told to stop')
      for (const worker of workers) worker.cancelAllJobs('shutdown')
      cancel = timers.after(lastMs, () => {
        if (active > 0) log.error({ jobs: active }, 'these jobs did not stop; they run again elsewhere')
        giveUp()
      })
    })
    await Promise.race([ended, tooLong])
    cancel()
  }

  return {
    get active() {
      return active
    },
    close({ graceMs, lastMs = LAST_MS }) {
      closed ??= close(graceMs, lastMs)
      return closed
    },
  }
}

/** Permanent and poison are never tried again; all else goes on into attempts and backoff. */
function forBullMq(error: unknown): unknown {
  if (!isLandfallError(error) || error.disposition === 'retryable') return error
  const final = new UnrecoverableError(`${error.code}: ${error.message}`)
  final.cause = error
  return final
}
