/**
 * Events a second through intake and verify, and what they cost in requests, beside a bare `sqs-consumer` loop that
 * HEADs each object and keeps no record: same sandbox process, same messages, same number of consumers, A B A B.
 *
 *   npm run bench -- intake [--events 5000] [--rounds 3]
 *
 * Each side is a process of its own (`landfall run`, bench/bare-loop.ts). Its clock runs from its first receive until
 * its last version is done: for Landfall, verified and closed in the ledger on disk; for the bare loop, HEADed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  DeleteMessageBatchCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { makeAws } from '../src/aws/clients.ts'
import { makeWriter } from '../src/aws/writer.ts'
import { connectLedger } from '../src/ledger/connection.ts'
import { removeKeys } from '../src/ledger/remove.ts'
import { estateDocument, PAIRS, QUEUES, writeEstateFile } from '../test/support/estate-file.ts'
import { type EstateWorld, startWorld } from '../test/support/estate-world.ts'
import { recordingLog } from '../test/support/log.ts'
import { clientsFor, controlOf } from '../test/support/sandbox.ts'
import { atLeast, atMost, median, rounded } from './bars.ts'

const { values } = parseArgs({
  options: { events: { type: 'string', default: '5000' }, rounds: { type: 'string', default: '3' } },
})
const events = Number(values.events)
const rounds = Number(values.rounds)
const PAIR = PAIRS[0]
const CLI = join(import.meta.dirname, '..', 'src', 'cli.ts')
const BARE = join(import.meta.dirname, 'bare-loop.ts')
const KEEP_MS = 60_000

interface Scenario {
  readonly name: string
  readonly evidence: 'head' | 'event'
  readonly consumers: number
  readonly latencyMs: number
  /** Looks at once, of all lanes: what a person would set for that latency. */
  readonly verify: { readonly lanesPerPair: number; readonly concurrency: number }
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'HEAD evidence', evidence: 'head', consumers: 2, latencyMs: 0, verify: { lanesPerPair: 2, concurrency: 32 } },
  {
    name: 'event evidence',
    evidence: 'event',
    consumers: 2,
    latencyMs: 0,
    verify: { lanesPerPair: 2, concurrency: 32 },
  },
  {
    name: 'HEAD evidence, S3 100 ms away',
    evidence: 'head',
    consumers: 4,
    latencyMs: 100,
    verify: { lanesPerPair: 4, concurrency: 128 },
  },
]

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const world = await startWorld()
try {
  const bodies = await prepare(world)
  const results = []
  for (const scenario of SCENARIOS) results.push(await measure(world, scenario, bodies))
  const idle = await idleRate(world)
  const [head, event, far] = results as [Result, Result, Result]
  const bars = [
    atLeast('events/s, HEAD evidence: ratio to the bare loop', head.ratio, 0.8),
    atLeast('events/s, event evidence: ratio to the bare loop', event.ratio, 1.3),
    atLeast('events/s, HEAD evidence, S3 100 ms away, four consumers: ratio', far.ratio, 4),
    atMost('S3 requests a landed version, HEAD evidence', head.landfall.s3PerVersion, 1.1),
    atMost('S3 requests a landed version, event evidence', event.landfall.s3PerVersion, 0.05),
    atMost('SQS requests an event, full batches', head.landfall.sqsPerEvent, 0.35),
  ]
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version, load: loadavg().map(rounded) }
  console.log(JSON.stringify({ bench: 'intake', events, rounds, machine, results, idleSqsRequestsAMinute: idle, bars }))
} finally {
  await world.stop()
}

interface Side {
  /** Versions done a second, the median of the rounds. */
  readonly perSecond: number
  readonly all: readonly number[]
  readonly s3PerVersion: number
  readonly sqsPerEvent: number
}

interface Result {
  readonly scenario: Scenario
  readonly landfall: Side
  readonly bare: Side
  readonly ratio: number
}

interface Bodies {
  readonly source: readonly string[]
  readonly destination: readonly string[]
}

/** Writes the objects, lets them replicate, and keeps the messages, so that every round has the same ones. */
async function prepare(at: EstateWorld): Promise<Bodies> {
  say(`writing ${events} objects ...`)
  const aws = makeAws({ estate: at.estate, log: recordingLog(), pathStyle: true })
  const writer = makeWriter(aws)
  const { source } = at.estate.pairs.find(({ name }) => name === PAIR)!
  const left = Array.from({ length: events }, (_, n) => n).values()
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (const n of left) {
        const key = `g-cloud-12/documents/${String(n).padStart(6, '0')}/service-definition-document-2026-11-24.pdf`
        await writer.put(source, key, Buffer.from(`document ${n}`))
      }
    }),
  )
  aws.close()
  return {
    source: (await drain('eu-west-1', QUEUES[0], events)).filter((body) => body.includes('ObjectCreated')),
    destination: (await drain('eu-west-2', QUEUES[1], events)).filter((body) => body.includes('ObjectCreated')),
  }
}

async function measure(at: EstateWorld, scenario: Scenario, bodies: Bodies): Promise<Result> {
  const control = controlOf(at.sandboxUrl)
  const s3 = scenario.latencyMs === 0 ? [] : [{ service: 's3' as const, latencyMs: scenario.latencyMs }]
  const landfall: Measured[] = []
  const bare: Measured[] = []
  for (let round = 0; round < rounds; round += 1) {
    await control.clearFaults()
    await fill(at, scenario, bodies)
    // The start-up checks are no part of the measure; the latency begins with the traffic.
    landfall.push(await runLandfall(at, scenario, async () => control.setFaults({ requests: s3 })))
    await control.clearFaults()
    await fill(at, scenario, bodies)
    await control.setFaults({ requests: s3 })
    bare.push(await runBare(at, scenario))
    say(
      `${scenario.name}, round ${round + 1}: landfall ${Math.round(landfall.at(-1)!.perSecond)}/s, bare ${Math.round(bare.at(-1)!.perSecond)}/s`,
    )
  }
  await control.clearFaults()
  const sides = [landfall, bare].map((runs): Side => ({
    perSecond: Math.round(median(runs.map((run) => run.perSecond))),
    all: runs.map((run) => Math.round(run.perSecond)),
    s3PerVersion: rounded(median(runs.map((run) => run.s3))),
    sqsPerEvent: rounded(median(runs.map((run) => run.sqs))),
  })) as [Side, Side]
  // Pair by pair, so that a machine that slows down slows both.
  const ratio = rounded(median(landfall.map((run, round) => run.perSecond / bare[round]!.perSecond)))
  return { scenario, landfall: sides[0], bare: sides[1], ratio }
}

interface Measured {
  readonly perSecond: number
  readonly s3: number
  readonly sqs: number
}

async function runLandfall(at: EstateWorld, scenario: Scenario, begin: () => Promise<void>): Promise<Measured> {
  const connection = await connectLedger(at.redis.url)
  await removeKeys(connection, 'lf:')
  await removeKeys(connection, '{landfall}')
  connection.disconnect()
  const config = await writeEstateFile(join(at.folder, 'bench.yaml'), configOf(at, scenario))
  const child = spawn(process.execPath, [CLI, 'run', '--config', config], {
    env: { ...at.env, LANDFALL_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const over = timing(at, scenario)
  await begin()
  await until(async () => (await at.ledger.snapshot(PAIR)).closed.landed >= events)
  const measured = await over()
  await end(child)
  return measured
}

async function runBare(at: EstateWorld, scenario: Scenario): Promise<Measured> {
  const { destination } = at.estate.pairs.find(({ name }) => name === PAIR)!
  const url = await queueUrl('eu-west-1', QUEUES[0])
  const args = [BARE, url, destination.bucket, String(events), String(scenario.consumers)]
  const child = spawn(process.execPath, args, { env: at.env, stdio: ['ignore', 'pipe', 'inherit'] })
  const over = timing(at, scenario)
  await once(createInterface({ input: child.stdout }), 'line')
  const measured = await over()
  await once(child, 'exit')
  return measured
}

/** The clock starts when the first message leaves the queue, by a look each 5 ms, the same for both sides. */
function timing(at: EstateWorld, scenario: Scenario): () => Promise<Measured> {
  const control = controlOf(at.sandboxUrl)
  const began = (async () => {
    const url = await queueUrl('eu-west-1', QUEUES[0])
    await until(async () => (await visible('eu-west-1', url)) < events, 5)
    const start = performance.now()
    await control.resetStats()
    return start
  })()
  return async () => {
    const start = await began
    const seconds = (performance.now() - start) / 1000
    // Acknowledgements go out beside the work: they are counted when the queue is empty.
    await sleep(500)
    const { s3 = {}, sqs = {} } = await control.totals()
    const received = scenario.evidence === 'event' ? 2 * events : events
    const sum = (counts: Record<string, number>): number =>
      Object.values(counts).reduce((total, count) => total + count, 0)
    const { GetQueueAttributes: _looks, GetQueueUrl: _urls, ...work } = sqs
    return { perSecond: events / seconds, s3: sum(s3) / events, sqs: sum(work) / received }
  }
}

function configOf(at: EstateWorld, { consumers, verify, evidence }: Scenario) {
  return {
    ...estateDocument({
      redisUrl: at.redis.url,
      service: {
        intake: { consumersPerQueue: consumers, wait: '1s', visibility: '60s' },
        verify: { ...verify, lease: '30s', tick: '100ms' },
        metrics: { enabled: false },
        snapshot: undefined,
      },
      // With events, looks are for lost ones only; without, the replicas are there already.
      pair: { firstLook: evidence === 'event' ? { min: '60s', max: '60s' } : { min: '100ms', max: '100ms' } },
    }),
  }
}

async function idleRate(at: EstateWorld): Promise<number> {
  const config = await writeEstateFile(join(at.folder, 'idle.yaml'), {
    ...estateDocument({
      redisUrl: at.redis.url,
      service: {
        intake: { consumersPerQueue: 2, wait: '20s', visibility: '60s' },
        shutdownGrace: '30s',
        metrics: { enabled: false },
        snapshot: undefined,
      },
    }),
  })
  const child = spawn(process.execPath, [CLI, 'run', '--config', config], {
    env: at.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface({ input: child.stdout }), 'line')
  const control = controlOf(at.sandboxUrl)
  await sleep(2_000)
  await control.resetStats()
  await sleep(20_000)
  const { sqs = {} } = await control.totals()
  child.kill('SIGKILL')
  return Object.values(sqs).reduce((sum, count) => sum + count, 0) * 3
}

// ------------------------------------------------------------------ queues

function sqsIn(region: string): ReturnType<typeof clientsFor>['sqs'] {
  return (region === 'eu-west-1' ? world.clients.source : world.clients.destination).sqs
}

async function queueUrl(region: string, name: string): Promise<string> {
  return (await sqsIn(region).send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl!
}

async function visible(region: string, url: string): Promise<number> {
  const { Attributes } = await sqsIn(region).send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
  )
  return Number(Attributes!['ApproximateNumberOfMessages'])
}

async function drain(region: string, name: string, least: number): Promise<string[]> {
  const sqs = sqsIn(region)
  const QueueUrl = await queueUrl(region, name)
  const found: string[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    )
    if (Messages.length === 0 && found.length >= least) return found
    found.push(...Messages.map(({ Body }) => Body!))
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle: ReceiptHandle! }))
    if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
  }
}

async function fill(at: EstateWorld, { evidence }: Scenario, bodies: Bodies): Promise<void> {
  // The events have to be of now: an old one's version is looked at before its arrival can come.
  const now = new Date().toISOString()
  const fresh = (body: string): string => body.replaceAll(/"eventTime":"[^"]+"/g, `"eventTime":"${now}"`)
  await send('eu-west-2', QUEUES[1], evidence === 'event' ? bodies.destination.map(fresh) : [])
  await send('eu-west-1', QUEUES[0], bodies.source.slice(0, events).map(fresh))
  void at
}

async function send(region: string, name: string, bodies: readonly string[]): Promise<void> {
  const sqs = sqsIn(region)
  const QueueUrl = await queueUrl(region, name)
  await sqs.send(new PurgeQueueCommand({ QueueUrl }))
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies.slice(from, from + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }
}

// ------------------------------------------------------------------ waiting

async function until(reached: () => Promise<boolean>, everyMs = 25): Promise<void> {
  const deadline = performance.now() + KEEP_MS
  while (!(await reached())) {
    if (performance.now() > deadline) throw new Error(`not reached within ${KEEP_MS} ms`)
    await sleep(everyMs)
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
