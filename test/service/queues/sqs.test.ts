/** Intake with the real SDK, on a sandbox of its own: it breaks things that other tests need. */
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startSandbox, type Sandbox } from '../../../sandbox/server.ts'
import { LandfallError } from '../../../src/domain/errors.ts'
import { type Intake, type IntakeNeeds, makeIntake } from '../../../src/queues/intake.ts'
import { makeSqsQueue, type SqsQueue } from '../../../src/queues/sqs.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { clock, random } from './setup.ts'

const ACCOUNT = '111111111111'
let sandbox: Sandbox
let client: SQSClient

beforeAll(async () => {
  sandbox = await startSandbox()
  client = new SQSClient({
    endpoint: sandbox.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'any' },
  })
})

afterAll(async () => {
  client.destroy()
  await sandbox.close()
})

async function makeQueue(maxReceiveCount = 3) {
  const name = randomPrefix()
  const create = async (QueueName: string, Attributes = {}) =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!
  const deadUrl = await create(`${name}-dead`)
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['QueueArn'] }),
  )
  const url = await create(name, {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes!['QueueArn'], maxReceiveCount }),
  })
  return {
    url,
    sqs: makeSqsQueue({ name, client, url: async () => url }),
    depth: async () => depthOf(url),
    deadDepth: async () => depthOf(deadUrl),
    send: async (...bodies: string[]) => {
      for (let from = 0; from < bodies.length; from += 10) {
        const Entries = bodies.slice(from, from + 10).map((MessageBody, index) => ({ Id: `${index}`, MessageBody }))
        await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
      }
    },
  }
}

async function depthOf(QueueUrl: string) {
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  const number = (name: '' | 'NotVisible' | 'Delayed'): number =>
    Number(Attributes![`ApproximateNumberOfMessages${name}`])
  return { visible: number(''), inFlight: number('NotVisible'), delayed: number('Delayed') }
}

function makeIntakeOn(sqs: SqsQueue, options: Partial<IntakeNeeds> = {}) {
  const log = recordingLog()
  const bodies: string[] = []
  let maxReceives = 0
  const intake: Intake = makeIntake({
    queues: [{ sqs, consumers: 4 }],
    handler: async (messages) => {
      bodies.push(...messages.map((message) => message.body))
      maxReceives = Math.max(maxReceives, ...messages.map((message) => message.receiveCount))
      return new Set(messages.filter((message) => !message.body.startsWith('poison')).map((message) => message.id))
    },
    probe: async () => undefined,
    waitSeconds: 1,
    visibilitySeconds: 30,
    holdMs: 0,
    clock,
    random,
    log,
    ...options,
  })
  onTestFinished(() => intake.stop())
  return { intake, log, bodies, maxReceives: () => maxReceives, stats: () => intake.stats()[0]! }
}

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `e${index}`)
const empty = { visible: 0, inFlight: 0, delayed: 0 }

test('everything sent is handled and deleted, by at most 0.35 requests an event', async () => {
  const { sqs, depth, send } = await makeQueue()
  await send(...many(1_000))
  const { intake, bodies, stats } = makeIntakeOn(sqs)
  intake.start()
  await vi.waitFor(() => expect(stats().deleted).toBe(1_000), { timeout: 20_000 })
  const { polls, deleteRequests } = stats()
  expect((polls + deleteRequests) / 1_000).toBeLessThanOrEqual(0.35)
  expect(new Set(bodies).size).toBe(1_000)
  await intake.stop()
  expect(await depth()).toMatchObject(empty)
})

test('poison ends in the dead-letter queue, its neighbours do not', async () => {
  const { sqs, depth, deadDepth, send } = await makeQueue(2)
  await send('a', 'poison-1', 'b', 'poison-2')
  const { intake, stats } = makeIntakeOn(sqs, { visibilitySeconds: 1 })
  intake.start()
  await vi.waitFor(async () => expect(await deadDepth()).toMatchObject({ visible: 2 }), { timeout: 15_000 })
  expect(stats()).toMatchObject({ acknowledged: 2, left: 4 })
  await intake.stop()
  expect(await depth()).toMatchObject(empty)
})

test('nothing is deleted before the handler said that it is durable; what a stop gives back comes again at once', async () => {
  const { sqs, depth, send } = await makeQueue()
  await send(...many(20))
  const failing = makeIntakeOn(sqs, {
    handler: async () => {
      throw new LandfallError('REDIS_UNREACHABLE', 'gone')
    },
  })
  failing.intake.start()
  await vi.waitFor(() => expect(failing.stats().handlerFailures).toBeGreaterThan(2), { timeout: 10_000 })
  await failing.intake.stop()
  expect(failing.stats()).toMatchObject({ deleted: 0, acknowledged: 0, givenBack: 20 })
  expect(await depth()).toMatchObject({ visible: 20, inFlight: 0 })
  const working = makeIntakeOn(sqs)
  working.intake.start()
  await vi.waitFor(() => expect(working.stats().deleted).toBe(20), { timeout: 10_000 })
  expect(working.maxReceives()).toBe(2)
})

test('a slow handler keeps its messages beyond their visibility', async () => {
  const { sqs, send } = await makeQueue(2)
  await send('slow')
  const slow = Promise.withResolvers<void>()
  let calls = 0
  const { intake, stats } = makeIntakeOn(sqs, {
    visibilitySeconds: 1,
    handler: async (messages) => {
      calls += 1
      await slow.promise
      return new Set(messages.map((message) => message.id))
    },
  })
  intake.start()
  // Three consumers poll on: two polls of a second each prove that the message stayed hidden meanwhile.
  await vi.waitFor(() => expect(stats().emptyPolls).toBeGreaterThan(6), { timeout: 15_000 })
  expect(calls).toBe(1)
  slow.resolve()
  await vi.waitFor(() => expect(stats().deleted).toBe(1))
})

describe('SQS in trouble', () => {
  test('503s and resets: nothing lost, nothing in the dead-letter queue, one line each way', async () => {
    const { sqs, deadDepth, send } = await makeQueue()
    const { intake, log, bodies, stats } = makeIntakeOn(sqs)
    await send(...many(200))
    sandbox.world.faults.merge({ requests: [{ service: 'sqs', throttle: 1 }] })
    intake.start()
    await vi.waitFor(() => expect(stats().trouble).toBe('AWS_THROTTLED'), { timeout: 10_000 })
    sandbox.world.faults.merge({ requests: [{ service: 'sqs', reset: 0.5 }] })
    await vi.waitFor(() => expect(stats().deleted).toBeGreaterThan(20), { timeout: 20_000 })
    sandbox.world.faults.clear()
    await vi.waitFor(() => expect(stats().deleted + stats().deletesLeft).toBe(stats().acknowledged), {
      timeout: 20_000,
    })
    await vi.waitFor(() => expect(new Set(bodies).size).toBe(200), { timeout: 20_000 })
    expect(await deadDepth()).toMatchObject(empty)
    expect(log.lines.filter((line) => line.level === 'error')).toEqual([])
    expect(log.lines.filter((line) => line.level === 'warn').length).toBeLessThanOrEqual(4)
  }, 60_000)

  test.each([
    [
      'a queue that is not there',
      'QUEUE_MISSING',
      () => makeSqsQueue({ name: 'no-such-queue', client, url: async () => `${sandbox.url}/${ACCOUNT}/no-such-queue` }),
    ],
    [
      'nobody listening',
      'AWS_UNREACHABLE',
      () => {
        const nowhere = new SQSClient({
          endpoint: 'http://127.0.0.1:1',
          region: 'eu-west-1',
          maxAttempts: 1,
          credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'any' },
        })
        return makeSqsQueue({
          name: 'events',
          client: nowhere,
          url: async () => 'http://127.0.0.1:1/111111111111/events',
        })
      },
    ],
  ])('%s: %s, said once with its hint, and intake lives on', async (_case, code, make) => {
    const { intake, log, stats } = makeIntakeOn(make())
    intake.start()
    await vi.waitFor(() => expect(stats().trouble).toBe(code), { timeout: 10_000 })
    await vi.waitFor(() => expect(stats().failedPolls).toBeGreaterThan(1))
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]?.ids).toMatchObject({ code, next: expect.any(String) })
    await intake.stop()
  })
})
