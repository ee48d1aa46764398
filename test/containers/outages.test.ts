/** What an engine can do to Landfall's Redis in mid-traffic; nothing may be lost or counted twice. */
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { docker } from './docker.ts'
import { type ContainerWorld, startContainerWorld, startService } from './service.ts'

const image = inject('images')?.production

describe.skipIf(image === undefined)('in mid-traffic', () => {
  let place: ContainerWorld
  beforeAll(async () => {
    place = await startContainerWorld()
  })
  afterAll(() => place?.stop())

  test('Redis is paused, then killed and started again on its append-only file', async () => {
    const { world, redis } = place
    const service = await startService(image!, world)
    const untilReady = async (status: 200 | 503): Promise<void> =>
      vi.waitFor(async () => expect((await fetch(`${service.url}/readyz`)).status).toBe(status), {
        timeout: 60_000,
        interval: 200,
      })
    try {
      const traffic = world.traffic({ events: 500, perSecond: 50 })
      await received(world, 50)
      for (const [begin, end] of [
        [['pause'], ['unpause']],
        [['kill', '--signal', 'KILL'], ['start']],
      ] as const) {
        expect(await docker(...begin, redis.id)).toMatchObject({ code: 0 })
        await untilReady(503)
        expect(await docker(...end, redis.id)).toMatchObject({ code: 0 })
        await untilReady(200)
      }
      await expectAllAccounted(world, traffic)
      // An outage of Redis is no reason to be restarted.
      expect(await service.inspect('{{.RestartCount}} {{.State.Health.Status}}')).toBe('0 healthy')
    } finally {
      await service.remove()
    }
  })
})
