/** One minute of one metric: enough for every statistic, percentiles included. */
export interface Period {
  sampleCount: number
  sum: number
  minimum: number
  maximum: number
  /** Value -> how often it was seen. Undefined once a statistic set came in: it has no percentiles, as in CloudWatch. */
  values: Map<number, number> | undefined
}

/** Distinct values of one minute that are kept exactly; beyond, values are rounded to three significant digits. */
const MAX_EXACT = 5000

export function emptyPeriod(): Period {
  return { sampleCount: 0, sum: 0, minimum: Infinity, maximum: -Infinity, values: new Map() }
}

export function addValue(period: Period, value: number, count: number): void {
  period.sampleCount += count
  period.sum += value * count
  period.minimum = Math.min(period.minimum, value)
  period.maximum = Math.max(period.maximum, value)
  if (period.values === undefined) return
  const kept = period.values.size < MAX_EXACT ? value : Number(value.toPrecision(3))
  period.values.set(kept, (period.values.get(kept) ?? 0) + count)
}

/** A set that describes one value only is as good as that value (CloudWatch user guide, "Percentiles"). */
export function addStatisticSet(period: Period, set: Omit<Period, 'values'>): void {
  if (set.minimum === set.maximum || set.sampleCount === 1) {
    addValue(period, set.minimum, set.sampleCount)
    return
  }
  period.sampleCount += set.sampleCount
  period.sum += set.sum
  period.minimum = Math.min(period.minimum, set.minimum)
  period.maximum = Math.max(period.maximum, set.maximum)
  period.values = undefined
}

/** Adds one period to another, for longer periods and for several units together. */
export function mergePeriod(into: Period, period: Period): void {
  if (period.values !== undefined && into.values !== undefined) {
    for (const [value, count] of period.values) addValue(into, value, count)
  } else {
    into.sampleCount += period.sampleCount
    into.sum += period.sum
    into.minimum = Math.min(into.minimum, period.minimum)
    into.maximum = Math.max(into.maximum, period.maximum)
    into.values = undefined
  }
}

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/

export function isStatistic(name: string): boolean {
  return ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'].includes(name) || PERCENTILE.test(name)
}

/** `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99` or `p99.9`; undefined where unknown. */
export function statistic(period: Period, name: string): number | undefined {
  if (period.sampleCount === 0) return undefined
  if (name === 'SampleCount') return period.sampleCount
  if (name === 'Sum') return period.sum
  if (name === 'Average') return period.sum / period.sampleCount
  if (name === 'Minimum') return period.minimum
  if (name === 'Maximum') return period.maximum
  const match = PERCENTILE.exec(name)
  return match === null ? undefined : percentile(period, Number(match[1]))
}

/** Nearest rank. */
function percentile({ values, sampleCount }: Period, percent: number): number | undefined {
  if (values === undefined) return undefined
  const rank = (percent / 100) * sampleCount
  let seen = 0
  let last: number | undefined
  for (const [value, count] of [...values].sort(([a], [b]) => a - b)) {
    seen += count
    last = value
    if (seen >= rank && seen > 0) break
  }
  return last
}
