import { describe, expect, inject, test, vi } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import type { Outcome } from '../../../src/ports.ts'
import { setUpBull } from './setup.ts'

const done: Outcome = { kind: 'done' }
const data = { pair: 'documents-production', lane: 0 }

async function setUp() {
  const bull = await setUpBull(inject('redisUrl'))
  return { ...bull, add: () => bull.producer.add('verify', data) }
}

describe('what becomes of a run', () => {
  test('done: the job is gone, its data came through', async () => {
    const { run, add, redis, prefix } = await setUp()
    const seen: unknown[] = []
    run({
      verify: async (data) => {
        seen.push(data)
        return done
      },
    })
    const { id, added } = await add()
    expect(added).toBe(true)
    await vi.waitFor(async () => {
      expect(seen).toEqual([data])
      expect(await redis.exists(`${prefix}:verify:${id}`)).toBe(0)
    })
  })

  test('wait: it comes back, and no attempt is used up', async () => {
    const { run, add, redis, prefix, log } = await setUp()
    let runs = 0
    run({
      verify: async () => {
        runs += 1
        // More often than the policy has attempts.
        return runs < 8 ? { kind: 'wait', ms: 5, why: 'the batch job runs' } : done
      },
    })
    const { id } = await add()
    await vi.waitFor(
      async () => {
        expect(runs).toBe(8)
        expect(await redis.exists(`${prefix}:verify:${id}`)).toBe(0)
      },
      { timeout: 10_000 },
    )
    expect(log.lines.filter((line) => line.level === 'error')).toEqual([])
  })

  test('retryable: tried again, and only the last failure is an error in the log', async () => {
    const { run, add, log } = await setUp()
    let runs = 0
    run({
      verify: async () => {
        runs += 1
        throw new LandfallError('AWS_THROTTLED', '503')
      },
    })
    await add()
    await vi.waitFor(() => expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1), {
      timeout: 15_000,
    })
    expect(runs).toBe(5)
  })

  test.each(['ACCESS_DENIED', 'MESSAGE_UNREADABLE'] as const)('%s: never tried again', async (code) => {
    const { run, add, log, redis, prefix } = await setUp()
    let runs = 0
    run({
      verify: async () => {
        runs += 1
        throw new LandfallError(code, 'no')
      },
    })
    const { id } = await add()
    await vi.waitFor(async () => expect(await redis.zscore(`${prefix}:verify:failed`, id)).not.toBeNull())
    await vi.waitFor(() => expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1))
    expect(runs).toBe(1)
  })
})

describe('closing', () => {
  test('waits for the running job; the same promise twice', async () => {
    const { run, add } = await setUp()
    const finish = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const runner = run({
      verify: async () => {
        began.resolve()
        await finish.promise
        return done
      },
    })
    await add()
    await began.promise
    let closed = false
    const closing = runner.close({ graceMs: 60_000 })
    expect(runner.close({ graceMs: 60_000 })).toBe(closing)
    void closing.then(() => {
      closed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect([closed, runner.active]).toEqual([false, 1])
    finish.resolve()
    await closing
    expect(runner.active).toBe(0)
  })

  test('at the deadline the signal aborts, and the job is left to be run again', async () => {
    const { run, add, redis, prefix } = await setUp()
    const began = Promise.withResolvers<void>()
    const runner = run({
      verify: async (_data, signal) => {
        began.resolve()
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error(String(signal.reason)))),
        )
        return done
      },
    })
    const { id } = await add()
    await began.promise
    await runner.close({ graceMs: 10 })
    expect(runner.active).toBe(0)
    expect(await redis.zscore(`${prefix}:verify:delayed`, id)).not.toBeNull()
  })

  test('a job that ignores its signal cannot hold up the end', async () => {
    const { run, add, log } = await setUp()
    const began = Promise.withResolvers<void>()
    const never = Promise.withResolvers<Outcome>()
    const runner = run({
      verify: async () => {
        began.resolve()
        return await never.promise
      },
    })
    await add()
    await began.promise
    await runner.close({ graceMs: 10, lastMs: 10 })
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', ids: { jobs: 1 } })
    never.resolve(done)
    await vi.waitFor(() => expect(runner.active).toBe(0))
  })
})
