import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { Outcome } from '../../../src/ports.ts'
import { makePoker, type Poker } from '../../../src/queues/poke.ts'
import { makeSchedules } from '../../../src/queues/schedules.ts'
import { type Bull, clock, setUpBull } from './setup.ts'

const done: Outcome = { kind: 'done' }
const PAIR = 'documents-production'
/** The dedup key of the pair's first lane. */
const once = (bull: Bull): string => `${bull.prefix}:verify:de:${PAIR}~0`

async function setUp(options: { lanesPerPair?: number; strandedAfterMs?: number } = {}) {
  const bull = await setUpBull(inject('redisUrl'))
  const due = new Map<string, number>()
  let ticks = 0
  const poker = makePoker({
    pairs: [PAIR],
    lanesPerPair: options.lanesPerPair ?? 1,
    tickMs: 20,
    due: async () => {
      ticks += 1
      return new Map(due)
    },
    producer: bull.producer,
    strandedAfterMs: options.strandedAfterMs ?? 60_000,
    clock,
    log: bull.log,
  })
  onTestFinished(() => poker.close())
  return { ...bull, bull, due, poker, ticks: () => ticks }
}

/** As many more ticks, each of which poked what was due. */
async function moreTicks(of: { ticks: () => number }, count: number): Promise<void> {
  const from = of.ticks()
  await vi.waitFor(() => expect(of.ticks()).toBeGreaterThan(from + count), { timeout: 10_000 })
}

describe('poking', () => {
  test('a lane has one unfinished job, however often it is due; when it is done the next poke gets through', async () => {
    const it = await setUp()
    const running: PromiseWithResolvers<Outcome>[] = []
    it.run({
      verify: async () => {
        const run = Promise.withResolvers<Outcome>()
        running.push(run)
        return await run.promise
      },
    })
    it.due.set(PAIR, 50)
    it.poker.start()
    await vi.waitFor(() => expect(running).toHaveLength(1))
    await moreTicks(it, 5)
    expect(running).toHaveLength(1)
    expect(await it.redis.llen(`${it.prefix}:verify:wait`)).toBe(0)
    running[0]!.resolve(done)
    await vi.waitFor(() => expect(running).toHaveLength(2))
    it.due.clear()
    running[1]!.resolve(done)
  })

  test('more lanes for more that is due, no more than configured', async () => {
    const it = await setUp({ lanesPerPair: 3 })
    it.due.set(PAIR, 1)
    it.poker.start()
    await vi.waitFor(async () => expect(await it.redis.llen(`${it.prefix}:verify:wait`)).toBe(1))
    it.due.set(PAIR, 1_000_000)
    await vi.waitFor(async () => expect(await it.redis.llen(`${it.prefix}:verify:wait`)).toBe(3))
    await moreTicks(it, 5)
    expect(await it.redis.llen(`${it.prefix}:verify:wait`)).toBe(3)
  })

  test('nothing due, nothing poked', async () => {
    const it = await setUp()
    it.due.set(PAIR, 0)
    it.poker.start()
    await moreTicks(it, 3)
    expect(await it.redis.exists(`${it.prefix}:verify:id`)).toBe(0)
  })

  test('a wake makes a tick without waiting for the next one, and a hundred make one', async () => {
    const it = await setUpBull(inject('redisUrl'))
    const asked: number[] = []
    const poker: Poker = makePoker({
      pairs: [PAIR],
      lanesPerPair: 1,
      tickMs: 3_600_000,
      due: async () => {
        asked.push(Date.now())
        return new Map()
      },
      producer: it.producer,
      clock,
      log: it.log,
    })
    onTestFinished(() => poker.close())
    poker.start()
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    for (let wakes = 0; wakes < 100; wakes += 1) poker.wake()
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    poker.wake()
    await vi.waitFor(() => expect(asked).toHaveLength(3))
  })
})

describe('nothing in BullMQ can strand a pair', () => {
  test('all keys deleted while a job runs: the next poke gets through', async () => {
    const it = await setUp()
    const running: PromiseWithResolvers<Outcome>[] = []
    it.run({
      verify: async () => {
        const run = Promise.withResolvers<Outcome>()
        running.push(run)
        return await run.promise
      },
    })
    it.due.set(PAIR, 1)
    it.poker.start()
    await vi.waitFor(() => expect(running).toHaveLength(1))
    await it.redis.del(...(await it.keys()))
    running[0]!.resolve(done)
    await vi.waitFor(() => expect(running).toHaveLength(2), { timeout: 10_000 })
    // The worker outlives the job that ended without its keys.
    running[1]!.resolve(done)
    await vi.waitFor(() => expect(running).toHaveLength(3), { timeout: 10_000 })
    it.due.clear()
    running[2]!.resolve(done)
  })

  test('the lane is held by a job that is gone', async () => {
    const it = await setUp()
    let runs = 0
    it.run({
      verify: async () => {
        runs += 1
        return done
      },
    })
    await it.redis.set(once(it.bull), 'verify-of-long-ago')
    it.due.set(PAIR, 1)
    it.poker.start()
    await vi.waitFor(() => expect(runs).toBeGreaterThan(1))
  })

  test('the lane is held by a job that no list knows: freed after its time, and said', async () => {
    const it = await setUp({ strandedAfterMs: 100 })
    let runs = 0
    const { id } = await it.producer.add('verify', { pair: PAIR, lane: 0 }, { once: `${PAIR}~0` })
    await it.redis.del(`${it.prefix}:verify:wait`, `${it.prefix}:verify:marker`)
    expect(await it.redis.get(once(it.bull))).toBe(id)
    it.run({
      verify: async () => {
        runs += 1
        return done
      },
    })
    it.due.set(PAIR, 1)
    it.poker.start()
    await vi.waitFor(() => expect(runs).toBeGreaterThan(0), { timeout: 10_000 })
    expect(it.log.lines.filter((line) => line.level === 'warn')).toHaveLength(1)
  })

  test('a long job keeps its lane, however long', async () => {
    const it = await setUp({ strandedAfterMs: 30 })
    const run = Promise.withResolvers<Outcome>()
    let runs = 0
    it.run({
      verify: async () => {
        runs += 1
        return await run.promise
      },
    })
    it.due.set(PAIR, 1)
    it.poker.start()
    await vi.waitFor(() => expect(runs).toBe(1))
    await moreTicks(it, 10)
    expect(runs).toBe(1)
    it.due.clear()
    run.resolve(done)
  })

  test('the worker dies: its job runs again on another', async () => {
    const it = await setUp()
    const began = Promise.withResolvers<void>()
    const never = Promise.withResolvers<Outcome>()
    const doomed = it.connect('worker')
    it.run(
      {
        verify: async () => {
          began.resolve()
          return await never.promise
        },
      },
      doomed,
    )
    it.due.set(PAIR, 1)
    it.poker.start()
    await began.promise
    // No more renewals of its lock: to Redis, a dead process.
    doomed.disconnect()
    let rescued = 0
    it.run({
      verify: async () => {
        rescued += 1
        return done
      },
    })
    await vi.waitFor(() => expect(rescued).toBeGreaterThan(0), { timeout: 15_000 })
    it.due.clear()
    never.resolve(done)
  })
})

describe('schedules', () => {
  test('run each period, and again after a deletion of all keys', async () => {
    const it = await setUpBull(inject('redisUrl'))
    let runs = 0
    it.run({
      report: async () => {
        runs += 1
        return done
      },
    })
    const timers: (() => void)[] = []
    const schedules = makeSchedules({
      every: { report: 50 },
      producer: it.producer,
      log: it.log,
      timers: {
        after: (_ms, fn) => {
          timers.push(fn)
          return () => undefined
        },
      },
    })
    onTestFinished(() => schedules.close())
    schedules.start()
    await vi.waitFor(() => expect(timers).toHaveLength(1))
    await vi.waitFor(() => expect(runs).toBeGreaterThan(2), { timeout: 10_000 })
    await it.redis.del(...(await it.keys()))
    const before = runs
    timers.at(-1)!()
    await vi.waitFor(() => expect(runs).toBeGreaterThan(before + 2), { timeout: 15_000 })
  })
})
