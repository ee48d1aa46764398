import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../src/demo/redis-server.ts'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { type EstateWorld, startRedis, startWorld } from '../support/estate-world.ts'
import { spawnLandfall, startLandfall, upset } from '../support/landfall-process.ts'

const GRACE_MS = 5_000
/** Well below the grace, on a busy machine too. */
const AT_ONCE_MS = 2_500
let world: EstateWorld

describe('SIGTERM', () => {
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.stop())

  test('in mid-traffic: 0 within the grace; a second one: 7 at once; nothing lost after a restart', async () => {
    const traffic = world.traffic({ perSecond: 80 })
    const first = await startLandfall(world)
    await received(world, 100)
    const termedAt = performance.now()
    first.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(performance.now() - termedAt).toBeLessThan(GRACE_MS)
    expect(first.log.at(-1)!.msg).toBe('stopped')
    expect(upset(first.log)).toEqual([])

    const second = await startLandfall(world)
    await received(world, 250)
    second.kill('SIGTERM')
    await second.said('stopping')
    const secondAt = performance.now()
    second.kill('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 7, signal: null })
    expect(performance.now() - secondAt).toBeLessThan(AT_ONCE_MS)

    await startLandfall(world)
    await received(world, 400)
    traffic.stop()
    await expectAllAccounted(world, traffic)
  })

  test('while it waits for Redis at the start: 0 at once', async () => {
    const document = estateDocument({ redisUrl: `redis://127.0.0.1:${await freePort()}` })
    const configFile = await writeEstateFile(`${world.folder}/no-redis.yaml`, document)
    const waiting = spawnLandfall({ args: ['run', '--config', configFile], env: world.env })
    await waiting.said('Redis does not answer; waiting for it')
    const termedAt = performance.now()
    waiting.kill('SIGTERM')
    expect(await waiting.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(performance.now() - termedAt).toBeLessThan(AT_ONCE_MS)
  })

  test('while Redis hangs: 0 within the grace and its margin', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const configFile = await writeEstateFile(
      `${world.folder}/hanging-redis.yaml`,
      estateDocument({ redisUrl: redis.url }),
    )
    const running = await startLandfall({ configFile, env: world.env })
    redis.process.kill('SIGSTOP')
    await vi.waitFor(() => expect(running.log.some(({ level }) => level === 'warn')).toBe(true), { timeout: 15_000 })
    const termedAt = performance.now()
    running.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 0, signal: null })
    expect(performance.now() - termedAt).toBeLessThan(GRACE_MS + 5_000)
  })
})
