import { describe, expect, test } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import type { IntakeMessage } from '../../../src/ports.ts'
import { type IntakeNeeds, makeIntake } from '../../../src/queues/intake.ts'
import { evenChance, fakeQueue, manualTime, recordedLog } from './fakes.ts'

const VISIBILITY = 30
const gone = new LandfallError('REDIS_UNREACHABLE', 'connect ECONNREFUSED')

function setUp(options: Partial<IntakeNeeds> & { consumers?: number; maxReceiveCount?: number } = {}) {
  const time = manualTime()
  const log = recordedLog()
  const queue = fakeQueue(time, { maxReceiveCount: options.maxReceiveCount ?? 3 })
  const handled: string[] = []
  const redis = { up: true }
  const intake = makeIntake({
    queues: [{ sqs: queue, consumers: options.consumers ?? 1 }],
    handler: async (messages) => {
      if (!redis.up) throw gone
      handled.push(...messages.map((message) => message.body))
      return new Set(messages.filter((message) => message.body !== 'poison').map((message) => message.id))
    },
    probe: async () => {
      if (!redis.up) throw gone
    },
    waitSeconds: 20,
    visibilitySeconds: VISIBILITY,
    holdMs: 0,
    clock: time,
    random: evenChance,
    log,
    timers: time,
    ...options,
  })
  return { time, log, queue, handled, redis, intake }
}

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `e${index}`)

async function stopped(intake: ReturnType<typeof makeIntake>, time: ReturnType<typeof manualTime>): Promise<void> {
  const stop = intake.stop()
  await time.advance(25_000)
  await stop
}

describe('acknowledging', () => {
  test('deletes what the handler returns, and nothing before it returned', async () => {
    const booked = Promise.withResolvers<void>()
    const { time, queue, intake } = setUp({
      handler: async (messages) => {
        await booked.promise
        return new Set(messages.map((message) => message.id))
      },
    })
    queue.send(...many(5))
    intake.start()
    await time.advance(10_000)
    expect([queue.left.length, queue.calls.delete]).toEqual([5, 0])
    booked.resolve()
    await time.advance(100)
    expect(queue.left).toEqual([])
    await stopped(intake, time)
  })

  test('polls on while a batch is handled, with two of a consumer in hand at most', async () => {
    const batches: PromiseWithResolvers<void>[] = []
    const { time, queue, intake } = setUp({
      handler: async (messages) => {
        const booked = Promise.withResolvers<void>()
        batches.push(booked)
        await booked.promise
        return new Set(messages.map((message) => message.id))
      },
    })
    queue.send(...many(30))
    intake.start()
    await time.advance(1_000)
    expect(batches.length).toBe(2)
    batches[1]!.resolve()
    await time.advance(1_000)
    expect([batches.length, queue.left.length]).toEqual([3, 20])
    for (const { resolve } of batches) resolve()
    await stopped(intake, time)
    expect(queue.left).toEqual([])
    expect(Math.max(...queue.receives.values())).toBe(1)
  })

  test('poison goes to the dead-letter queue after its receives; its neighbours do not', async () => {
    const { time, queue, intake } = setUp()
    queue.send('a', 'poison', 'b')
    intake.start()
    await time.advance(VISIBILITY * 3_000 + 25_000)
    expect(queue.dead).toEqual(['poison'])
    expect(queue.left).toEqual([])
    expect(Object.fromEntries(queue.receives)).toEqual({ a: 1, b: 1, poison: 3 })
    expect(intake.stats()[0]).toMatchObject({ acknowledged: 2, deleted: 2, left: 3 })
    await stopped(intake, time)
  })

  test('a message that breaks the handler harms no neighbour', async () => {
    const { time, queue, intake, log } = setUp({
      handler: async (messages: readonly IntakeMessage[]) => {
        if (messages.some((message) => message.body === 'hostile')) throw new TypeError('of undefined')
        return new Set(messages.map((message) => message.id))
      },
    })
    queue.send('a', 'hostile', 'b')
    intake.start()
    await time.advance(200)
    expect(queue.left).toEqual(['hostile'])
    expect(log.at('error')).toHaveLength(1)
    await stopped(intake, time)
  })

  test('at full batches, at most 0.35 requests an event', async () => {
    const { time, queue, intake } = setUp({ consumers: 4 })
    queue.send(...many(1_000))
    intake.start()
    await time.advance(1_000)
    expect(queue.left).toEqual([])
    expect((queue.calls.receive + queue.calls.delete + queue.calls.hide) / 1_000).toBeLessThanOrEqual(0.35)
    await stopped(intake, time)
  })

  test('a slow handler keeps its messages: their visibility is renewed', async () => {
    const slow = Promise.withResolvers<void>()
    const { time, queue, intake } = setUp({
      consumers: 2,
      handler: async (messages) => {
        await slow.promise
        return new Set(messages.map((message) => message.id))
      },
    })
    queue.send('a')
    intake.start()
    await time.advance(VISIBILITY * 10_000)
    expect(queue.receives.get('a')).toBe(1)
    slow.resolve()
    await time.advance(100)
    expect(queue.left).toEqual([])
    const { hide } = queue.calls
    await time.advance(VISIBILITY * 2_000)
    expect(queue.calls.hide).toBe(hide)
    await stopped(intake, time)
  })
})

describe('Redis is gone', () => {
  test('for ten seconds: nothing is polled, nothing received twice, one line each way', async () => {
    const { time, queue, intake, redis, log, handled } = setUp({ consumers: 4 })
    intake.start()
    await time.advance(500)
    redis.up = false
    queue.send(...many(100))
    await time.advance(10_000)
    expect(queue.calls.receive).toBe(4)
    expect(intake.waiting).toBe('REDIS_UNREACHABLE')
    redis.up = true
    await time.advance(10_000)
    expect(intake.waiting).toBeUndefined()
    expect(queue.left).toEqual([])
    expect(queue.dead).toEqual([])
    expect(new Set(handled).size).toBe(100)
    expect(Math.max(...queue.receives.values())).toBe(1)
    expect(log.lines.map((line) => line.level)).toEqual(['warn', 'info'])
    await stopped(intake, time)
  })

  test('for six hours: one receive more at most, and what was in hand is back on the queue meanwhile', async () => {
    const { time, queue, intake, redis } = setUp({ consumers: 4, maxReceiveCount: 2 })
    intake.start()
    await time.advance(500)
    redis.up = false
    queue.send(...many(100))
    await time.advance(6 * 3_600_000)
    expect(queue.calls.receive).toBe(4)
    expect(intake.stats()[0]).toMatchObject({ givenBack: 40 })
    redis.up = true
    await time.advance(30_000)
    expect([queue.left, queue.dead]).toEqual([[], []])
    expect(Math.max(...queue.receives.values())).toBe(2)
    await stopped(intake, time)
  })

  test('the probe passes and booking fails: the same batches are tried, no others are taken', async () => {
    let refusals = 20
    const { time, queue, intake } = setUp({
      consumers: 2,
      probe: async () => undefined,
      handler: async (messages) => {
        if (refusals > 0) {
          refusals -= 1
          throw gone
        }
        return new Set(messages.map((message) => message.id))
      },
    })
    queue.send(...many(40))
    intake.start()
    await time.advance(100_000)
    expect([queue.left, queue.dead]).toEqual([[], []])
    expect(Math.max(...queue.receives.values())).toBe(1)
    await stopped(intake, time)
  })

  test('stopping gives back what is in hand, once no poll of its own would take it', async () => {
    const { time, queue, intake, redis } = setUp({ consumers: 4 })
    intake.start()
    await time.advance(500)
    redis.up = false
    queue.send('a', 'b')
    await time.advance(500)
    const stop = intake.stop()
    await time.advance(20_000)
    await stop
    expect(intake.stats()[0]).toMatchObject({ givenBack: 2 })
    expect(Object.fromEntries(queue.receives)).toEqual({ a: 1, b: 1 })
    const others = await queue.receive({ waitSeconds: 0, visibilitySeconds: VISIBILITY })
    expect(others.map((message) => message.body)).toEqual(['a', 'b'])
  })
})

describe('SQS is in trouble', () => {
  test('503 for ten seconds: waits with backoff, one line each way, nothing lost', async () => {
    const { time, queue, intake, log } = setUp({ consumers: 4 })
    queue.faults.receive = Object.assign(new Error('Service Unavailable'), { $metadata: { httpStatusCode: 503 } })
    queue.send(...many(50))
    intake.start()
    await time.advance(10_000)
    expect(intake.stats()[0]).toMatchObject({ trouble: 'AWS_THROTTLED' })
    expect(queue.calls.receive).toBeLessThanOrEqual(4 * 8)
    queue.faults.receive = undefined
    await time.advance(10_000)
    expect(queue.left).toEqual([])
    expect(log.lines.map((line) => line.level)).toEqual(['warn', 'info'])
    await stopped(intake, time)
  })

  test('a missing queue is said once, with its hint, and asked for slowly', async () => {
    const { time, queue, intake, log } = setUp()
    const missing = new Error('The specified queue does not exist.')
    missing.name = 'QueueDoesNotExist'
    queue.faults.receive = missing
    intake.start()
    await time.advance(3_600_000)
    expect(queue.calls.receive).toBeLessThan(100)
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatchObject({ level: 'error', ids: { code: 'QUEUE_MISSING', next: expect.any(String) } })
    await stopped(intake, time)
  })
})

describe('stopping', () => {
  test('lets the running poll end and handles what it brings; the second call gives the same promise', async () => {
    const { time, queue, intake, handled } = setUp()
    intake.start()
    await time.advance(5_000)
    const stop = intake.stop()
    expect(intake.stop()).toBe(stop)
    expect(intake.waiting).toBe('STOPPED')
    queue.send('late')
    await time.advance(0)
    await stop
    expect(handled).toEqual(['late'])
    expect(queue.left).toEqual([])
    expect(queue.calls.receive).toBe(1)
  })

  test('waits for handlers and for deletes that are held back', async () => {
    const booked = Promise.withResolvers<void>()
    const { time, queue, intake } = setUp({
      holdMs: 2_000,
      waitSeconds: 1,
      handler: async (messages) => {
        await booked.promise
        return new Set(messages.map((message) => message.id))
      },
    })
    queue.send('a')
    intake.start()
    await time.advance(0)
    let done = false
    const stop = intake.stop().then(() => {
      done = true
    })
    await time.advance(10_000)
    expect(done).toBe(false)
    booked.resolve()
    await time.advance(1_999)
    expect([done, queue.left]).toEqual([false, ['a']])
    await time.advance(1)
    expect([done, queue.left]).toEqual([true, []])
    await stop
  })

  test('before the start it is no more than a resolved promise', async () => {
    const { intake } = setUp()
    await intake.stop()
  })
})
