/**
 * What both sides of the intake benchmark meet: one sandbox process, objects that have replicated already, and the
 * events that told of them, kept here so that every round finds the very same messages in its queues.
 */
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { fileURLToPath } from 'node:url'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { makeQueues } from '../../src/aws/sqs.ts'
import { makeWriter } from '../../src/aws/writer.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import type { Estate, IntakeQueue } from '../../src/config/estate.ts'
import { loadEstate } from '../../src/config/load.ts'
import { keyFor } from '../../src/demo/keys.ts'
import { makeChance } from '../../src/demo/chance.ts'
import { orderFaults } from '../../src/demo/sandbox-control.ts'
import { startSandboxProcess } from '../../src/demo/sandbox-process.ts'
import { makeLog } from '../../src/log.ts'
import { mapLimited } from '../../src/workers/concurrency.ts'

export type Side = 'source' | 'destination'

/** Requests as the sandbox counted them: service -> action -> how many. */
export type Requests = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface World {
  readonly url: string
  readonly estate: Estate
  /** Bodies of the messages that told of the objects, in the order in which they came. */
  readonly events: Readonly<Record<Side, readonly string[]>>
  queueUrl(side: Side): string
  fill(side: Side, bodies: readonly string[]): Promise<void>
  /** Messages that are visible or in flight. */
  left(side: Side): Promise<number>
  slowS3(latencyMs: number): Promise<void>
  /** Since the last `forget`; without what this process asked. */
  requests(): Promise<Requests>
  forget(): Promise<void>
  stop(): Promise<void>
}

const EXAMPLE = fileURLToPath(new URL('../../landfall.example.yaml', import.meta.url))
const ACCOUNT = 'production'
const AT_ONCE = 16
const BATCH = 10
const BODY_BYTES = 1_000

/** Writes `versions` objects to the four production sources, and takes in the events of both sides. */
export async function makeWorld(versions: number): Promise<World> {
  const estate = production(await loadEstate({ path: EXAMPLE, env: {} }))
  const sandbox = await startSandboxProcess({ seed: 1 })
  pointAtSandbox(sandbox.url, estate.accounts[ACCOUNT]!.id)
  const log = makeLog({ level: 'warn', pretty: false, to: 'stderr' })
  const aws = makeAws({ estate, log, pathStyle: true })
  const queues = makeQueues({ estate, aws })
  await provision({ estate, aws })
  const resolved = await queues.resolveAll()
  const [source, destination] = ['eu-west-1', 'eu-west-2'].map((region) => {
    const found = resolved.find((queue) => queue.region === region)
    if (found === undefined) throw new Error(`the example estate has no queue in ${region}`)
    return { url: found.url, client: aws.sqs(found) }
  }) as [Place, Place]
  const places = { source, destination }
  await Promise.all([drain(source, 0), drain(destination, 0)])
  await write()
  const [sources, destinations] = await Promise.all([drain(source, versions), drain(destination, versions)])
  await forget()
  return {
    url: sandbox.url,
    estate,
    events: { source: sources, destination: destinations },
    queueUrl: (side) => places[side].url,
    fill: (side, bodies) => fill(places[side], bodies),
    left: (side) => left(places[side]),
    slowS3: (latencyMs) =>
      orderFaults(sandbox.url, { requests: latencyMs === 0 ? null : [{ service: 's3', latencyMs }] }),
    requests,
    forget,
    async stop() {
      aws.close()
      await sandbox.stop()
    },
  }

  async function write(): Promise<void> {
    const writer = makeWriter(aws)
    const body = new Uint8Array(BODY_BYTES)
    const chances = estate.pairs.map((pair) => ({ pair, chance: makeChance(1, pair.name) }))
    const keys = Array.from({ length: versions }, (_, n) => {
      const { pair, chance } = chances[n % chances.length]!
      return { place: pair.source, key: keyFor(pair.name, chance) }
    })
    await mapLimited(keys, AT_ONCE, async ({ place, key }) => writer.put(place, key, body))
  }

  async function requests(): Promise<Requests> {
    const response = await fetch(new URL('/_sandbox/stats', sandbox.url))
    const { totals } = (await response.json()) as { totals: Record<string, Record<string, number>> }
    // Depths: asked only here while a round runs, to see its end.
    const { GetQueueAttributes: _ours, ...sqs } = totals['sqs'] ?? {}
    return { s3: totals['s3'] ?? {}, sqs }
  }

  async function forget(): Promise<void> {
    await fetch(new URL('/_sandbox/stats', sandbox.url), { method: 'DELETE' })
  }
}

interface Place {
  readonly url: string
  readonly client: SQSClient
}

/** The four pairs of one account: one queue brings all sources' events, another one all destinations'. */
function production(example: Estate): Estate {
  return {
    ...example,
    queues: example.queues.filter(({ account }) => account === ACCOUNT),
    pairs: example.pairs.filter(
      ({ source, destination }) => source.account === ACCOUNT && destination.account === ACCOUNT,
    ),
  }
}

async function fill({ url, client }: Place, bodies: readonly string[]): Promise<void> {
  const starts = Array.from({ length: Math.ceil(bodies.length / BATCH) }, (_, index) => index * BATCH)
  await mapLimited(starts, AT_ONCE, async (start) => {
    const Entries = bodies.slice(start, start + BATCH).map((MessageBody, n) => ({ Id: String(n), MessageBody }))
    await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
  })
}

/** Receives and deletes until `count` events have come (S3's test events do not count) and the queue is empty. */
async function drain({ url, client }: Place, count: number): Promise<readonly string[]> {
  const bodies: string[] = []
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 1 }),
    )
    if (Messages.length > 0) {
      const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }))
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }))
    }
    for (const { Body = '' } of Messages) if (!Body.includes('s3:TestEvent')) bodies.push(Body)
    if (Messages.length === 0) break
  }
  if (bodies.length !== count) throw new Error(`${url}: ${bodies.length} events instead of ${count}`)
  return bodies
}

async function left({ url, client }: Place): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0)
}

/** The estate that the benchmark's Landfall runs: the example's settings, but for what a measurement has to fix. */
export function estateFor(
  { estate }: World,
  options: {
    readonly redisUrl: string
    readonly consumers: Readonly<Record<Side, number>>
    readonly firstLookMs: number
    readonly waitSeconds: number
    /** 0, or absent: a free one. */
    readonly httpPort?: number
  },
): Estate {
  const sideOf = (queue: IntakeQueue): Side => (queue.region === 'eu-west-1' ? 'source' : 'destination')
  return {
    ...estate,
    service: {
      ...estate.service,
      redis: { url: options.redisUrl, cluster: false, durability: 'sync' },
      http: { host: '127.0.0.1', port: options.httpPort ?? 0 },
      intake: { ...estate.service.intake, waitSeconds: options.waitSeconds },
      // Both publish each minute, whatever the traffic: no part of what an event costs.
      metrics: { ...estate.service.metrics, enabled: false },
      snapshot: undefined,
    },
    queues: estate.queues
      .map((queue) => ({ ...queue, consumers: options.consumers[sideOf(queue)] }))
      .filter(({ consumers }) => consumers > 0),
    pairs: estate.pairs.map((pair) => ({
      ...pair,
      firstLook: { minMs: options.firstLookMs, maxMs: options.firstLookMs },
      lateAfterMs: Math.max(pair.lateAfterMs, 2 * options.firstLookMs),
    })),
  }
}
