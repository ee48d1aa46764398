/**
 * Lag histograms: a fixed log scale, so that minutes, hours and containers add up by adding counts.
 *
 * Four buckets per doubling, from 1 ms to 8 days. A percentile is given as its bucket's upper bound: it may
 * overstate the lag by up to 19 % (the fourth root of 2) and never understates it, which is the honest side for an RPO.
 */
import type { LagSummary } from './snapshot.ts'

const PER_DOUBLING = 4
const EIGHT_DAYS_MS = 8 * 24 * 3_600_000

/** The last bucket; it also takes all that is longer than 8 days. */
export const LAST_LAG_BUCKET = Math.ceil(PER_DOUBLING * Math.log2(EIGHT_DAYS_MS))

/** Upper bounds (inclusive) in ms, by bucket: 1, 1.19, 1.41, 1.68, 2, ... */
export const LAG_BOUNDS_MS: readonly number[] = Array.from(
  { length: LAST_LAG_BUCKET + 1 },
  (_, bucket) => 2 ** (bucket / PER_DOUBLING),
)

/** The bucket (0 to `LAST_LAG_BUCKET`) of a lag in ms. Total: negative and NaN count as 0, infinite as the last. */
export function lagBucket(ms: number): number {
  if (!(ms > 1)) return 0
  const guess = Math.ceil(PER_DOUBLING * Math.log2(ms))
  if (guess > LAST_LAG_BUCKET) return LAST_LAG_BUCKET
  // The logarithm's rounding may put an exact bound one bucket off; the bounds decide.
  if (guess > 0 && ms <= LAG_BOUNDS_MS[guess - 1]!) return guess - 1
  return ms <= LAG_BOUNDS_MS[guess]! || guess === LAST_LAG_BUCKET ? guess : guess + 1
}

/** The upper bound of a bucket in ms, rounded: the value to publish for it. Out of range: the nearest bucket's. */
export function lagBound(bucket: number): number {
  const index = Math.min(LAST_LAG_BUCKET, Math.max(0, Math.trunc(bucket) || 0))
  return Math.round(LAG_BOUNDS_MS[index]!)
}

/** Adds `from` into `into`, and returns `into`. */
export function addLags(into: Map<number, number>, from: ReadonlyMap<number, number>): Map<number, number> {
  for (const [bucket, count] of from) into.set(bucket, (into.get(bucket) ?? 0) + count)
  return into
}

/**
 * Percentiles of a histogram (bucket -> count) in ms; `upper` is how many of its lags are only upper bounds (HEAD
 * evidence). An empty histogram has no percentiles.
 */
export function summarise(hist: ReadonlyMap<number, number>, upper: number): LagSummary {
  const rows = [...hist].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
  const count = rows.reduce((sum, [, n]) => sum + n, 0)
  if (count === 0) return { count: 0, upper: 0 }
  const percentile = (share: number): number => {
    // Nearest rank: the smallest value that at least this share of all lags does not exceed.
    const rank = Math.max(1, Math.ceil(share * count))
    let passed = 0
    for (const [bucket, n] of rows) {
      passed += n
      if (passed >= rank) return lagBound(bucket)
    }
    return lagBound(rows.at(-1)![0])
  }
  return { count, upper: Math.min(upper, count), p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) }
}
