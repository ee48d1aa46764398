import { expect, test } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { makePoker } from '../../../src/queues/poke.ts'
import { manualTime, recordedLog } from './fakes.ts'

function setUp() {
  const time = manualTime()
  const log = recordedLog()
  const asked: { at: number; answer: PromiseWithResolvers<ReadonlyMap<string, number>> }[] = []
  const added: string[] = []
  const poker = makePoker({
    pairs: ['a', 'b'],
    lanesPerPair: 2,
    tickMs: 1_000,
    due: async () => {
      const answer = Promise.withResolvers<ReadonlyMap<string, number>>()
      asked.push({ at: time.now(), answer })
      return await answer.promise
    },
    producer: {
      add: async (_job, _data, options) => {
        added.push(options?.once ?? '')
        return { id: 'j', added: true }
      },
      free: async () => false,
    },
    clock: time,
    log,
    timers: time,
  })
  return { time, log, asked, added, poker }
}

test('ticks never overlap: a slow Redis makes them rarer', async () => {
  const { time, asked, added, poker } = setUp()
  poker.start()
  await time.advance(10_000)
  expect(asked).toHaveLength(1)
  asked[0]!.answer.resolve(new Map([['a', 1]]))
  await time.advance(999)
  expect([asked.length, added]).toEqual([1, ['a~0']])
  await time.advance(1)
  expect(asked).toHaveLength(2)
})

test('a wake during a tick makes another soon after it: that tick may have looked too early', async () => {
  const { time, asked, poker } = setUp()
  poker.start()
  await time.advance(0)
  poker.wake()
  poker.wake()
  asked[0]!.answer.resolve(new Map())
  await time.advance(100)
  expect(asked).toHaveLength(2)
  asked[1]!.answer.resolve(new Map())
  await time.advance(900)
  expect(asked).toHaveLength(2)
})

test('Redis gone for an hour: two log lines', async () => {
  const { time, log, asked, poker } = setUp()
  poker.start()
  for (let tick = 0; tick < 3_600; tick += 1) {
    await time.advance(tick === 0 ? 0 : 1_000)
    asked.at(-1)!.answer.reject(new LandfallError('REDIS_UNREACHABLE', 'gone'))
    await time.advance(0)
  }
  await time.advance(1_000)
  asked.at(-1)!.answer.resolve(new Map())
  await time.advance(0)
  expect(asked).toHaveLength(3_601)
  expect(log.lines.map((line) => line.level)).toEqual(['warn', 'info'])
})

test('closing waits for the running tick, and nothing is asked afterwards', async () => {
  const { time, asked, poker } = setUp()
  poker.start()
  await time.advance(0)
  let closed = false
  const closing = poker.close().then(() => {
    closed = true
  })
  await time.advance(0)
  expect(closed).toBe(false)
  asked[0]!.answer.resolve(new Map())
  await closing
  poker.wake()
  await time.advance(10_000)
  expect(asked).toHaveLength(1)
})
