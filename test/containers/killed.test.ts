/** The kernel kills a container for its memory; the engine starts it anew. */
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { docker } from './docker.ts'
import { type ContainerWorld, startContainerWorld, startService } from './service.ts'

const image = inject('images')?.production

describe.skipIf(image === undefined)('out of memory', () => {
  let place: ContainerWorld
  beforeAll(async () => {
    place = await startContainerWorld()
  })
  afterAll(() => place?.stop())

  test('a container that the kernel kills is started again by the engine, and nothing is lost', async () => {
    const { world } = place
    const service = await startService(image!, world, 300)
    try {
      const traffic = world.traffic({ events: 500, perSecond: 50 })
      await received(world, 100)
      // Files in /tmp are the container's memory: with these the limit is reached, and the biggest process has to go.
      const fill = docker('exec', service.id, 'dd', 'if=/dev/zero', 'of=/tmp/fill', 'bs=1M', 'count=400')
      await vi.waitFor(async () => expect(Number(await service.inspect('{{.RestartCount}}'))).toBeGreaterThan(0), {
        timeout: 30_000,
        interval: 100,
      })
      await fill
      // The engine tells of whole seconds that are over.
      await vi.waitFor(
        async () => {
          const { stdout } = await docker(
            'events',
            '--since',
            '2m',
            '--until',
            '0s',
            '--filter',
            `container=${service.id}`,
          )
          expect(stdout).toContain('container oom')
          expect(stdout).toMatch(/container die .*exitCode=137/)
        },
        { timeout: 10_000, interval: 500 },
      )

      await expectAllAccounted(world, traffic)
      expect(await service.inspect('{{.State.Running}}')).toBe('true')
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
    } finally {
      await service.remove()
    }
  })
})
