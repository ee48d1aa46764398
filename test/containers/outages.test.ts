/** What an engine can do to Landfall and to its Redis in mid-traffic; nothing may be lost or counted twice. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { docker } from './docker.ts'
import { type ContainerWorld, type Service, startContainerWorld, startService } from './service.ts'

const image = inject('images')?.production
const READY = { timeout: 60_000, interval: 200 }

describe.skipIf(image === undefined)('in mid-traffic', () => {
  let place: ContainerWorld
  let services: Service[] = []

  beforeAll(async () => {
    place = await startContainerWorld()
  })
  afterEach(async () => {
    await Promise.all(services.map((service) => service.remove()))
    services = []
  })
  afterAll(() => place?.stop())

  async function start(memoryMb?: number): Promise<Service> {
    const service = await startService(image!, place.world, memoryMb)
    services.push(service)
    return service
  }
  const ready = async (service: Service): Promise<number> => (await fetch(`${service.url}/readyz`)).status
  const told = async (...args: readonly string[]): Promise<void> =>
    void expect(await docker(...args)).toMatchObject({ code: 0 })

  test('Redis is paused for five seconds, then killed and started again on its append-only file', async () => {
    const service = await start()
    const before = await receivedOf(place)
    const traffic = place.world.traffic({ events: 500, perSecond: 50 })
    await received(place.world, before + 50)

    await told('pause', place.redis.id)
    await vi.waitFor(async () => expect(await ready(service)).toBe(503), READY)
    await told('unpause', place.redis.id)
    await vi.waitFor(async () => expect(await ready(service)).toBe(200), READY)

    await told('kill', '--signal', 'KILL', place.redis.id)
    await vi.waitFor(async () => expect(await ready(service)).toBe(503), READY)
    await told('start', place.redis.id)
    await vi.waitFor(async () => expect(await ready(service)).toBe(200), READY)

    await expectAllAccounted(place.world, traffic)
    // An outage of Redis is no reason to be restarted.
    expect(await service.inspect('{{.RestartCount}} {{.State.Health.Status}}')).toBe('0 healthy')
  })
})

async function receivedOf({ world }: ContainerWorld): Promise<number> {
  const snapshots = await Promise.all(world.estate.pairs.map(({ name }) => world.ledger.snapshot(name)))
  return snapshots.reduce((sum, snapshot) => sum + snapshot.received, 0)
}
