/** Three containers on one Redis: they share the work, and the death of one loses nothing. */
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { expectAllAccounted, received, versionsIn } from '../support/accounted.ts'
import { SNAPSHOT_BUCKET } from '../support/estate-file.ts'
import { heartbeats } from '../support/heartbeats.ts'
import { docker } from './docker.ts'
import { type ContainerWorld, type Service, startContainerWorld, startService } from './service.ts'

const image = inject('images')?.production

describe.skipIf(image === undefined)('three containers', () => {
  let place: ContainerWorld
  let services: readonly Service[] = []

  beforeAll(async () => {
    place = await startContainerWorld()
    services = await Promise.all([1, 2, 3].map(() => startService(image!, place.world)))
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.remove()))
    await place?.stop()
  })

  test('each takes part, one publishes at a time, and one that is killed loses nothing', async () => {
    const { world } = place
    const traffic = world.traffic({ events: 900, perSecond: 100 })
    await received(world, 300)
    for (const service of services) expect(await acknowledged(service)).toBeGreaterThan(0)

    // Until it is started again it stays dead: by `docker kill` an engine restarts nothing.
    expect(await docker('kill', '--signal', 'KILL', services[0]!.id)).toMatchObject({ code: 0 })
    await expectAllAccounted(world, traffic)

    const began = Date.now()
    const earlier = await heartbeats(world)
    await vi.waitFor(async () => expect(await heartbeats(world)).toBeGreaterThan(earlier + 4), { timeout: 30_000 })
    // One a period (1 s) in all, not one a container.
    expect((await heartbeats(world)) - earlier).toBeLessThanOrEqual((Date.now() - began) / 1000 + 2)
    expect((await versionsIn(world, SNAPSHOT_BUCKET)).size).toBeGreaterThan(0)
    for (const { id } of services.slice(1)) expect(await docker('stop', '-t', '30', id)).toMatchObject({ code: 0 })
    for (const service of services.slice(1)) expect(await service.inspect('{{.State.ExitCode}}')).toBe('0')
  })
})

/** Messages that it has taken off the queues. */
async function acknowledged({ url }: Service): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text()
  return Number(/aws_requests_total\{service="sqs",action="DeleteMessageBatch"\} (\d+)/.exec(page)?.[1] ?? 0)
}
