/**
 * Intake and verify, from SQS to a closed version in the ledger, beside a bare sqs-consumer loop that HEADs each object
 * and keeps no record. Both against the same sandbox process, in rounds A B A B on the same messages; medians.
 */
import type { Redis } from 'ioredis'
import { startPrivateRedis } from '../../src/demo/redis-server.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { atLeast, atMost, type Bench, median, round, whole } from '../support/bench.ts'
import { type AtRisk, measureAtRisk } from './at-risk.ts'
import { startContestant } from './contestant.ts'
import { bareRound, landfallRound, type Ring, type Round, type Scenario, snapshots } from './round.ts'
import { makeWorld, type Requests } from './world.ts'

export const intake: Bench = {
  name: 'intake',
  about: 'events a second from SQS to the verdict, beside a bare sqs-consumer loop; requests, memory',
  options: {
    events: { about: 'versions in a round', default: '10000' },
    rounds: { about: 'rounds of each side and scenario, after one to warm up', default: '3' },
    consumers: { about: 'consumers of each side (even)', default: '4' },
    risk: { about: 'versions at risk for the memory figure; 0 skips it', default: '100000' },
    only: { about: 'only these scenarios, by commas: head, event, latency', default: 'head,event,latency' },
    profile: { about: "folder for V8's CPU profiles of both sides; empty: none", default: '' },
  },
  async run(values, say) {
    const versions = whole(values, 'events', 10)
    const rounds = whole(values, 'rounds')
    const consumers = whole(values, 'consumers', 2)
    const count = whole(values, 'risk', 0)
    const only = new Set((values['only'] ?? '').split(','))
    const profile = values['profile'] === '' ? undefined : values['profile']
    const scenarios: readonly Scenario[] = [
      { name: 'head', versions, consumers, latencyMs: 0, events: false },
      { name: 'event', versions, consumers, latencyMs: 0, events: true },
      // Ten looks at a time in each consumer: what one does in a second needs no more events.
      { name: 'latency', versions: Math.ceil(versions / 2), consumers: 4, latencyMs: 100, events: false },
    ]
    const undo: (() => Promise<void> | void)[] = []
    try {
      const redis = await startPrivateRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
      undo.push(() => redis.stop())
      const connection = (await connectLedger(redis.url)) as Redis
      undo.push(() => connection.disconnect())
      const world = await makeWorld(versions)
      undo.push(() => world.stop())
      say(`${versions} objects have replicated`)
      const landfall = startContestant('landfall', { profile })
      undo.push(() => landfall.stop())
      const bare = startContestant('bare', { profile })
      undo.push(() => bare.stop())
      const ring: Ring = { world, redis: connection, redisUrl: redis.url, landfall, bare }
      const results: Results = {}
      for (const scenario of scenarios.filter(({ name }) => only.has(name))) {
        results[scenario.name] = await compare(ring, scenario, rounds, say)
      }
      const atRisk = count === 0 ? undefined : await measureAtRisk(ring, count, say)
      return {
        bars: barsOf(results, atRisk),
        figures: { versions, rounds, consumers, redis: await versionOf(connection), scenarios: results, atRisk },
      }
    } finally {
      for (const step of undo.toReversed()) await step()
    }
  },
}

type Results = { [Name in Scenario['name']]?: Comparison }

interface Comparison extends Omit<Scenario, 'name'> {
  /** Landfall's events a second over the bare loop's, of the medians. */
  readonly ratio: number
  readonly landfall: SideFigures
  readonly bare: SideFigures
}

interface SideFigures {
  readonly perSecond: number
  readonly perSecondOfRounds: readonly number[]
  readonly cpuMicrosPerVersion: number
  readonly s3RequestsPerVersion: number
  /** Each version is one event, or two where the destination's are taken in as well. */
  readonly sqsRequestsPerEvent: number
  /** Of one round. */
  readonly requests: Requests
}

async function compare(
  ring: Ring,
  scenario: Scenario,
  rounds: number,
  say: (text: string) => void,
): Promise<Comparison> {
  const sides: { landfall: Round[]; bare: Round[] } = { landfall: [], bare: [] }
  for (let n = 0; n <= rounds; n += 1) {
    const bare = await bareRound(ring, scenario)
    const landfall = await landfallRound(ring, scenario)
    await check(ring, scenario)
    const told = `${bare.perSecond}/s bare, ${landfall.perSecond}/s landfall`
    say(`${scenario.name} ${n === 0 ? 'warm-up' : `${n} of ${rounds}`}: ${told}`)
    if (n === 0) continue
    sides.bare.push(bare)
    sides.landfall.push(landfall)
  }
  const { name: _name, ...settings } = scenario
  const landfall = figuresOf(sides.landfall, scenario.versions, scenario.events ? 2 : 1)
  const bare = figuresOf(sides.bare, scenario.versions, 1)
  return { ...settings, ratio: round(landfall.perSecond / bare.perSecond, 2), landfall, bare }
}

/** A round that landed its versions otherwise than it says would be a lie. */
async function check(ring: Ring, { name, versions, events }: Scenario): Promise<void> {
  const evidence = (await snapshots(ring)).map((pair) => pair.evidence)
  const kind = events ? 'event' : 'head'
  const told = evidence.reduce((sum, counts) => sum + counts[kind], 0)
  if (told < versions * 0.95) throw new Error(`${name}: only ${told} of ${versions} versions landed by ${kind}`)
}

function figuresOf(rounds: readonly Round[], versions: number, eventsPerVersion: number): SideFigures {
  const of = (read: (round: Round) => number): number => median(rounds.map(read))
  return {
    perSecond: of((round) => round.perSecond),
    perSecondOfRounds: rounds.map((round) => round.perSecond),
    cpuMicrosPerVersion: of((round) => round.cpuMicrosEach),
    s3RequestsPerVersion: round(of(({ requests }) => total(requests['s3'])) / versions, 3),
    sqsRequestsPerEvent: round(of(({ requests }) => total(requests['sqs'])) / versions / eventsPerVersion, 3),
    requests: rounds.at(-1)?.requests ?? {},
  }
}

function total(actions: Readonly<Record<string, number>> = {}): number {
  return Object.values(actions).reduce((sum, count) => sum + count, 0)
}

function barsOf({ head, event, latency }: Results, atRisk: AtRisk | undefined) {
  return [
    head && [
      atLeast('HEAD evidence: events/s over the bare loop', head.ratio, 0.8),
      atMost('HEAD evidence: S3 requests a landed version', head.landfall.s3RequestsPerVersion, 1.1),
      atMost('HEAD evidence: SQS requests an event at full batches', head.landfall.sqsRequestsPerEvent, 0.35),
    ],
    event && [
      atLeast('event evidence: versions/s over the bare loop', event.ratio, 1.3),
      atMost('event evidence: S3 requests a landed version', event.landfall.s3RequestsPerVersion, 0.05),
      atMost('event evidence: SQS requests an event at full batches', event.landfall.sqsRequestsPerEvent, 0.35),
    ],
    latency && [atLeast('100 ms of S3 latency: events/s over the bare loop', latency.ratio, 4)],
    atRisk && [atMost(`worker's peak RSS with ${atRisk.versions} versions at risk, MB`, atRisk.peakRssMb, 250)],
  ].flatMap((bars) => bars ?? [])
}

async function versionOf(connection: Redis): Promise<string> {
  return /^redis_version:(\S+)/m.exec(await connection.info('server'))?.[1] ?? 'unknown'
}
