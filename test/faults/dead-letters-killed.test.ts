/** `kill -9` in the middle of a redrive, then the same command again: nothing lost, nothing counted twice. */
import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Traffic } from '../../src/demo/traffic.ts'
import { COPY_OF } from '../../src/domain/dead-letters.ts'
import { expectAllAccounted } from '../support/accounted.ts'
import { QUEUES } from '../support/estate-file.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { type LandfallProcess, spawnLandfall } from '../support/landfall-process.ts'
import { startHere } from '../support/outage.ts'

const VERSIONS = 120
/** What a killed run held comes up after so long. */
const HOLD = ['--hold', '3']

/** A world whose events have all been parked: each was received once and never acknowledged. */
async function parkedWorld(): Promise<{ world: EstateWorld; traffic: Traffic; parked: number }> {
  const world = await startWorld({ maxReceiveCount: 1 })
  onTestFinished(() => world.stop())
  const traffic = world.traffic({ events: VERSIONS, perSecond: 400 })
  await traffic.done
  // Replicas' own events come a little later.
  let parked = 0
  await vi.waitFor(
    async () => {
      await Promise.all([park(world, 'source', QUEUES[0]), park(world, 'destination', QUEUES[1])])
      const { waiting, dead } = await world.depths()
      const settled = waiting === 0 && dead === parked
      parked = dead
      expect({ settled, some: dead > VERSIONS }).toEqual({ settled: true, some: true })
    },
    { timeout: 30_000, interval: 500 },
  )
  await Promise.all([forgive(world, 'source', QUEUES[0]), forgive(world, 'destination', QUEUES[1])])
  return { world, traffic, parked }
}

async function park(world: EstateWorld, side: 'source' | 'destination', QueueName: string): Promise<void> {
  const { sqs } = world.clients[side]
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    if (Messages.length === 0) return
    const Entries = Messages.map(({ ReceiptHandle }: Message, n) => ({
      Id: `${n}`,
      ReceiptHandle,
      VisibilityTimeout: 0,
    }))
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
  }
}

/** From now on a busy machine, whose handler outlasts the visibility now and then, parks nothing again. */
async function forgive(world: EstateWorld, side: 'source' | 'destination', QueueName: string): Promise<void> {
  const { sqs } = world.clients[side]
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }))
  const RedrivePolicy = JSON.stringify({ ...JSON.parse(Attributes!['RedrivePolicy']!), maxReceiveCount: 20 })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }))
}

function redrive(world: EstateWorld, ...args: readonly string[]): LandfallProcess {
  return spawnLandfall({
    args: ['dead-letters', 'redrive', '--config', world.configFile, '--yes', '--json', ...args],
    env: { ...world.env, XDG_STATE_HOME: join(world.folder, 'state') },
  })
}

interface Result {
  readonly queues: readonly { readonly sent: number; readonly sentBefore: number; readonly maybeTwice: number }[]
}

async function result(landfall: LandfallProcess): Promise<Result> {
  const { stdout, stderr, code } = await landfall.ended
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result
}

const sum = ({ queues }: Result, of: 'sent' | 'sentBefore' | 'maybeTwice'): number =>
  queues.reduce((total, queue) => total + queue[of], 0)

async function journalHas(world: EstateWorld, step: string): Promise<void> {
  const folder = join(world.folder, 'state', 'landfall')
  await vi.waitFor(
    async () => {
      const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
      expect(texts.join('')).toContain(`"step":"${step}"`)
    },
    { timeout: 30_000, interval: 20 },
  )
}

async function kill(landfall: LandfallProcess): Promise<void> {
  landfall.kill('SIGKILL')
  expect((await landfall.ended).signal).toBe('SIGKILL')
}

/** Which letters the messages of the first queue are copies of; they are visible again after a second. */
async function copiesIn({ clients: { source } }: EstateWorld): Promise<readonly string[]> {
  const { QueueUrl } = await source.sqs.send(new GetQueueUrlCommand({ QueueName: QUEUES[0] }))
  const receive = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 1,
    MessageAttributeNames: [COPY_OF],
  })
  const copies: string[] = []
  for (let read = 0; read < 5; read += 1) {
    const { Messages = [] } = await source.sqs.send(receive)
    copies.push(...Messages.map(({ MessageAttributes }) => MessageAttributes![COPY_OF]!.StringValue!))
  }
  return copies
}

const duplicates = async (world: EstateWorld): Promise<number> => {
  const snapshots = await Promise.all(world.estate.pairs.map(({ name }) => world.ledger.snapshot(name)))
  return snapshots.reduce((total, snapshot) => total + snapshot.duplicates, 0)
}

test('killed between a send and its delete: what was sent is not sent again', async () => {
  const { world, traffic, parked } = await parkedWorld()
  await world.setFaults({ requests: [{ service: 'sqs', action: 'DeleteMessageBatch', latencyMs: 60_000 }] })
  const first = redrive(world, '--parses', ...HOLD)
  await journalHas(world, 'sent')
  await kill(first)
  await world.clearFaults()
  const sentFirst = (await world.depths()).waiting
  expect(sentFirst).toBeGreaterThan(0)

  const second = await result(redrive(world, '--parses', ...HOLD))
  expect(sum(second, 'sentBefore')).toBe(sentFirst)
  expect(sum(second, 'maybeTwice')).toBe(0)
  expect(sum(second, 'sent') + sum(second, 'sentBefore')).toBe(parked)
  expect(await world.depths()).toEqual({ waiting: parked, dead: 0 })
  const { app } = await startHere(world)
  await expectAllAccounted(world, traffic)
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  for (const name of ['queue_visible', 'queue_in_flight', 'dead_letters'])
    expect(metrics).toMatch(new RegExp(`^landfall_${name}\\{queue="${QUEUES[0]}"\\} \\d+$`, 'm'))
})

test('killed in mid-run, three times: each letter goes back, and each version is counted once', async () => {
  const { world, traffic } = await parkedWorld()
  // Landfall takes what comes back while the redrive is still at it.
  await startHere(world)
  for (const run of [1, 2, 3]) {
    const landfall = redrive(world, '--one-by-one', '--rate', '40', ...HOLD)
    const { dead } = await world.depths()
    await vi.waitFor(async () => expect((await world.depths()).dead).toBeLessThan(dead), { timeout: 30_000 })
    await kill(landfall)
    expect((await world.depths()).dead, `after ${run}`).toBeGreaterThan(0)
  }
  await vi.waitFor(
    async () => {
      await result(redrive(world, '--one-by-one', ...HOLD))
      expect((await world.depths()).dead).toBe(0)
    },
    { timeout: 60_000, interval: 500 },
  )
  await expectAllAccounted(world, traffic)
})

test('copies whose acknowledgement is lost come twice, are said to, and are counted once', async () => {
  const { world, traffic, parked } = await parkedWorld()
  await world.setFaults({ requests: [{ service: 'sqs', action: 'SendMessageBatch', lose: 1 }] })
  const { code } = await redrive(world, '--parses', ...HOLD).ended
  expect(code).toBe(4)
  await world.clearFaults()
  expect((await world.depths()).dead).toBe(parked)

  const again = await result(redrive(world, '--parses', ...HOLD))
  expect(sum(again, 'maybeTwice')).toBeGreaterThan(0)
  expect(sum(again, 'sent')).toBe(parked)
  const copies = await copiesIn(world)
  expect(copies.length).toBeGreaterThan(new Set(copies).size)
  await startHere(world)
  await expectAllAccounted(world, traffic)
  expect(await duplicates(world)).toBeGreaterThan(0)
})

test('a move task goes on when its starter is killed; the same command joins it, or finds it done', async () => {
  const { world, traffic } = await parkedWorld()
  await startHere(world)
  const first = redrive(world, '--rate', '20')
  const { dead } = await world.depths()
  await vi.waitFor(async () => expect((await world.depths()).dead).toBeLessThan(dead), { timeout: 30_000 })
  await kill(first)
  await result(redrive(world))
  await expectAllAccounted(world, traffic)
})
