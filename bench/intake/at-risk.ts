/** What the worker's process weighs while much is at risk, and what it asks of AWS while nothing comes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { imageOptions } from '../support/image-options.ts'
import { startContestant } from './contestant.ts'
import { type Ring, snapshots } from './round.ts'
import { estateFor } from './world.ts'

export interface AtRisk {
  readonly versions: number
  readonly peakRssMb: number
  readonly rssMb: number
  readonly takenInPerSecond: number
  readonly idle: {
    readonly queues: number
    readonly consumers: number
    readonly waitSeconds: number
    readonly sqsRequestsPerMinute: number
    readonly s3RequestsPerMinute: number
  }
}

const LOOK_MS = 250
/** So that each long poll ends once within it. */
const IDLE_WAIT_SECONDS = 10
const FAR_MS = 30 * 60_000
const CONSUMERS = 2

/**
 * A fresh process takes in `count` events of versions that have not landed: as many as were written while replication
 * stood still. Then it is left alone, its queues empty.
 */
export async function measureAtRisk(ring: Ring, count: number, say: (text: string) => void): Promise<AtRisk> {
  const { world, redis } = ring
  await redis.flushall()
  const landfall = startContestant('landfall', { options: imageOptions() })
  try {
    await world.fill(
      'source',
      Array.from({ length: count }, (_, n) => another(world.events.source, n)),
    )
    say(`${count} events of versions at risk wait`)
    const estate = estateFor(world, {
      redisUrl: ring.redisUrl,
      consumers: { source: CONSUMERS, destination: CONSUMERS },
      firstLookMs: FAR_MS,
      waitSeconds: IDLE_WAIT_SECONDS,
    })
    const { at } = await landfall.order({ do: 'start', with: { side: 'landfall', estate } })
    while ((await open(ring)) < count) await sleep(LOOK_MS)
    const seconds = (Date.now() - at) / 1000
    while ((await world.left('source')) > 0) await sleep(LOOK_MS)
    const idle = await idleRequests()
    const { rssMb, peakRssMb } = await landfall.order({ do: 'usage' })
    say(`${peakRssMb} MB at most, ${rssMb} MB at rest`)
    return { versions: count, peakRssMb, rssMb, takenInPerSecond: Math.round(count / seconds), idle }
  } finally {
    // Nothing to hand over: the queues are empty, and Redis is thrown away.
    await landfall.stop()
  }

  async function idleRequests(): Promise<AtRisk['idle']> {
    await world.forget()
    await sleep(IDLE_WAIT_SECONDS * 1000)
    const { sqs = {}, s3 = {} } = await world.requests()
    const perMinute = (counts: Readonly<Record<string, number>>): number =>
      (Object.values(counts).reduce((sum, n) => sum + n, 0) * 60) / IDLE_WAIT_SECONDS
    return {
      queues: 2,
      consumers: 2 * CONSUMERS,
      waitSeconds: IDLE_WAIT_SECONDS,
      sqsRequestsPerMinute: perMinute(sqs),
      s3RequestsPerMinute: perMinute(s3),
    }
  }
}

async function open(ring: Ring): Promise<number> {
  return (await snapshots(ring)).reduce((sum, pair) => sum + pair.open.waiting, 0)
}

/** An event as a real one, of a version that is nowhere. */
function another(bodies: readonly string[], n: number): string {
  const body = bodies[n % bodies.length]!
  return body.replaceAll(/"versionId":"[^"]*"/g, `"versionId":"${`risk${n}`.padEnd(32, '.')}"`)
}
