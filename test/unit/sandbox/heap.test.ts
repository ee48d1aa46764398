import { expect, test } from 'vitest'
import { type Timed, TimedHeap } from '../../../sandbox/sqs/heap.ts'
import { fc, runs } from '../../support/fc.ts'

test('whatever is pushed and removed from anywhere, items come out by their time', () => {
  const time = fc.integer({ min: 0, max: 100 })
  fc.assert(
    // `size: 'max'`: the usual ten items make a heap too flat for a removal that has to sift upwards.
    fc.property(
      fc.array(time, { maxLength: 60, size: 'max' }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (times, removals) => {
        const heap = new TimedHeap<Timed>()
        const items = times.map((visibleAt) => ({ visibleAt, slot: -1 }))
        for (const item of items) heap.push(item)
        for (const pick of removals) {
          if (items.length === 0) break
          const [removed] = items.splice(pick % items.length, 1)
          heap.remove(removed!)
          expect(removed!.slot).toBe(-1)
        }
        expect(heap.size).toBe(items.length)
        const out = items.map(() => heap.pop()!.visibleAt)
        expect(out).toEqual(items.map(({ visibleAt }) => visibleAt).toSorted((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
      },
    ),
    runs(1000),
  )
})
