/**
 * The composition root: the only place that joins the rooms. Starts what `landfall run` is made of in order, and stops
 * it in reverse (docs/architecture.md, "Shutdown").
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeDumps, dumpJobs } from './app/dumps.ts'
import { makeCanaries, makeServiceDoctor, type PlaceHints } from './app/doctor.ts'
import { startIntake, unready } from './app/intake.ts'
import { makeAudits, makeRedriver, redriveEveryMs } from './app/repair.ts'
import { startTelemetry } from './app/telemetry.ts'
import { makeAlarms } from './aws/alarms.ts'
import { checkAws } from './aws/check.ts'
import { makeAws } from './aws/clients.ts'
import { makeDumpStore } from './aws/dump-store.ts'
import { makeMetricsSink } from './aws/metrics.ts'
import { makeObjectStore } from './aws/object-store.ts'
import { makeShipper } from './aws/shipper.ts'
import { makeSnapshotStore } from './aws/snapshot-store.ts'
import { makeCountWrites } from './aws/source-writes.ts'
import { makeQueues } from './aws/sqs.ts'
import type { Estate } from './config/estate.ts'
import type { TelemetryOptions } from './config/telemetry.ts'
import { isLandfallError } from './domain/errors.ts'
import type { JobName } from './domain/jobs.ts'
import { connectLedger } from './ledger/connection.ts'
import { makeLedger, type RedisLedger } from './ledger/ledger.ts'
import type { Clock, Log, Random } from './ports.ts'
import { makePoker, type Poker } from './queues/poke.ts'
import { makeProducer } from './queues/producer.ts'
import { bullPrefix, closeRedis, makeRedis, makeRedisWatch } from './queues/redis.ts'
import { type Handlers, makeRunner } from './queues/runner.ts'
import { makeSchedules } from './queues/schedules.ts'
import { processName, systemClock, systemRandom } from './system.ts'
import { makeLogSteps } from './telemetry/log-steps.ts'
import { type Steps, watchInvestigate, watchLedger, watchObjects } from './telemetry/steps.ts'
import { startWeb } from './web/server.ts'
import { makeSample } from './workers/attributes.ts'
import { type DumpCommand, makeChildren } from './workers/child-command.ts'
import { makeDepths } from './workers/depths.ts'
import { makeFailures } from './workers/failures.ts'
import { makeInvestigate } from './workers/investigate.ts'
import { makeOrderShipments } from './workers/order-shipments.ts'
import { makeReport } from './workers/report.ts'
import { makeShip } from './workers/ship.ts'
import { makeSourceWrites } from './workers/source-writes.ts'
import { makeSnapshot } from './workers/snapshot.ts'
import { type GatherStatus, makeGatherStatus } from './workers/status.ts'
import { makeSweep } from './workers/sweep.ts'
import { makeVerify } from './workers/verify.ts'

/** What a container may be told to do alone (`landfall run --only`). */
export const PARTS = ['intake', 'verify', 'redrive', 'audit', 'dump', 'ship', 'report'] as const
export type Part = (typeof PARTS)[number]

export interface AppOptions {
  readonly estate: Estate
  /** S3 by `host/bucket`: for endpoints other than AWS' own. */
  readonly pathStyle: boolean
  readonly log: Log
  readonly only?: ReadonlySet<Part> | undefined
  /** How long to wait for a Redis that is not there yet, ms. */
  readonly redisWaitMs?: number | undefined
  /** Instead of Landfall's own keys in Redis: several Landfalls on one Redis, as in tests. */
  readonly prefix?: string | undefined
  /** What service.http.token names, as it was read. Without it the page takes no orders. */
  readonly httpToken?: string | undefined
  /** `landfall` itself, for dumps that have a schedule; absent: none is made here. */
  readonly dumpCommand?: DumpCommand | undefined
  /** OpenTelemetry, as its environment variables have it; absent: off, and nothing of it is loaded. */
  readonly telemetry?: TelemetryOptions | undefined
  /** What the environment tells of where this process runs. */
  readonly place?: PlaceHints | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

export interface App {
  /** Where health, metrics and status are served. */
  readonly url: string
  readonly ledger: RedisLedger
  readonly gather: GatherStatus
  /** Requests to AWS so far, by service and action. */
  requests(): ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Graceful: within the grace, nothing is lost. A second call gives the same promise. */
  stop(): Promise<void>
}

const REDIS_WAIT_MS = 60_000
/** A Redis that is there needs a moment too: "do not wait" still means to try. */
const REDIS_LEAST_WAIT_MS = 1_000
/** Beyond the grace, for jobs that were told to stop; and then for what is merely closed. */
const STOP_LAST_MS = 2_500
const CLOSE_MS = 2_000
const MOST_VERIFY_JOBS = 64
/** The safety net under the events of shipments. */
const SWEEP_MS = 600_000
/** How often each audited pair is looked at, whether its audit is due. */
const AUDIT_TICK_MS = 60_000
/** For /metrics, /status and the snapshot: SQS' numbers are up to a minute old anyway. A scrape waits ten seconds. */
const DEPTHS_FRESH_MS = 15_000
const DEPTHS_PATIENCE_MS = 3_000

/** Rejects with the first thing that makes running pointless; what is merely down for now is waited for. */
export async function startApp(options: AppOptions): Promise<App> {
  const { estate, log, pathStyle } = options
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const does = (part: Part): boolean => options.only?.has(part) ?? true
  const base = { estate, clock, random, log }
  const { service, pairs } = estate
  /** Undone in reverse, at a stop and when the start itself fails. */
  const undo: (() => Promise<void> | void)[] = []

  try {
    return await start()
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    throw error
  }

  async function start(): Promise<App> {
    const redisWaitMs = Math.max(REDIS_LEAST_WAIT_MS, options.redisWaitMs ?? REDIS_WAIT_MS)
    const connection = await connectLedger(service.redis.url, {
      cluster: service.redis.cluster,
      connectTimeoutMs: redisWaitMs,
      onWait: ({ code, message, hint }) =>
        log.warn({ code, error: message, next: hint, waitMs: redisWaitMs }, 'Redis does not answer; waiting for it'),
    })
    undo.push(() => connection.disconnect())
    const spans = await startTelemetry(base, options)
    if (spans !== undefined) undo.push(async () => spans.close())
    const steps: readonly Steps[] = [
      ...(service.log.level === 'debug' || service.log.level === 'trace'
        ? [makeLogSteps({ log, share: service.log.sample })]
        : []),
      ...(spans === undefined ? [] : [spans.steps]),
    ]
    const telemetry = spans?.bullmq
    const ledger = steps.reduce(
      (inner, one) => watchLedger(inner, one),
      makeLedger({
        connection,
        clock,
        durability: service.redis.durability,
        prefix: options.prefix,
      }),
    )
    await ledger.check()

    const aws = makeAws({ estate, log, pathStyle })
    undo.push(() => aws.close())
    const queues = makeQueues({ estate, aws })
    await checkWorld()

    const depths = makeDepths({
      queues: estate.queues,
      depth: async (queue) => queues.depth(queue),
      clock,
      freshMs: DEPTHS_FRESH_MS,
      patienceMs: DEPTHS_PATIENCE_MS,
    })
    const dumpHealth = makeDumps(base, aws)
    const gather = makeGatherStatus({ estate, ledger, clock, depths, dumps: dumpHealth })
    const watch = makeRedisWatch({ clock, log })
    const redis = (role: 'producer' | 'worker') => {
      const client = makeRedis(service.redis.url, { cluster: service.redis.cluster, role, watch })
      undo.push(async () => closeRedis(client))
      return client
    }
    const prefix = bullPrefix(options.prefix)
    const producer = makeProducer({ connection: redis('producer'), prefix, watch, clock, random, telemetry })
    undo.push(async () => producer.close())

    const objects = steps.reduce(watchObjects, makeObjectStore({ estate, aws, clock, log }))
    const sample = makeSample({ objects, ledger, log })
    const poker = does('verify') ? startPoker(ledger, producer) : undefined
    const report = makeReport({
      estate,
      ledger,
      sink: makeMetricsSink({ estate, aws, log }),
      depth: async (queue) => queues.depth(queue),
      dumps: dumpHealth,
      sourceWrites: makeSourceWrites({ pairs, count: makeCountWrites(aws), clock, log }),
      clock,
      log,
      holder: processName(),
    })
    const store = makeSnapshotStore({ estate, aws })
    const snapshot = store === undefined ? undefined : makeSnapshot({ gather, ledger, store, clock, random, log })
    const reports = does('report') && service.metrics.enabled
    const snapshots = does('report') ? snapshot : undefined

    const doctor = makeServiceDoctor(base, { ledger, aws, place: options.place ?? {} })
    const canaryEveryMs = does('report') ? service.doctor.canaryEveryMs : undefined
    const audits = does('audit') ? pairs.filter(({ auditEveryMs }) => auditEveryMs !== undefined) : []
    const redrives = does('redrive') ? makeRedriver(base, ledger, aws) : undefined

    const ships = does('ship') && estate.shipments.length > 0
    const children = does('dump') && options.dumpCommand !== undefined ? makeChildren(options.dumpCommand) : undefined
    const dumping = children === undefined ? undefined : dumpJobs(estate, children, log)

    const handlers: Handlers = {
      ...(does('verify') && {
        verify: makeVerify({
          pairs,
          ledger,
          investigate: steps.reduce(
            (inner, one) => watchInvestigate(inner, one),
            makeInvestigate({ objects, clock, random }),
          ),
          sample,
          clock,
          random,
          log,
          leaseMs: service.verify.leaseMs,
          concurrency: service.verify.concurrency,
        }),
      }),
      ...(redrives && { redrive: redrives.handle }),
      ...(audits.length > 0 && { audit: makeAudits(base, { ledger, aws, objects }) }),
      ...(ships && {
        ship: makeShip({ shipper: makeShipper({ estate, aws, clock }), log }),
        sweep: makeSweep({
          shipments: estate.shipments,
          store: (place) => makeDumpStore({ estate, aws, place }),
          order: makeOrderShipments(producer),
          log,
        }),
      }),
      ...dumping?.handlers,
      ...(reports && { report }),
      ...(does('report') && { doctor: doctor.handle }),
      ...(canaryEveryMs !== undefined && { canary: makeCanaries(base, { ledger, aws, objects }) }),
      ...(snapshots && { snapshot: snapshots }),
    }
    const runner = makeRunner({
      handlers,
      connection: redis('worker'),
      prefix,
      concurrency: { verify: Math.min(MOST_VERIFY_JOBS, pairs.length * service.verify.lanesPerPair) },
      watch,
      clock,
      log,
      telemetry,
    })
    undo.push(async () => runner.close({ graceMs: 0 }))

    const schedules = makeSchedules({
      ...(audits.length > 0 && { audits: { pairs: audits.map(({ name }) => name), everyMs: AUDIT_TICK_MS } }),
      ...dumping?.schedules,
      every: {
        ...(redrives && { redrive: redriveEveryMs(pairs) }),
        ...(ships && { sweep: SWEEP_MS }),
        ...(reports && { report: service.metrics.everyMs }),
        ...(does('report') && { doctor: service.doctor.everyMs }),
        ...(canaryEveryMs !== undefined && { canary: canaryEveryMs }),
        ...(snapshots && service.snapshot && { snapshot: service.snapshot.everyMs }),
      },
      producer,
      log,
    })
    schedules.start()
    undo.push(async () => schedules.close())

    const intake = does('intake') ? startIntake(base, { ledger, queues, sample, poker, producer, steps }) : undefined
    if (intake !== undefined) undo.push(async () => intake.stop())
    const web = await startWeb(
      {
        estate,
        ledger,
        failures: makeFailures({
          pairs,
          ledger,
          clock,
          holder: processName(),
          pause: async (ms) => sleep(ms),
        }),
        gather,
        depths,
        dumps: dumpHealth,
        alarms: async () => (service.metrics.enabled ? makeAlarms({ estate, aws }).list() : []),
        jobs: async () => producer.counts(Object.keys(handlers) as JobName[]),
        readiness: async () => unready(ledger, intake),
        requests: () => aws.requests(),
        clock,
        log,
      },
      { ...service.http, token: options.httpToken },
    )
    undo.push(async () => web.close())
    // Nobody waits for it: a region that is down would hold up the start.
    void doctor.atStart()
    undo.push(() => doctor.close())
    log.info({ http: web.url, pairs: pairs.length, queues: estate.queues.length }, 'landfall runs')

    let stopped: Promise<void> | undefined
    return {
      url: web.url,
      ledger,
      gather,
      requests: () => aws.requests(),
      stop() {
        stopped ??= stop()
        return stopped
      },
    }

    /** A missing queue or refused credentials end the start; an outage of AWS is what Landfall is there to sit out. */
    async function checkWorld(): Promise<void> {
      try {
        await checkAws({ estate, aws, queues })
      } catch (error) {
        if (!isLandfallError(error) || error.disposition !== 'retryable') throw error
        log.warn(
          { code: error.code, error: error.message, next: error.hint },
          'AWS does not answer; starting nevertheless',
        )
      }
    }

    async function stop(): Promise<void> {
      const deadline = clock.now() + service.shutdownGraceMs
      log.info({ graceMs: service.shutdownGraceMs }, 'stopping')
      const orderly = await within(service.shutdownGraceMs + STOP_LAST_MS, finish(deadline))
      const closed = await within(CLOSE_MS, close())
      if (!orderly || !closed)
        log.warn({}, 'something did not stop in time and is left; what it had in hand comes again')
      log.info({}, 'stopped')
    }

    /** What has to end well: an outage may make it last, and then it is given up. */
    async function finish(deadline: number): Promise<void> {
      // The running polls end by themselves: what SQS hands to an aborted one is out of sight for a minute.
      const jobs = async (): Promise<void> => {
        await Promise.all([poker?.close(), schedules.close()])
        // At once, and not at the end of the grace: a dump or a drill lasts longer, and its child needs the grace to clean up.
        children?.stop()
        await runner.close({ graceMs: Math.max(0, deadline - clock.now()) })
      }
      await Promise.all([intake?.stop(), jobs()])
      await lastReports()
    }

    async function close(): Promise<void> {
      for (const step of undo.toReversed()) await step()
    }

    /** What the last minute counted must not wait for another container's turn. */
    async function lastReports(): Promise<void> {
      const never = new AbortController().signal
      const last = await Promise.allSettled([
        ...(reports ? [report({}, never)] : []),
        ...(snapshots ? [snapshots({}, never)] : []),
      ])
      for (const result of last)
        if (result.status === 'rejected') log.warn({ err: result.reason as unknown }, 'the last report failed')
    }
  }

  function startPoker(ledger: RedisLedger, producer: ReturnType<typeof makeProducer>): Poker {
    const poker = makePoker({
      pairs: pairs.map((pair) => pair.name),
      lanesPerPair: service.verify.lanesPerPair,
      tickMs: service.verify.tickMs,
      due: async (names) => ledger.due(names),
      producer,
      clock,
      log,
    })
    poker.start()
    undo.push(async () => poker.close())
    return poker
  }
}

/** Whether it ended in time; what did not goes on by itself. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const { promise: tooLong, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), ms)
  try {
    return await Promise.race([work.then(() => true), tooLong])
  } finally {
    clearTimeout(timer)
  }
}
