import { expect, test } from 'vitest'
import { makeSettings } from '../../../sandbox/sqs/attributes.ts'
import { messageId, receiptHandle } from '../../../sandbox/sqs/message.ts'
import { makeQueueStore } from '../../../sandbox/sqs/store.ts'
import type { SandboxClock } from '../../../sandbox/types.ts'
import { fc, runs } from '../../support/fc.ts'

const PLACE = { name: 'q', region: 'eu-west-1', account: '111111111111' }

/** Time stands still until the test moves it. */
function manualClock(): SandboxClock & { at: number } {
  return {
    at: 1_000,
    now() {
      return this.at
    },
    after: () => () => {},
  }
}

type Step =
  | { readonly do: 'send'; readonly delay: number }
  | { readonly do: 'receive'; readonly max: number; readonly visibility: number }
  | { readonly do: 'delete' | 'release' | 'extend'; readonly pick: number }
  | { readonly do: 'pass'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('send' as const), delay: fc.constantFrom(0, 0, 500) }),
  fc.record({
    do: fc.constant('receive' as const),
    max: fc.integer({ min: 1, max: 10 }),
    visibility: fc.constantFrom(0, 300, 1000),
  }),
  fc.record({ do: fc.constantFrom('delete' as const, 'release' as const, 'extend' as const), pick: fc.nat(20) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 299, 300, 1000) }),
)

interface Known {
  visibleAt: number
  handle: string | undefined
  inFlight: boolean
}

test('whatever is done to it, a queue hands out exactly what is visible, and counts the rest', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const clock = manualClock()
      const store = makeQueueStore(clock)
      const queue = store.create(PLACE, makeSettings({}))
      const model = new Map<number, Known>()
      const held = (pick: number): [number, Known] | undefined => {
        const all = [...model].filter(([, { handle }]) => handle !== undefined)
        return all[pick % Math.max(1, all.length)]
      }
      for (const action of steps) {
        if (action.do === 'pass') clock.at += action.ms
        if (action.do === 'send') {
          const { n } = store.send(queue, { body: 'x', senderId: 's' }, action.delay)
          model.set(n, { visibleAt: clock.at + action.delay, handle: undefined, inFlight: false })
        }
        if (action.do === 'receive') {
          const visible = [...model].filter(([, known]) => known.visibleAt <= clock.at)
          const got = queue.receive({ max: action.max, visibilityMs: action.visibility })
          expect(got).toHaveLength(Math.min(action.max, visible.length))
          expect(new Set(got).size).toBe(got.length)
          for (const message of got) {
            const known = model.get(message.n)!
            expect(known.visibleAt).toBeLessThanOrEqual(clock.at)
            const visibleAt = clock.at + action.visibility
            Object.assign(known, { visibleAt, handle: receiptHandle(message), inFlight: action.visibility > 0 })
          }
        }
        if (action.do === 'delete') {
          const [n, known] = held(action.pick) ?? []
          if (n !== undefined && known !== undefined) {
            queue.delete(known.handle!)
            model.delete(n)
          }
        }
        if (action.do === 'release' || action.do === 'extend') {
          const known = held(action.pick)?.[1]
          if (known !== undefined) {
            const ms = action.do === 'release' ? 0 : 700
            const inFlight = known.inFlight && known.visibleAt > clock.at
            expect(queue.changeVisibility(known.handle!, ms)).toBe(inFlight ? 'done' : 'unavailable')
            if (inFlight) Object.assign(known, { visibleAt: clock.at + ms, inFlight: ms > 0 })
          }
        }
        const hidden = [...model.values()].filter(({ visibleAt }) => visibleAt > clock.at)
        const inFlight = hidden.filter((known) => known.inFlight).length
        expect(queue.counts()).toEqual({
          visible: model.size - hidden.length,
          inFlight,
          delayed: hidden.length - inFlight,
        })
      }
    }),
    runs(500),
  )
})

test('a million messages: ten are received and deleted in well under a millisecond', () => {
  const clock = manualClock()
  const store = makeQueueStore(clock)
  const queue = store.create(PLACE, makeSettings({}))
  const message = { body: 'x', senderId: 's' }
  for (let n = 0; n < 1_000_000; n++) store.send(queue, message)
  const rounds = 2000
  const before = performance.now()
  for (let round = 0; round < rounds; round++) {
    const got = queue.receive({ max: 10, visibilityMs: 30_000 })
    if (round % 2 === 0) for (const one of got) queue.delete(receiptHandle(one))
  }
  expect((performance.now() - before) / rounds).toBeLessThan(0.2)
  expect(queue.counts()).toEqual({ visible: 980_000, inFlight: 10_000, delayed: 0 })
})

test('messages past the retention period are gone', () => {
  const clock = manualClock()
  const store = makeQueueStore(clock)
  const queue = store.create(PLACE, makeSettings({ MessageRetentionPeriod: '60' }))
  store.send(queue, { body: 'old', senderId: 's' })
  clock.at += 60_001
  store.send(queue, { body: 'new', senderId: 's' })
  expect(queue.receive({ max: 10, visibilityMs: 1 }).map(({ body }) => body)).toEqual(['new'])
})

test('message ids are unique UUIDs', () => {
  const ids = new Set(Array.from({ length: 10_000 }, (_, n) => messageId(n * 997)))
  expect(ids.size).toBe(10_000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
})
