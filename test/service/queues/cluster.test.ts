/** BullMQ on three nodes: every key of its scripts in one slot, the connections found through any node. */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { makePoker } from '../../../src/queues/poke.ts'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts'
import { clock, setUpBull } from './setup.ts'

let cluster: RedisCluster

beforeAll(async () => {
  cluster = await startRedisCluster()
}, 60_000)

afterAll(() => cluster.stop())

test('pokes, jobs and schedules run on a cluster', async () => {
  const it = await setUpBull(cluster.url, { cluster: true })
  const ran = { verify: new Set<string>(), report: 0 }
  it.run({
    verify: async ({ pair }) => {
      ran.verify.add(pair)
      return { kind: 'done' }
    },
    report: async () => {
      ran.report += 1
      return { kind: 'done' }
    },
  })
  const pairs = ['documents-production', 'uploads-production', 'archive-production', 'exports-production']
  const poker = makePoker({
    pairs,
    lanesPerPair: 2,
    tickMs: 20,
    due: async () => new Map(pairs.map((pair) => [pair, 1_000])),
    producer: it.producer,
    clock,
    log: it.log,
  })
  onTestFinished(() => poker.close())
  poker.start()
  await it.producer.schedule('report', 50)
  await vi.waitFor(() => expect([ran.verify.size, ran.report > 1]).toEqual([4, true]), { timeout: 15_000 })
  expect(it.log.lines.filter((line) => line.level === 'error')).toEqual([])
})
