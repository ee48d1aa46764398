import { describe, expect, it } from 'vitest'
import { lagBucket, summarise } from '../../../src/domain/lag.ts'
import { firstLookMs, nextLookMs, type FirstLook } from '../../../src/domain/schedule.ts'
import type { LagSummary } from '../../../src/domain/snapshot.ts'
import { fc, runs } from '../../support/fc.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const POLICY: FirstLook['policy'] = { firstLook: { minMs: 5 * SECOND, maxMs: 7 * MINUTE }, lateAfterMs: 15 * MINUTE }

const NOTHING: LagSummary = { count: 0, upper: 0 }
const exact = (p50: number, p95: number, p99: number): LagSummary => ({ count: 1000, upper: 0, p50, p95, p99 })

describe('firstLookMs', () => {
  it('stays within its bounds, and below half of lateAfterMs, whatever was observed', () => {
    // A percentile is a bucket's bound: 1 ms at least.
    const ms = fc.double({ min: 1, max: 9e8, noNaN: true })
    const summary = fc.tuple(fc.nat(1000), fc.nat(1000), ms, ms, ms).map(([count, upper, a, b, c]): LagSummary => {
      const [p50, p95, p99] = [a, b, c].toSorted((x, y) => x - y)
      return count === 0 ? NOTHING : { count, upper: Math.min(count, upper), p50, p95, p99 }
    })
    fc.assert(
      fc.property(
        summary,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 60 * MINUTE }),
        fc.integer({ min: 0, max: 60 * MINUTE }),
        fc.integer({ min: 2 * SECOND, max: 24 * 60 * MINUTE }),
        (lag, eventShare, minMs, spread, lateAfterMs) => {
          const first = firstLookMs({
            lag,
            eventShare,
            policy: { firstLook: { minMs, maxMs: minMs + spread }, lateAfterMs },
          })
          expect(first).toBeLessThanOrEqual(Math.ceil(lateAfterMs / 2))
          expect(first).toBeLessThanOrEqual(minMs + spread)
          expect(first).toBeGreaterThanOrEqual(Math.min(minMs, Math.floor(lateAfterMs / 2)))
        },
      ),
      runs(1000),
    )
  })

  it('guesses a thirtieth of lateAfterMs before anything was observed', () => {
    expect(firstLookMs({ lag: NOTHING, eventShare: 1, policy: POLICY })).toBe(30 * SECOND)
    expect(firstLookMs({ lag: { ...exact(1, 1, 1), count: 3 }, eventShare: 1, policy: POLICY })).toBe(30 * SECOND)
  })

  it('looks at the 99th percentile where events tell the lags, and well after it where they land almost all', () => {
    const lag = exact(12 * SECOND, 30 * SECOND, 45 * SECOND)
    expect(firstLookMs({ lag, eventShare: 0, policy: POLICY })).toBe(45 * SECOND)
    expect(firstLookMs({ lag, eventShare: 0.99, policy: POLICY })).toBe(135 * SECOND)
    expect(firstLookMs({ lag: exact(100, 200, 300), eventShare: 0.99, policy: POLICY })).toBe(60_300)
  })
})

describe('nextLookMs', () => {
  const next = fc.record({
    ageMs: fc.oneof(fc.integer({ min: -MINUTE, max: 30 * MINUTE }), fc.integer({ min: 0, max: 90 * 24 * 60 * MINUTE })),
    looks: fc.nat(10_000),
    lateAfterMs: fc.integer({ min: SECOND, max: 6 * 60 * MINUTE }),
    failFactor: fc.double({ min: 1, max: 100, noNaN: true }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  const ask = ({
    failFactor,
    ...rest
  }: { failFactor: number } & Omit<Parameters<typeof nextLookMs>[0], 'failAfterMs'>) =>
    nextLookMs({ ...rest, failAfterMs: rest.lateAfterMs * failFactor })

  it('is always a while, and capped', () => {
    fc.assert(
      fc.property(next, (given) => {
        const ms = ask(given)
        expect(ms).toBeGreaterThanOrEqual(1)
        const cap =
          given.ageMs < given.lateAfterMs
            ? given.lateAfterMs / 4
            : given.ageMs < 24 * 60 * MINUTE
              ? 15 * MINUTE
              : 60 * MINUTE
        expect(ms).toBeLessThanOrEqual(Math.ceil(Math.max(cap, given.lateAfterMs / 300)))
      }),
      runs(2000),
    )
  })

  it('comes back when a version turns late or failed', () => {
    fc.assert(
      fc.property(next, (given) => {
        const { ageMs, lateAfterMs, failFactor } = given
        const then = ageMs + ask(given)
        for (const milestone of [lateAfterMs, lateAfterMs * failFactor]) {
          if (ageMs < milestone) expect(then).toBeLessThanOrEqual(milestone + lateAfterMs / 300 + 2)
        }
      }),
      runs(2000),
    )
  })

  it('is spread by chance', () => {
    const at = (random: number): number =>
      nextLookMs({ ageMs: 2 * MINUTE, looks: 4, lateAfterMs: 15 * MINUTE, failAfterMs: 120 * MINUTE, random })
    expect(at(0)).toBeLessThan(at(0.5))
    expect(at(0.5)).toBeLessThan(at(0.99))
  })

  it('looks soon at a version that was old when it was first seen, then less and less often', () => {
    const at = (looks: number): number =>
      nextLookMs({ ageMs: 100 * MINUTE, looks, lateAfterMs: 15 * MINUTE, failAfterMs: 1200 * MINUTE, random: 0.5 })
    expect(at(1)).toBeLessThanOrEqual(MINUTE)
    expect([1, 2, 3, 4, 5].map(at)).toEqual([1, 2, 3, 4, 5].map(at).toSorted((a, b) => a - b))
    expect(at(1000)).toBe(15 * MINUTE)
  })
})

/**
 * A pair over some days, as the verifier runs it: first look, then retries, each finding S3's requests: one HEAD that
 * finds the replica, or two where it is absent (the source is asked too). Lags are log-normal and stable.
 */
function simulate(world: {
  readonly medianMs: number
  readonly sigma: number
  /** Share of replicas whose own event arrives, and how long that event travels at most. */
  readonly eventShare: number
  readonly eventDelayMs: number
  readonly seed: number
}): { readonly requestsPerLanded: number; readonly firstLook: number } {
  const random = mulberry(world.seed)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const VERSIONS_A_STEP = 400
  const STEPS_A_DAY = 8
  const DAYS = 12
  const window: { hist: Map<number, number>; upper: number; events: number }[] = []
  let requests = 0
  let landed = 0
  let firstLook = 0
  for (let step = 0; step < STEPS_A_DAY * DAYS; step += 1) {
    const hist = new Map<number, number>()
    let upper = 0
    for (const part of window) {
      upper += part.upper
      for (const [bucket, n] of part.hist) hist.set(bucket, (hist.get(bucket) ?? 0) + n)
    }
    const count = [...hist.values()].reduce((sum, n) => sum + n, 0)
    const share = count === 0 ? 0 : window.reduce((sum, part) => sum + part.events, 0) / count
    firstLook = firstLookMs({ lag: summarise(hist, upper), eventShare: share, policy: POLICY })

    const now = { hist: new Map<number, number>(), upper: 0, events: 0 }
    const measured = step >= STEPS_A_DAY * 4
    for (let i = 0; i < VERSIONS_A_STEP; i += 1) {
      const lag = world.medianMs * Math.exp(world.sigma * normal())
      const told = random() < world.eventShare ? lag + random() * world.eventDelayMs : Infinity
      // Ticks come once a second, and a busy verifier adds to that.
      let age = firstLook + random() * 1500
      let looks = 1
      while (age < lag && age < told) {
        if (measured) requests += 2
        age += nextLookMs({ ageMs: age, looks, lateAfterMs: 15 * MINUTE, failAfterMs: 120 * MINUTE, random: random() })
        looks += 1
      }
      const byEvent = told <= age
      if (!byEvent && measured) requests += 1
      if (measured) landed += 1
      const seen = lagBucket(byEvent ? lag : age)
      now.hist.set(seen, (now.hist.get(seen) ?? 0) + 1)
      if (byEvent) now.events += 1
      else now.upper += 1
    }
    window.push(now)
    if (window.length > STEPS_A_DAY) window.shift()
  }
  return { requestsPerLanded: requests / landed, firstLook }
}

/** A small seeded generator: a simulation that fails must fail again. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('S3 requests per landed version, at a stable lag', () => {
  const lags = [
    { name: 'a second', medianMs: SECOND, sigma: 0.5 },
    { name: 'S3 as usual', medianMs: 12 * SECOND, sigma: 0.7 },
    { name: 'slow', medianMs: 60 * SECOND, sigma: 0.6 },
    { name: 'slow and wide', medianMs: 40 * SECOND, sigma: 0.9 },
  ]

  it.each(lags)('by HEAD alone are at most 1.1: $name', ({ medianMs, sigma }) => {
    for (const seed of [1, 2, 3]) {
      const { requestsPerLanded, firstLook } = simulate({ medianMs, sigma, eventShare: 0, eventDelayMs: 0, seed })
      expect(requestsPerLanded, `seed ${seed}, first look ${firstLook} ms`).toBeLessThanOrEqual(1.1)
    }
  })

  it.each(lags)('with the destination events are at most 0.05: $name', ({ medianMs, sigma }) => {
    for (const seed of [1, 2, 3]) {
      const world = { medianMs, sigma, eventShare: 0.99, eventDelayMs: 45 * SECOND, seed }
      const { requestsPerLanded, firstLook } = simulate(world)
      expect(requestsPerLanded, `seed ${seed}, first look ${firstLook} ms`).toBeLessThanOrEqual(0.05)
      expect(firstLook).toBeLessThanOrEqual(POLICY.lateAfterMs / 2)
    }
  })

  it('do not make the first look run away: it follows the lag, not itself', () => {
    const { firstLook } = simulate({ medianMs: 60 * SECOND, sigma: 0.6, eventShare: 0, eventDelayMs: 0, seed: 4 })
    // The 99th percentile of this lag is 242 s.
    expect(firstLook).toBeLessThan(300 * SECOND)
    expect(firstLook).toBeGreaterThan(100 * SECOND)
    // ... and of this one 61 s: some lost events must not push the look for them out to the limit.
    for (const eventShare of [0.99, 0.9, 0.6]) {
      const usual = { medianMs: 12 * SECOND, sigma: 0.7, eventShare, eventDelayMs: 45 * SECOND, seed: 5 }
      expect(simulate(usual).firstLook, `share ${eventShare}`).toBeLessThan(5 * 61 * SECOND)
    }
  })
})
