import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { startLandfall } from '../support/landfall-process.ts'

let world: EstateWorld
beforeAll(async () => {
  world = await startWorld()
  await world.setFaults({ notifications: [{ duplicate: 0.05, reorderMs: 200 }] })
})
afterAll(() => world.stop())

test('kill -9 in mid-traffic, three times: no version lost, none counted twice', async () => {
  const traffic = world.traffic({ events: 1200, perSecond: 150 })
  for (const killAt of [200, 500, 800]) {
    const landfall = await startLandfall(world)
    await received(world, killAt)
    landfall.kill('SIGKILL')
    expect((await landfall.ended).signal).toBe('SIGKILL')
  }
  expect(traffic.count).toBeLessThan(1200)
  const last = await startLandfall(world)
  await expectAllAccounted(world, traffic)
  expect(last.process.exitCode).toBeNull()
  expect(last.log.filter(({ level }) => level === 'error')).toEqual([])
})
