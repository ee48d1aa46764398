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
  const traffic = world.traffic({ perSecond: 80 })
  for (const killAt of [100, 250, 400]) {
    const landfall = await startLandfall(world)
    await received(world, killAt)
    landfall.kill('SIGKILL')
    expect((await landfall.ended).signal).toBe('SIGKILL')
  }
  const last = await startLandfall(world)
  await received(world, 500)
  traffic.stop()
  await expectAllAccounted(world, traffic)
  expect(last.process.exitCode).toBeNull()
  expect(last.log.filter(({ level }) => level === 'error')).toEqual([])
})
