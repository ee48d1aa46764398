/**
 * The whole of Landfall on a local AWS: Redis, the sandbox, the estate, traffic, faults, and Landfall itself. Starts
 * them in order, and at the end counts what it wrote against what the ledger knows.
 */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, startApp } from '../app.ts'
import { makeAws } from '../aws/clients.ts'
import { provision } from '../aws/provision.ts'
import { makeWriter } from '../aws/writer.ts'
import { type Environment, pointAtSandbox } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { addLags } from '../domain/lag.ts'
import type { StatusReport } from '../domain/status.ts'
import { OPEN_STATES, type OpenState } from '../domain/version.ts'
import { randomToken } from '../system.ts'
import { connectLedger } from '../ledger/connection.ts'
import { removeKeys } from '../ledger/remove.ts'
import type { Clock, Log } from '../ports.ts'
import { type DemoDumps, demoDump, startDemoDumps } from './dumps.ts'
import { demoEstate } from './estate.ts'
import { type DemoBuckets, demoFaults } from './faults.ts'
import { obtainRedis } from './obtain-redis.ts'
import { droppedVersions, orderFaults } from './sandbox-control.ts'
import { requireSandbox, startSandboxProcess } from './sandbox-process.ts'
import { type Summary, summaryOf } from './summary.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { applyWatchers, type Watchers } from './watchers.ts'

export interface DemoOptions {
  readonly env: Environment
  readonly seed: number
  /** How long the traffic runs; absent: until `stop` aborts (or `events` are written). */
  readonly forMs?: number | undefined
  /** How many versions to write; then waits until none of them is merely waiting. */
  readonly events?: number | undefined
  readonly perSecond: number
  readonly httpPort: number
  readonly clock: Clock
  readonly log: Log
  /** Told of each step of the start. */
  readonly say: (text: string) => void
  /** Told every half second. */
  readonly onLook?: ((look: DemoLook) => void) | undefined
  readonly stop: AbortSignal
}

export interface DemoLook {
  readonly report: StatusReport
  readonly written: number
  readonly seconds: number
  /** Address of the operator's page. */
  readonly page: string
}

/** The account whose credentials Landfall has; it assumes roles for the others (landfall.example.yaml). */
const OWN_ACCOUNT = 'production'
const EXAMPLE = fileURLToPath(new URL('../../landfall.example.yaml', import.meta.url))
const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url))
const LOOK_MS = 500
/** After the last write: long enough for the slowest event to come in (duplicates and reordering included). */
const SETTLE_MS = 20_000
/** Alarms look at whole minutes: of a shorter run they could only say that nothing was heard of it. */
const ALARMS_AFTER_MS = 3 * 60_000
/** With `events`: until everything is closed or parked. */
const DRAIN_MS = 120_000
/** Until what failed was driven again: an incident has to be probed first. */
const REDRIVE_MS = 60_000

export async function runDemo(options: DemoOptions): Promise<Summary> {
  const undo: (() => Promise<void> | void)[] = []
  try {
    return await run(options, undo)
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function run(options: DemoOptions, undo: (() => Promise<void> | void)[]): Promise<Summary> {
  const { env, seed, log, clock, say } = options
  requireSandbox()
  const redis = await obtainRedis({
    env,
    cacheDir: CACHE,
    say,
    args: ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
  })
  undo.push(async () => redis.stop())
  say(`Redis: ${redis.how === 'given' ? 'yours (REDIS_URL), under keys of its own' : `a private one (${redis.how})`}`)

  const sandbox = await startSandboxProcess({ seed })
  undo.push(async () => sandbox.stop())
  say(`sandbox: ${sandbox.url}`)

  const example = await loadEstate({ path: EXAMPLE, env: {} })
  // Of a Redis that is somebody's, nothing is known: `window` asks nothing of it.
  const durability = redis.how === 'given' ? 'window' : 'sync'
  const estate = demoEstate(example, {
    redisUrl: redis.url,
    durability,
    // In a container loopback is nobody's. An empty variable counts as absent, here too.
    httpHost: env['LANDFALL_HTTP_HOST'] || undefined,
    httpPort: options.httpPort,
    // What is to be repeatable must not depend on the clock.
    dump: options.events === undefined ? await demoDump(example, env, say) : undefined,
  })
  pointAtSandbox(sandbox.url, estate.accounts[OWN_ACCOUNT]!.id)

  // The applications' requests are not Landfall's: clients of their own.
  const world = makeAws({ estate, log, pathStyle: true })
  undo.push(() => world.close())
  const steps = await provision({ estate, aws: world, roles: true })
  say(`estate: ${estate.pairs.length} pairs, ${steps.length} resources in two regions`)
  const watchers = await applyWatchers(estate, world)
  say(`CloudWatch: ${watchers.alarms} alarms, ${watchers.dashboards} dashboards`)
  await orderFaults(sandbox.url, demoFaults(bucketsOf(estate)))

  const prefix = `lf-demo-${seed}-${clock.now().toString(36)}`
  if (redis.how === 'given') undo.push(async () => forget(redis.url, prefix))
  const dumps = await startDumps(options, { estate, aws: world, prefix, redisUrl: redis.url, undo })
  // The page gives orders in the demo too: with the caller's token, or one of its own, which the page's address brings.
  const given = env['LANDFALL_HTTP_TOKEN']?.trim()
  const httpToken = given || randomToken()
  const app = await startApp({ estate, pathStyle: true, log, prefix, clock, httpToken })
  const page = given ? `${app.url}/` : `${app.url}/#token=${httpToken}`
  undo.push(async () => app.stop())
  say(`landfall: ${page} (the page), ${app.url}/status, ${app.url}/metrics`)
  return watch(options, { app, page, estate, sandboxUrl: sandbox.url, writer: makeWriter(world), watchers, dumps })
}

async function watch(
  options: DemoOptions,
  world: {
    app: App
    page: string
    estate: Estate
    sandboxUrl: string
    writer: ReturnType<typeof makeWriter>
    watchers: Watchers
    dumps: DemoDumps | undefined
  },
): Promise<Summary> {
  const { clock, seed } = options
  const { app, estate } = world
  const began = clock.now()
  const traffic = startTraffic({
    pairs: estate.pairs,
    writer: world.writer,
    seed,
    events: options.events,
    perSecond: options.perSecond,
    pause: async (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  })
  const seen: Record<OpenState, number> = { waiting: 0, late: 0, mismatched: 0, failed: 0 }
  const look = async (): Promise<StatusReport> => {
    const report = await app.gather({ head: 0 })
    for (const state of OPEN_STATES)
      seen[state] = Math.max(
        seen[state],
        report.pairs.reduce((sum, pair) => sum + pair.open[state], 0),
      )
    options.onLook?.({ report, written: traffic.count, seconds: (clock.now() - began) / 1000, page: world.page })
    return report
  }

  await trafficEnds(traffic, options, look)
  const allKnown = async (): Promise<boolean> => (await unknownOf(app, traffic, world.sandboxUrl, estate)).length === 0
  await until(allKnown, SETTLE_MS, options, look)
  // A run that is to be repeatable has to end in the same state too: nothing may be on its way.
  if (options.events !== undefined)
    await until(async () => !waiting(await app.gather({ head: 0 })), DRAIN_MS, options, look)
  const settled = async (): Promise<boolean> => {
    const report = await app.gather({ head: 0 })
    return !redriving(report) && !waiting(report)
  }
  await until(settled, REDRIVE_MS, options, look)

  const report = await look()
  const [acts, known, dropped, lags] = await Promise.all([
    app.ledger.acts(10_000),
    knownOf(app, traffic),
    droppedVersions(world.sandboxUrl),
    lagsOf(app, estate, { fromMs: began - 60_000, toMs: clock.now() + 60_000 }),
  ])
  return summaryOf({
    seed,
    seconds: Math.round((clock.now() - began) / 100) / 10,
    report,
    seen,
    acts,
    written: traffic.written(),
    known,
    dropped,
    lags,
    requests: app.requests(),
    dumps: (await world.dumps?.summary()) ?? null,
    alarms: {
      made: world.watchers.alarms,
      on: clock.now() - began < ALARMS_AFTER_MS ? null : await world.watchers.on(),
    },
  })
}

async function trafficEnds(traffic: Traffic, options: DemoOptions, look: () => Promise<unknown>): Promise<void> {
  const { clock, forMs, stop } = options
  const end = forMs === undefined ? Infinity : clock.now() + forMs
  const over = new AbortController()
  const done = traffic.done.finally(() => over.abort())
  while (!over.signal.aborted && clock.now() < end && !stop.aborted) {
    await look()
    await sleep(Math.min(LOOK_MS, Math.max(0, end - clock.now())), undefined, { signal: stop }).catch(() => {})
  }
  traffic.stop()
  await done
}

async function until(
  reached: () => Promise<boolean>,
  mostMs: number,
  options: DemoOptions,
  look: () => Promise<unknown>,
): Promise<void> {
  const deadline = options.clock.now() + mostMs
  while (options.clock.now() < deadline && !(await reached())) {
    await look()
    await sleep(LOOK_MS / 2)
  }
}

/** Failed, or in the hand of a re-drive: unlike what is mismatched, all of it can land. */
const redriving = ({ pairs }: StatusReport): boolean =>
  pairs.some(({ open, redrives = [] }) => open.failed + redrives.length > 0)

const waiting = ({ pairs }: StatusReport): boolean => pairs.some(({ open }) => open.waiting + open.late > 0)

async function knownOf(app: App, traffic: Traffic): Promise<Map<string, ReadonlySet<string>>> {
  const entries = await Promise.all(
    [...traffic.written()].map(
      async ([pair, versions]) =>
        [
          pair,
          await app.ledger.known(
            pair,
            versions.map(({ id }) => id),
          ),
        ] as const,
    ),
  )
  return new Map(entries)
}

/** Written, announced, and not booked yet. */
async function unknownOf(
  app: App,
  traffic: Traffic,
  sandboxUrl: string,
  { pairs }: Estate,
): Promise<readonly string[]> {
  const known = await knownOf(app, traffic)
  const unknown = pairs.flatMap(({ name }) =>
    (traffic.written().get(name) ?? []).filter(({ id }) => known.get(name)?.has(id) !== true),
  )
  if (unknown.length === 0) return []
  const dropped = await droppedVersions(sandboxUrl)
  return unknown.filter(({ versionId }) => !dropped.has(versionId)).map(({ versionId }) => versionId)
}

async function lagsOf(
  app: App,
  { pairs }: Estate,
  range: { fromMs: number; toMs: number },
): Promise<Map<number, number>> {
  const all = await Promise.all(pairs.map(async ({ name }) => app.ledger.lagHistogram(name, range)))
  return all.reduce((sum: Map<number, number>, lags) => addLags(sum, lags), new Map<number, number>())
}

/** Half of the destinations lose many of their events, so that looks have to find these replicas. */
function bucketsOf({ pairs }: Estate): DemoBuckets {
  return {
    moody: pairs[0]!.source.bucket,
    sources: pairs.map(({ source }) => source.bucket),
    quietDestinations: pairs.filter((_, index) => index % 2 === 1).map(({ destination }) => destination.bucket),
  }
}

/** Undefined where this machine can make none. */
async function startDumps(
  { env, clock, log, say }: DemoOptions,
  { estate, aws, prefix, redisUrl, undo }: DumpsAt,
): Promise<DemoDumps | undefined> {
  const [dump] = estate.dumps
  if (dump === undefined) return undefined
  const connection = await connectLedger(redisUrl)
  undo.push(() => connection.disconnect())
  const dumps = startDemoDumps({ estate, dump, aws, connection, prefix, env, clock, log, say })
  undo.push(async () => dumps.stop())
  return dumps
}

interface DumpsAt {
  readonly estate: Estate
  readonly aws: ReturnType<typeof makeAws>
  readonly prefix: string
  readonly redisUrl: string
  readonly undo: (() => Promise<void> | void)[]
}

async function forget(url: string, prefix: string): Promise<void> {
  const connection = await connectLedger(url)
  try {
    await Promise.all([removeKeys(connection, prefix), removeKeys(connection, `{landfall-${prefix}}`)])
  } finally {
    connection.disconnect()
  }
}
