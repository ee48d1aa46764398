import { onTestFinished, test } from 'vitest'
import { startRedis, startWorld } from '../support/estate-world.ts'
import { expectSurvives } from '../support/outage.ts'

test('Redis hangs for 10 s in mid-traffic: nothing lost, no good message in the dead-letter queue', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const world = await startWorld({ redis, maxReceiveCount: 3 })
  onTestFinished(() => world.stop())
  await expectSurvives(world, {
    begin: async () => redis.process.kill('SIGSTOP'),
    end: async () => redis.process.kill('SIGCONT'),
    readyz: 503,
  })
})
