import { describe, expect, it } from 'vitest'
import { LAG_BOUNDS_MS, LAST_LAG_BUCKET, addLags, lagBound, lagBucket, summarise } from '../../../src/domain/lag.ts'
import { fc } from '../../support/fc.ts'

const EIGHT_DAYS = 8 * 24 * 3_600_000
const lag = fc.double({ min: 0, max: EIGHT_DAYS, noNaN: true })

function histogram(lags: readonly number[]): Map<number, number> {
  const hist = new Map<number, number>()
  for (const ms of lags) hist.set(lagBucket(ms), (hist.get(lagBucket(ms)) ?? 0) + 1)
  return hist
}

describe('lag buckets', () => {
  it('hold every lag between their bounds', () => {
    fc.assert(
      fc.property(lag, (ms) => {
        const bucket = lagBucket(ms)
        expect(ms).toBeLessThanOrEqual(LAG_BOUNDS_MS[bucket]!)
        if (bucket > 0) expect(ms).toBeGreaterThan(LAG_BOUNDS_MS[bucket - 1]!)
      }),
    )
  })

  it('put each bound into its own bucket', () => {
    for (const [bucket, bound] of LAG_BOUNDS_MS.entries()) expect(lagBucket(bound)).toBe(bucket)
  })

  it('reach 8 days, and take whatever is longer or no lag at all', () => {
    expect(LAG_BOUNDS_MS.at(-1)).toBeGreaterThanOrEqual(EIGHT_DAYS)
    expect([Infinity, 1e300, EIGHT_DAYS * 2].map(lagBucket)).toEqual([
      LAST_LAG_BUCKET,
      LAST_LAG_BUCKET,
      LAST_LAG_BUCKET,
    ])
    expect([Number.NaN, -5, -Infinity, 0, 1].map(lagBucket)).toEqual([0, 0, 0, 0, 0])
    expect([-1, Number.NaN, 10_000].map(lagBound)).toEqual([1, 1, lagBound(LAST_LAG_BUCKET)])
  })
})

describe('summarise', () => {
  it('has no percentiles of nothing', () => {
    expect(summarise(new Map(), 0)).toEqual({ count: 0, upper: 0 })
    expect(summarise(new Map([[3, 0]]), 2)).toEqual({ count: 0, upper: 0 })
  })

  it('never understates a percentile, and overstates it by less than a fifth', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 20, max: EIGHT_DAYS, noNaN: true }), { minLength: 1 }), (lags) => {
        const sorted = lags.toSorted((a, b) => a - b)
        const summary = summarise(histogram(lags), 1)
        expect(summary.count).toBe(lags.length)
        for (const [share, told] of [
          [0.5, summary.p50!],
          [0.95, summary.p95!],
          [0.99, summary.p99!],
        ] as const) {
          const truth = sorted[Math.ceil(share * sorted.length) - 1]!
          // Published bounds are whole milliseconds.
          expect(told).toBeGreaterThanOrEqual(Math.floor(truth))
          expect(told).toBeLessThanOrEqual(truth * 2 ** 0.25 + 1)
        }
      }),
    )
  })

  it('of two containers is that of all their lags', () => {
    fc.assert(
      fc.property(fc.array(lag), fc.array(lag), (one, other) => {
        expect(summarise(addLags(histogram(one), histogram(other)), 0)).toEqual(
          summarise(histogram([...one, ...other]), 0),
        )
      }),
    )
  })
})
