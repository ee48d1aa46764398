import { expect, test } from 'vitest'
import { makeAcknowledger, MAX_PENDING } from '../../../src/queues/acknowledger.ts'
import type { BatchFailure } from '../../../src/queues/sqs.ts'
import { evenChance, manualTime, recordedLog } from './fakes.ts'

function setUp(holdMs = 0) {
  const time = manualTime()
  const log = recordedLog()
  const batches: string[][] = []
  let answer: (receipts: readonly string[]) => Promise<readonly BatchFailure[]> = async () => []
  const acknowledger = makeAcknowledger({
    queue: {
      name: 'events',
      delete: async (receipts) => {
        batches.push([...receipts])
        return await answer(receipts)
      },
    },
    holdMs,
    timers: time,
    clock: time,
    random: evenChance,
    log,
  })
  return {
    time,
    log,
    batches,
    acknowledger,
    answerBy: (next: typeof answer) => {
      answer = next
    },
    /** As three consumers would: visible to others in 30 s. */
    acknowledge: (...receipts: string[]) => acknowledger.acknowledge(receipts, time.now() + 30_000),
  }
}

const names = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `r${from + index}`)

test('pools the deletes of several consumers into batches of ten', async () => {
  const { time, batches, acknowledge, acknowledger } = setUp()
  acknowledge(...names(4))
  acknowledge(...names(4, 4))
  acknowledge(...names(4, 8))
  await time.advance(0)
  expect(batches).toEqual([names(10)])
  await time.advance(99)
  expect(batches).toHaveLength(1)
  await time.advance(1)
  expect(batches[1]).toEqual(names(2, 10))
  expect(acknowledger.counts).toEqual({ deleted: 12, left: 0, requests: 2 })
})

test('durability window: nothing is deleted before its time, a full batch neither', async () => {
  const { time, batches, acknowledge } = setUp(2_000)
  acknowledge(...names(10))
  await time.advance(1_999)
  expect(batches).toEqual([])
  await time.advance(1)
  expect(batches).toEqual([names(10)])
})

test('durability window: draining waits for the time to come, and then for no pool', async () => {
  const { time, batches, acknowledge, acknowledger } = setUp(2_000)
  acknowledge('r0')
  let drained = false
  const draining = acknowledger.drain().then(() => {
    drained = true
  })
  await time.advance(1_999)
  expect([batches, drained]).toEqual([[], false])
  await time.advance(1)
  expect([batches, drained]).toEqual([[['r0']], true])
  await draining
})

test('retries what failed, alone, and not what SQS no longer knows', async () => {
  const { time, batches, acknowledge, acknowledger, answerBy, log } = setUp()
  answerBy(async () => [
    { receipt: 'r1', gone: false },
    { receipt: 'r2', gone: true },
  ])
  acknowledge(...names(4))
  await time.advance(100)
  answerBy(async () => [])
  await time.advance(1_000)
  expect(batches).toEqual([names(4), ['r1']])
  expect(acknowledger.counts).toEqual({ deleted: 3, left: 1, requests: 2 })
  expect(log.at('warn')).toHaveLength(1)
})

test('an outage of deletes: retried with longer waits while the messages are ours, then left', async () => {
  const { time, acknowledge, acknowledger, answerBy, log } = setUp()
  answerBy(async () => {
    throw new Error('503')
  })
  acknowledge('r0')
  await time.advance(29_000)
  expect(acknowledger.counts.left).toBe(0)
  await time.advance(10_000)
  expect(acknowledger.counts).toMatchObject({ deleted: 0, left: 1 })
  expect(acknowledger.counts.requests).toBeLessThan(15)
  expect(log.at('warn')).toHaveLength(1)
})

test('draining gives up on a refusing SQS within seconds', async () => {
  const { time, acknowledge, acknowledger, answerBy } = setUp()
  answerBy(async () => {
    throw new Error('503')
  })
  acknowledge('r0')
  let drained = false
  const draining = acknowledger.drain().then(() => {
    drained = true
  })
  await time.advance(2_000)
  expect(drained).toBe(true)
  await draining
})

test('holds up the polls when too many deletes wait', async () => {
  const { time, acknowledge, acknowledger, answerBy } = setUp()
  const answers: ((failures: readonly BatchFailure[]) => void)[] = []
  answerBy(async () => await new Promise((resolve) => answers.push(resolve)))
  acknowledge(...names(MAX_PENDING))
  let room = false
  void acknowledger.room(new AbortController().signal).then(() => {
    room = true
  })
  await time.advance(0)
  expect(room).toBe(false)
  answers[0]!([])
  await time.advance(0)
  expect(room).toBe(true)
})
