import { onTestFinished, test, expect } from 'vitest'
import { expectAllAccounted } from '../support/accounted.ts'
import { startWorld } from '../support/estate-world.ts'
import { startHere } from '../support/outage.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'

test('the whole of it on three nodes of a Redis Cluster', async () => {
  const cluster = await startRedisCluster({ durable: true })
  onTestFinished(() => cluster.stop())
  const world = await startWorld({ redis: cluster, cluster: true })
  onTestFinished(() => world.stop())
  const { app, lines } = await startHere(world)
  await expectAllAccounted(world, world.traffic({ events: 600, perSecond: 300 }))
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${app.url}/metrics`)).status).toBe(200)
  expect(
    lines.filter(({ level, message }) => (level === 'warn' || level === 'error') && message !== 'finding'),
  ).toEqual([])
})
