import type { MetricStore, Place } from './metric-store.ts'
import { floor, MINUTE_MS } from './metric-store.ts'
import { MathError } from './math/evaluate.ts'
import { type Query, resultOf } from './queries.ts'

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching'

/** When an alarm goes off. */
export interface AlarmRule {
  readonly periodMs: number
  /** N, and M (`DatapointsToAlarm`). */
  readonly evaluationPeriods: number
  readonly datapointsToAlarm: number
  readonly threshold: number
  readonly comparison: Comparison
  readonly missing: MissingData
}

/** What it looks at: one statistic of one metric, or the query of these that is returned. */
export interface Watched {
  readonly queries: readonly Query[]
  /** Among `queries`. */
  readonly query: Query
}

export interface Point {
  /** Start of the period, ms. */
  readonly at: number
  readonly value: number
}

export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const

export type Comparison = keyof typeof COMPARISONS

/** CloudWatch looks back further than N periods, so that a gap can be filled by older real data. */
const EXTRA_PERIODS = 2

/**
 * The data points that an evaluation at `at` looks at. The window slides from minute to minute, whatever the period
 * (CloudWatch user guide, "Alarm evaluation window": the default), and holds whole minutes only. Math that cannot be
 * done has no data.
 */
export function evaluationData(
  rule: AlarmRule,
  { queries, query }: Watched,
  place: Place,
  store: MetricStore,
  at: number,
): Point[] {
  const to = floor(at, MINUTE_MS)
  const from = to - (rule.evaluationPeriods + EXTRA_PERIODS) * rule.periodMs
  try {
    const result = resultOf(query, queries, store, place, { from, to, sliding: true })
    return [...result].map(([start, value]) => ({ at: start, value }))
  } catch (error) {
    if (error instanceof MathError) return []
    throw error
  }
}

/**
 * The state of an alarm, given the data of its evaluation range; `before` where CloudWatch would keep the state.
 *
 * CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data": the tables of that page are the tests.
 */
export function evaluateAlarm(rule: AlarmRule, data: readonly Point[], at: number, before: AlarmState): AlarmState {
  const { evaluationPeriods: n, datapointsToAlarm: m, missing } = rule
  const real = data.slice(-n)
  const breaches = real.filter(({ value }) => COMPARISONS[rule.comparison](value, rule.threshold))
  const filled = n - real.length
  if (breaches.length >= m) return 'ALARM'
  if (filled === 0 || missing === 'notBreaching') return 'OK'
  if (missing === 'breaching') return breaches.length + filled >= m ? 'ALARM' : 'OK'
  if (real.length > breaches.length) return 'OK'
  if (missing === 'ignore') return before
  if (real.length === 0) return 'INSUFFICIENT_DATA'
  // All real data breaches but is short of M: an alarm only where the oldest breach is M periods old, not prematurely.
  const age = (floor(at, MINUTE_MS) - breaches[0]!.at) / rule.periodMs
  return age >= m ? 'ALARM' : before
}
