import { once } from 'node:events'
import { onTestFinished, test } from 'vitest'
import { startRedis, startWorld } from '../support/estate-world.ts'
import { expectSurvives } from '../support/outage.ts'

test('Redis is killed and comes back 10 s later with its append-only file: nothing lost, nothing parked', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const world = await startWorld({ redis, maxReceiveCount: 3 })
  onTestFinished(() => world.stop())
  await expectSurvives(world, {
    async begin() {
      redis.process.kill('SIGKILL')
      await once(redis.process, 'exit')
    },
    async end() {
      const { port, dir } = redis
      const back = await startRedis({ port, dir })
      onTestFinished(() => back.stop())
    },
    readyz: 503,
  })
})
