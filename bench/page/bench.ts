/**
 * The operator's page: how soon it paints and its API answers over a hundred pairs with eight days of history and a
 * hundred thousand failures, and what five open pages cost the worker (rounds with and without, in turn; medians).
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Redis } from 'ioredis'
import { freePort, startPrivateRedis } from '../../src/demo/redis-server.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { makeLedger } from '../../src/ledger/ledger.ts'
import { startContestant } from '../intake/contestant.ts'
import { landfallRound, type Ring, type Round, type Scenario } from '../intake/round.ts'
import { makeWorld } from '../intake/world.ts'
import { atLeast, atMost, type Bench, median, round, whole } from '../support/bench.ts'
import { askAll, paint } from './answers.ts'
import { fill } from './fill.ts'
import { openPages } from './pages.ts'

export const page: Bench = {
  name: 'page',
  about: "the operator's page: first paint, answers of its API, and what five open pages cost the worker",
  options: {
    pairs: { about: 'pairs, each with eight days of history', default: '100' },
    failures: { about: 'failed versions in the ledger', default: '100000' },
    loads: { about: 'loads of the page, after one to warm up', default: '7' },
    events: { about: 'versions in a round of the worker; 0 skips it', default: '10000' },
    rounds: { about: 'pairs of rounds, with and without pages, at least; after one to warm up', default: '5' },
    most: { about: 'pairs of rounds at most: more are run while their ratios differ', default: '15' },
    pages: { about: 'open pages', default: '5' },
  },
  async run(values, say) {
    const answers = await measureAnswers(
      whole(values, 'pairs', 2),
      whole(values, 'failures'),
      whole(values, 'loads'),
      say,
    )
    const events = whole(values, 'events', 0)
    const cost =
      events === 0
        ? undefined
        : await measureCost(
            events,
            { least: whole(values, 'rounds'), most: whole(values, 'most') },
            whole(values, 'pages'),
            say,
          )
    const slowest = Math.max(...Object.values(answers.api).map(({ medianMs }) => medianMs))
    return {
      bars: [
        ...(answers.painted ? [atMost('first contentful paint, ms', answers.painted.firstPaintMs, 300)] : []),
        atMost("slowest of the API's answers (median), ms", slowest, 50),
        ...(cost === undefined
          ? []
          : [
              atMost(`CPU of the worker a version with ${cost.pages} pages over none`, cost.cpuRatio, 1.03),
              // Of use on a quiet machine alone: `rateError` beside it tells whether it was one.
              atLeast(`versions a second with ${cost.pages} pages over none`, cost.ratio, 0.97),
            ]),
      ],
      figures: { ...answers, cost },
    }
  },
}

async function measureAnswers(pairs: number, failures: number, loads: number, say: (text: string) => void) {
  const redis = await startPrivateRedis({ args: ['--appendonly', 'no'] })
  const connection = (await connectLedger(redis.url)) as Redis
  let server: ChildProcess | undefined
  try {
    const ledger = makeLedger({ connection, clock: Date, durability: 'window' })
    const names = Array.from({ length: pairs }, (_, n) => `pair-${String(n).padStart(3, '0')}`)
    await fill(connection, ledger, { pairs: names, failures })
    const redisMb = Number(/used_memory:(\d+)/.exec(await connection.info('memory'))![1]) / 2 ** 20
    say(`${pairs} pairs with eight days of history and ${failures} failures: ${Math.round(redisMb)} MB in Redis`)
    const args = [redis.url, names.join(',')]
    server = fork(join(import.meta.dirname, 'server-process.ts'), args, { stdio: ['ignore', 'pipe', 2, 'ipc'] })
    const url = await new Promise<string>((resolve) => createInterface(server!.stdout!).once('line', resolve))
    const warmed = await untilWarm(url, failures)
    say(`the history and the failures were read in ${warmed} ms after the start`)
    const api = await askAll(url, names[0]!)
    say('the API was asked')
    const painted = await paint(url, loads)
    if (painted === undefined) say('no Chromium: no paint is measured')
    return { pairs, failures, redisMb: round(redisMb), warmedMs: warmed, api, painted }
  } finally {
    server?.kill()
    connection.disconnect()
    await redis.stop()
  }
}

/** Until the oldest hour of the estate's charts is there, and the failures are counted. */
async function untilWarm(url: string, failures: number): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { did } = (await (await fetch(`${url}/api/history?range=8d`)).json()) as { did: { landed?: number[] } }
    const { versions } = (await (await fetch(`${url}/api/failures`)).json()) as { versions: number }
    if ((did.landed?.[1] ?? 0) > 0 && versions >= failures * 0.99) return Math.round(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** What a pair of rounds beside each other tells; what the machine does meanwhile hits both. */
interface Ratios {
  readonly rate: number
  readonly cpu: number
}

/** Pairs of rounds go on while the middle half of their ratios would leave the median unsure by more than this. */
const SURE = 0.005

async function measureCost(
  versions: number,
  rounds: { readonly least: number; readonly most: number },
  pages: number,
  say: (text: string) => void,
) {
  const redis = await startPrivateRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const connection = (await connectLedger(redis.url)) as Redis
  const world = await makeWorld(versions)
  const landfall = startContestant('landfall')
  const bare = startContestant('bare')
  try {
    const ring: Ring = { world, redis: connection, redisUrl: redis.url, landfall, bare }
    const scenario: Scenario = { name: 'head', versions, consumers: 4, latencyMs: 0, events: false }
    const sides: Record<'with' | 'without', Round[]> = { with: [], without: [] }
    const ratios: Ratios[] = []
    const unsure = (of: keyof Ratios): number => errorOf(ratios.map((one) => one[of]))
    const enough = (): boolean =>
      ratios.length >= rounds.most || (ratios.length >= rounds.least && unsure('rate') <= SURE && unsure('cpu') <= SURE)
    for (let n = 0; !enough(); n += 1) {
      // In turn, and each time in the other order: what warms up or slows down hits both sides alike.
      for (const side of n % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
        const httpPort = await freePort()
        const open = side === 'with' ? openPages(`http://127.0.0.1:${httpPort}`, pages) : undefined
        const measured = await landfallRound(ring, scenario, { httpPort })
        open?.close()
        say(`${side} pages, ${n === 0 ? 'warm-up' : `pair ${n}`}: ${measured.perSecond}/s`)
        if (open !== undefined && open.bytes() === 0) throw new Error('no page was served in this round')
        if (n > 0) sides[side].push(measured)
      }
      if (n === 0) continue
      const [open, none] = [sides.with.at(-1)!, sides.without.at(-1)!]
      ratios.push({
        rate: open.perSecond / none.perSecond,
        cpu: open.cpuMicrosEach / none.cpuMicrosEach,
      })
    }
    const rate = (side: 'with' | 'without'): number => median(sides[side].map(({ perSecond }) => perSecond))
    const cpu = (side: 'with' | 'without'): number => median(sides[side].map(({ cpuMicrosEach }) => cpuMicrosEach))
    return {
      pages,
      versions,
      // The median of the pairs' own ratios: a machine that slows down for a while moves both rounds of a pair.
      ratio: round(median(ratios.map((one) => one.rate)), 3),
      rateError: round(unsure('rate'), 3),
      cpuRatio: round(median(ratios.map((one) => one.cpu)), 3),
      cpuError: round(unsure('cpu'), 3),
      pairsOfRounds: ratios.length,
      perSecond: { with: rate('with'), without: rate('without') },
      cpuMicrosPerVersion: { with: cpu('with'), without: cpu('without') },
      perSecondOfRounds: {
        with: sides.with.map(({ perSecond }) => perSecond),
        without: sides.without.map(({ perSecond }) => perSecond),
      },
    }
  } finally {
    await Promise.all([landfall.stop(), bare.stop()])
    await world.stop()
    connection.disconnect()
    await redis.stop()
  }
}

/** How far off a median of these may well be: half their middle half, by the root of their number. */
function errorOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!
  return values.length < 3 ? Infinity : (at(0.75) - at(0.25)) / 2 / Math.sqrt(values.length)
}
