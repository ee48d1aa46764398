/** Its own Redis, which comes late, goes away, and comes back empty. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { freePort, startPrivateRedis } from '../../../src/demo/redis-server.ts'
import type { Outcome } from '../../../src/ports.ts'
import { makePoker } from '../../../src/queues/poke.ts'
import { clock, setUpBull } from './setup.ts'

const done: Outcome = { kind: 'done' }

test('Redis comes late, goes, comes back without its data: pokes and jobs go on by themselves, one log line each way', async () => {
  const port = await freePort()
  const it = await setUpBull(`redis://127.0.0.1:${port}`, { waits: false })
  let runs = 0
  it.run({
    verify: async () => {
      runs += 1
      return done
    },
  })
  let ticks = 0
  const poker = makePoker({
    pairs: ['documents-production'],
    lanesPerPair: 1,
    tickMs: 20,
    due: async (pairs) => {
      ticks += 1
      return new Map(pairs.map((pair) => [pair, 1]))
    },
    producer: it.producer,
    clock,
    log: it.log,
  })
  onTestFinished(() => poker.close())
  const linesAt = (level: string, subject: string): number =>
    it.log.lines.filter((line) => line.level === level && 'subject' in line.ids && line.ids.subject === subject).length

  // Not there yet: pokes fail at once, quietly, and break nothing for good.
  await vi.waitFor(() => expect(it.watch.down).toBe('REDIS_UNREACHABLE'))
  const asked = Date.now()
  await expect(it.producer.add('verify', { pair: 'p', lane: 0 })).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
  expect(Date.now() - asked).toBeLessThan(1_000)
  poker.start()
  await vi.waitFor(() => expect(ticks).toBeGreaterThan(5))
  expect(runs).toBe(0)

  const first = await startPrivateRedis({ port })
  await vi.waitFor(() => expect(runs).toBeGreaterThan(0), { timeout: 15_000 })
  await vi.waitFor(() => expect(it.watch.down).toBeUndefined(), { timeout: 15_000 })
  await first.stop()
  await vi.waitFor(() => expect(it.watch.down).toBe('REDIS_UNREACHABLE'), { timeout: 15_000 })

  const second = await startPrivateRedis({ port })
  onTestFinished(() => second.stop())
  const before = runs
  await vi.waitFor(() => expect(runs).toBeGreaterThan(before), { timeout: 15_000 })
  await vi.waitFor(() => expect(it.watch.down).toBeUndefined(), { timeout: 15_000 })
  await vi.waitFor(() => expect(linesAt('info', 'poke')).toBe(2))
  expect([linesAt('warn', 'Redis'), linesAt('info', 'Redis'), linesAt('warn', 'poke')]).toEqual([2, 2, 2])
  expect(it.log.lines.filter((line) => line.level === 'error')).toEqual([])
}, 60_000)
