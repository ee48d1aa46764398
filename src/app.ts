/**
 * The composition root: the only place that joins the rooms. Starts what `landfall run` is made of in order, and stops
 * it in reverse (docs/architecture.md, "Shutdown").
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAlarms } from './aws/alarms.ts'
import { checkAws } from './aws/check.ts'
import { makeBatchReplication } from './aws/batch-replication.ts'
import { makeCanaryWriter } from './aws/canary.ts'
import { type Aws, makeAws } from './aws/clients.ts'
import { makeCopier } from './aws/copier.ts'
import { dumpSides } from './aws/dump-catalogs.ts'
import { makeDumpStore } from './aws/dump-store.ts'
import { makeMetricsSink } from './aws/metrics.ts'
import { makeObjectStore } from './aws/object-store.ts'
import { observeClocks } from './aws/observe/clock.ts'
import { hereBy } from './aws/observe/here.ts'
import { observe } from './aws/observe/index.ts'
import { makeShipper } from './aws/shipper.ts'
import { makeSnapshotStore } from './aws/snapshot-store.ts'
import { makeSameBytes } from './aws/same-bytes.ts'
import { makeQueues, type Queues } from './aws/sqs.ts'
import { makeVersionLister } from './aws/version-pages.ts'
import { dumpRoutes } from './config/dump-places.ts'
import { warningsOf } from './config/warnings.ts'
import type { Estate } from './config/estate.ts'
import { secretsOf } from './config/redact.ts'
import type { TelemetryOptions } from './config/telemetry.ts'
import { ERRORS, isLandfallError, LandfallError } from './domain/errors.ts'
import type { JobName } from './domain/jobs.ts'
import type { JobData } from './domain/jobs.ts'
import { makeScrub } from './domain/scrub.ts'
import { openFileSpill } from './files/spill.ts'
import { connectLedger } from './ledger/connection.ts'
import { makeLedger, type RedisLedger } from './ledger/ledger.ts'
import type { Clock, Handler, Log, ObjectStore, Random } from './ports.ts'
import { type Intake, makeIntake } from './queues/intake.ts'
import { makePoker, type Poker } from './queues/poke.ts'
import { makeProducer, type Producer } from './queues/producer.ts'
import { bullPrefix, closeRedis, makeRedis, makeRedisWatch } from './queues/redis.ts'
import { type Handlers, makeRunner } from './queues/runner.ts'
import { makeSchedules } from './queues/schedules.ts'
import { makeSqsQueue } from './queues/sqs.ts'
import { processName, systemClock, systemPause, systemRandom } from './system.ts'
import { makeLogSteps } from './telemetry/log-steps.ts'
import { type Spans, startSpans } from './telemetry/spans.ts'
import { type Steps, watchEvents, watchIntake, watchInvestigate, watchLedger, watchObjects } from './telemetry/steps.ts'
import { startWeb } from './web/server.ts'
import { makeAuditJob } from './workers/audit.ts'
import { makeAudit } from './workers/audit/engine.ts'
import { makeSample, type Sample } from './workers/attributes.ts'
import { type Children, type DumpCommand, makeChildren } from './workers/child-command.ts'
import { makeCanaryJob } from './workers/canary.ts'
import { makeDepths } from './workers/depths.ts'
import { makeDoctor, seeing } from './workers/doctor.ts'
import { type DoctorJob, makeDoctorJob } from './workers/doctor-job.ts'
import { makeFailures } from './workers/failures.ts'
import { makeCatalogReader } from './workers/dump-catalog.ts'
import { type AskDumpHealth, makeDumpHealth } from './workers/dump-health.ts'
import { makeDrills, makeVerifyDumps } from './workers/dump-jobs.ts'
import { makeIntakeHandler } from './workers/intake.ts'
import { makeInvestigate } from './workers/investigate.ts'
import { makeOrderShipments } from './workers/order-shipments.ts'
import { makeRedrive, type Redrive } from './workers/redrive.ts'
import { makeReport } from './workers/report.ts'
import { makeShip } from './workers/ship.ts'
import { makeScheduledDumps } from './workers/scheduled-dump.ts'
import { makeSnapshot } from './workers/snapshot.ts'
import { type GatherStatus, makeGatherStatus } from './workers/status.ts'
import { makeSweep } from './workers/sweep.ts'
import { makeTempo } from './workers/tempo.ts'
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
  /** What the environment tells of where this process runs (config/environment.ts, `placeHints`). */
  readonly place?: { readonly metadata?: string | undefined; readonly region?: string | undefined } | undefined
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

/** With `window`, how long deletes are held back: what a failover of Redis may forget. */
const WINDOW_MS = 2_000
/** Above this share of Redis' memory intake waits: SQS is the buffer. */
const REDIS_FULL_SHARE = 0.7
const REDIS_WAIT_MS = 60_000
/** A Redis that is there needs a moment too: "do not wait" still means to try. */
const REDIS_LEAST_WAIT_MS = 1_000
/** Beyond the grace, for jobs that were told to stop; and then for what is merely closed. */
const STOP_LAST_MS = 2_500
const CLOSE_MS = 2_000
const MOST_VERIFY_JOBS = 64
/** The safety net under the events of shipments. */
const SWEEP_MS = 600_000
/** The safety net under the events of dumps, and of their replicas. */
const DUMPS_DUE_MS = 600_000
/** The catalogs of dumps change a few times a day; a listing of each bucket at most so often. */
const DUMPS_FRESH_MS = 300_000
const DUMPS_PATIENCE_MS = 5_000
/** How often each audited pair is looked at, whether its audit is due. */
const AUDIT_TICK_MS = 60_000
const REDRIVE_MOST_MS = 30_000
/** For /metrics, /status and the snapshot: SQS' numbers are up to a minute old anyway. A scrape waits ten seconds. */
const DEPTHS_FRESH_MS = 15_000
const DEPTHS_PATIENCE_MS = 3_000
/** It has time, and the looks of verification go first. */
const DOCTOR_LOOKS = 4
const DOCTOR_PATIENCE_MS = 120_000
/** The probe's write leaves nothing behind for long. */
const PROBE_LEASE_MS = 60_000

/** Rejects with the first thing that makes running pointless; what is merely down for now is waited for. */
export async function startApp(options: AppOptions): Promise<App> {
  const { estate, log, pathStyle } = options
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const does = (part: Part): boolean => options.only?.has(part) ?? true
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
    const spans = await startTelemetry()
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
    const dumpHealth = makeDumps(aws)
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
      clock,
      log,
      holder: processName(),
    })
    const store = makeSnapshotStore({ estate, aws })
    const snapshot = store === undefined ? undefined : makeSnapshot({ gather, ledger, store, clock, random, log })
    const reports = does('report') && service.metrics.enabled
    const snapshots = does('report') ? snapshot : undefined

    const doctor = makeDoctorIn(ledger, aws)
    const canaryEveryMs = does('report') ? service.doctor.canaryEveryMs : undefined
    const audits = does('audit') ? pairs.filter(({ auditEveryMs }) => auditEveryMs !== undefined) : []
    const redrives = does('redrive') ? makeRedriver(ledger, aws) : undefined

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
      ...(audits.length > 0 && { audit: makeAudits(ledger, aws, objects) }),
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
      ...(canaryEveryMs !== undefined && {
        canary: makeCanaryJob({ pairs, write: makeCanaryWriter({ estate, aws }), ledger, objects, log }),
      }),
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

    const intake = does('intake') ? await startIntake({ ledger, queues, sample, poker, producer, steps }) : undefined
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

  /** What cannot be loaded is told, and worked without: no trace is worth a service that does not start. */
  async function startTelemetry(): Promise<Spans | undefined> {
    if (options.telemetry === undefined) return undefined
    try {
      const spans = await startSpans({
        options: options.telemetry,
        service: { name: 'landfall', instance: processName() },
        scrub: makeScrub([...secretsOf(estate), options.httpToken]),
        clock,
        log,
      })
      undo.push(async () => spans.close())
      return spans
    } catch (error) {
      const next = 'npm ci installs the optional packages; --omit=optional leaves them out.'
      log.warn({ err: error, next }, 'OpenTelemetry is not there; no spans are sent')
      return undefined
    }
  }

  function makeDoctorIn(ledger: RedisLedger, aws: Aws): DoctorJob {
    const doctor = makeDoctor({
      estate,
      observe: async () => observe({ estate, aws, concurrency: DOCTOR_LOOKS }),
      looks: {
        warnings: async () => warningsOf(estate),
        clocks: async () => observeClocks(aws, estate, clock),
        place: async () => hereBy(options.place ?? {}),
        redis: async () => seeing(async () => ledger.facts()),
      },
      patienceMs: DOCTOR_PATIENCE_MS,
    })
    return makeDoctorJob({ estate: estate.name, doctor, ledger, clock, log })
  }

  function makeRedriver(ledger: RedisLedger, aws: Aws): Redrive {
    return makeRedrive({
      pairs,
      ledger,
      batch: makeBatchReplication({ estate, aws, clock, log }),
      copier: makeCopier({ estate, aws, clock, log }),
      clock,
      random,
      log,
      holder: processName(),
      pause: async (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
    })
  }

  function makeAudits(ledger: RedisLedger, aws: Aws, objects: ObjectStore): Handler<JobData['audit']> {
    return makeAuditJob({
      pairs,
      audit: makeAudit({
        lister: makeVersionLister({ estate, aws, clock }),
        objects,
        sameBytes: makeSameBytes({ estate, aws }),
        openSpill: openFileSpill,
        clock,
        random,
        pause: systemPause,
        known: async (pair, ids) => ledger.known(pair, ids),
        discarded: async (pair, ids) => ledger.discarded(pair, ids),
        reconcile: async (pair, bookings) => ledger.reconcile(pair, bookings),
      }),
      ledger,
      clock,
      random,
      log,
      holder: processName(),
    })
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

  /** Undefined where the estate has none. */
  function makeDumps(aws: Aws): AskDumpHealth | undefined {
    if (estate.dumps.length === 0) return undefined
    const dumps = estate.dumps.map((dump) => {
      const sides = dumpSides(estate, aws, dump)
      return { name: dump.name, replicated: sides.replica !== undefined, catalog: makeCatalogReader(sides) }
    })
    const freshMs = Math.min(DUMPS_FRESH_MS, 2 * service.metrics.everyMs)
    return makeDumpHealth({ dumps, clock, log, freshMs, patienceMs: DUMPS_PATIENCE_MS })
  }

  async function startIntake(needs: {
    readonly ledger: RedisLedger
    readonly queues: Queues
    readonly sample: Sample
    readonly poker: Poker | undefined
    readonly producer: Producer
    readonly steps: readonly Steps[]
  }): Promise<Intake> {
    const { ledger, queues, sample, poker, producer, steps } = needs
    const sources = new Set(pairs.map(({ source }) => source.bucket))
    const tellers = steps.map((one) => watchEvents(one, sources))
    const plain = makeIntakeHandler({
      pairs,
      ledger,
      ship: { shipments: estate.shipments, order: makeOrderShipments(producer) },
      dumps: {
        routes: dumpRoutes(estate),
        async order(names) {
          for (const dump of names) await producer.add('dump-verify', { dump }, { once: dump })
        },
      },
      canary: async (event) => ledger.canaryStep(event),
      tempo: makeTempo({ pairs, ledger, clock }),
      sample,
      clock,
      random,
      log,
      onDue: () => poker?.wake(),
      ...(tellers.length > 0 && {
        onEvent(message, event) {
          for (const tell of tellers) tell(message, event)
        },
      }),
    })
    const handler = steps.reduce(watchIntake, plain)
    const intake = makeIntake({
      queues: estate.queues.map((queue) => ({
        sqs: makeSqsQueue({
          name: queue.name,
          client: queues.client(queue),
          url: async () => queues.url(queue),
        }),
        consumers: queue.consumers,
      })),
      handler,
      probe: async () => mayTakeIn(ledger),
      waitSeconds: service.intake.waitSeconds,
      visibilitySeconds: service.intake.visibilitySeconds,
      holdMs: service.redis.durability === 'window' ? WINDOW_MS : 0,
      clock,
      random,
      log,
    })
    intake.start()
    undo.push(async () => intake.stop())
    return intake
  }
}

/** Often enough to see a job of S3's end soon, a person's order too, and each pair's own period. */
function redriveEveryMs(pairs: Estate['pairs']): number {
  return Math.min(REDRIVE_MOST_MS, ...pairs.map(({ redrive }) => redrive.everyMs))
}

/** What the service does about dumps: it makes, verifies and drills them. */
function dumpJobs(estate: Estate, children: Children, log: Log) {
  const made = estate.dumps.flatMap(({ name, schedule, database }) =>
    schedule === undefined || database === undefined ? [] : [{ name, cron: schedule }],
  )
  const drilled = estate.dumps.flatMap(({ name, drill }) =>
    drill.schedule === undefined ? [] : [{ name, cron: drill.schedule }],
  )
  const needs = (dumps: readonly { readonly name: string }[]) => ({
    dumps: new Set(dumps.map(({ name }) => name)),
    children,
    log,
  })
  const all = estate.dumps.map(({ name }) => name)
  return {
    handlers: {
      ...(made.length > 0 && { dump: makeScheduledDumps(needs(made)) }),
      ...(all.length > 0 && { 'dump-verify': makeVerifyDumps(needs(estate.dumps)) }),
      ...(drilled.length > 0 && { drill: makeDrills(needs(drilled)) }),
    },
    schedules: {
      dumps: made,
      drills: drilled,
      ...(all.length > 0 && { verifies: { dumps: all, everyMs: DUMPS_DUE_MS } }),
    },
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

/** Rejects with why SQS has to keep what it has. A read proves little: a disk that is full fails writes alone. */
async function mayTakeIn(ledger: RedisLedger): Promise<void> {
  await ledger.lease('probe', 'intake', PROBE_LEASE_MS)
  await ledger.durable()
  const { memoryShare } = await ledger.health()
  if (memoryShare !== undefined && memoryShare > REDIS_FULL_SHARE) {
    throw new LandfallError('REDIS_FULL', `redis: ${Math.round(memoryShare * 100)} % of maxmemory is used`)
  }
}

async function unready(ledger: RedisLedger, intake: Intake | undefined): Promise<readonly string[]> {
  // Known already: a Redis that hangs is not asked again, or the answer would outlast the probe that wants it.
  if (intake?.waiting !== undefined) return [`intake waits: ${intake.waiting}`]
  const refused = (intake?.stats() ?? []).filter(
    ({ trouble }) => trouble !== undefined && ERRORS[trouble].disposition !== 'retryable',
  )
  if (refused.length > 0) return refused.map(({ queue, trouble }) => `queue ${queue}: ${trouble}`)
  try {
    await mayTakeIn(ledger)
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
