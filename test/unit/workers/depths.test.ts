import { expect, test, vi } from 'vitest'
import { makeDepths } from '../../../src/workers/depths.ts'

const queues = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

test('a queue that fails or hangs is left out, and nobody is asked again before time', async () => {
  let now = 0
  const depth = vi.fn(async ({ name }: { name: string }) => {
    if (name === 'b') throw new Error('down')
    if (name === 'c') await new Promise(() => {})
    return { queue: name, visible: 1, inFlight: 0, delayed: 0 }
  })
  const depths = makeDepths({ queues, depth, clock: { now: () => now }, freshMs: 100, patienceMs: 10 })
  const [first, second] = await Promise.all([depths(), depths()])
  expect(first).toEqual([{ queue: 'a', visible: 1, inFlight: 0, delayed: 0 }])
  expect(second).toBe(first)
  expect(depth).toHaveBeenCalledTimes(3)
  now = 100
  await depths()
  expect(depth).toHaveBeenCalledTimes(6)
})
