/** One round of one side: the queues are full, the process starts, and the clock stops when all is verified and deleted. */
import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeLedger } from '../../src/ledger/ledger.ts'
import type { PairSnapshot } from '../../src/ports.ts'
import type { Contestant } from './contestant.ts'
import { estateFor, type Requests, type Side, type World } from './world.ts'

export interface Scenario {
  readonly name: 'head' | 'event' | 'latency'
  readonly versions: number
  /** Of each side, in all. */
  readonly consumers: number
  readonly latencyMs: number
  /** Whether the destinations' events are in their queue, and looks wait for them. */
  readonly events: boolean
}

export interface Round {
  readonly seconds: number
  /** Source versions verified (bare: HEADed and deleted; Landfall: landed in the ledger and deleted). */
  readonly perSecond: number
  /** CPU time of the measured process, for each version. */
  readonly cpuMicrosEach: number
  readonly requests: Requests
}

export interface Ring {
  readonly world: World
  readonly redis: Redis
  readonly redisUrl: string
  readonly landfall: Contestant
  readonly bare: Contestant
}

/** Short, since a stop lets the last polls end. Both sides. */
const WAIT_SECONDS = 1
const LOOK_MS = 25
/** Beyond the round: nothing is looked at by itself where the destinations' events are to tell. */
const FAR_MS = 30 * 60_000
const TOO_LONG_MS = 120_000

export async function bareRound(ring: Ring, scenario: Scenario): Promise<Round> {
  const { world, bare } = ring
  await world.fill('source', world.events.source.slice(0, scenario.versions))
  const destinations = Object.fromEntries(
    world.estate.pairs.map(({ source, destination }) => [source.bucket, destination.bucket]),
  )
  return measured(ring, scenario, bare, async () => {
    const drained = bare.said('drained')
    const { at } = await bare.order({
      do: 'start',
      with: {
        side: 'bare',
        queueUrl: world.queueUrl('source'),
        consumers: scenario.consumers,
        waitSeconds: WAIT_SECONDS,
        destinations,
        messages: scenario.versions,
      },
    })
    return { from: at, to: (await drained).at }
  })
}

export async function landfallRound(
  ring: Ring,
  scenario: Scenario,
  { httpPort = 0 }: { readonly httpPort?: number } = {},
): Promise<Round> {
  const { world, redis, landfall } = ring
  // Landfall would know the versions of the round before.
  await redis.flushall()
  await world.fill('source', world.events.source.slice(0, scenario.versions))
  if (scenario.events) await world.fill('destination', eventsOf(world, scenario.versions))
  const consumers: Record<Side, number> = scenario.events
    ? { source: scenario.consumers / 2, destination: scenario.consumers / 2 }
    : { source: scenario.consumers, destination: 0 }
  const estate = estateFor(world, {
    redisUrl: ring.redisUrl,
    consumers,
    firstLookMs: scenario.events ? FAR_MS : 0,
    waitSeconds: WAIT_SECONDS,
    httpPort,
  })
  return measured(ring, scenario, landfall, async () => {
    const { at } = await landfall.order({ do: 'start', with: { side: 'landfall', estate } })
    await until(async () => landed(await snapshots(ring)) === scenario.versions)
    await until(async () => (await world.left('source')) + (await world.left('destination')) === 0)
    return { from: at, to: Date.now() }
  })
}

/** How the versions landed, for a round to be checked by. */
export async function snapshots({ world, redis }: Ring): Promise<readonly PairSnapshot[]> {
  const ledger = makeLedger({ connection: redis, clock: Date, durability: 'window' })
  return Promise.all(world.estate.pairs.map(({ name }) => ledger.snapshot(name)))
}

async function measured(
  { world }: Ring,
  { versions, latencyMs }: Scenario,
  contestant: Contestant,
  run: () => Promise<{ readonly from: number; readonly to: number }>,
): Promise<Round> {
  await world.slowS3(latencyMs)
  await world.forget()
  const before = await contestant.order({ do: 'usage' })
  const { from, to } = await run()
  const after = await contestant.order({ do: 'usage' })
  await contestant.order({ do: 'stop' })
  const requests = await world.requests()
  await world.slowS3(0)
  const seconds = (to - from) / 1000
  return {
    seconds,
    perSecond: Math.round(versions / seconds),
    cpuMicrosEach: Math.round(((after.cpuMs - before.cpuMs) * 1000) / versions),
    requests,
  }
}

function landed(pairs: readonly PairSnapshot[]): number {
  return pairs.reduce((sum, { closed }) => sum + closed.landed, 0)
}

/** The destination's events of the first versions, in the order in which they came. */
function eventsOf({ events }: World, versions: number): readonly string[] {
  const ids = new Set(events.source.slice(0, versions).map(versionIdOf))
  return events.destination.filter((body) => ids.has(versionIdOf(body)))
}

function versionIdOf(body: string): string {
  const { Records } = JSON.parse(body) as { Records: { s3: { object: { versionId: string } } }[] }
  return Records[0]!.s3.object.versionId
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + TOO_LONG_MS
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error(`the round did not end within ${TOO_LONG_MS / 1000} s`)
    await sleep(LOOK_MS)
  }
}
