import type { Datapoint, MetricName, MetricStore, Place } from './metric-store.ts'
import { floor, series } from './metric-store.ts'

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching'

/** What an alarm on one statistic of one metric needs for its evaluation. */
export interface AlarmRule {
  readonly metric: MetricName
  readonly unit: string | undefined
  /** `Maximum`, `p99` ... */
  readonly statistic: string
  readonly periodMs: number
  /** N, and M (`DatapointsToAlarm`). */
  readonly evaluationPeriods: number
  readonly datapointsToAlarm: number
  readonly threshold: number
  readonly comparison: Comparison
  readonly missing: MissingData
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

/** The datapoints that an evaluation at `at` looks at: whole periods only. */
export function evaluationData(rule: AlarmRule, place: Place, store: MetricStore, at: number): Datapoint[] {
  const to = floor(at, rule.periodMs)
  const from = to - (rule.evaluationPeriods + EXTRA_PERIODS) * rule.periodMs
  return store.read(place, rule.metric, { from, to, periodMs: rule.periodMs, unit: rule.unit })
}

/**
 * The state of an alarm, given the data of its evaluation range; `before` where CloudWatch would keep the state.
 *
 * CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data": the tables of that page are the tests.
 */
export function evaluateAlarm(rule: AlarmRule, data: readonly Datapoint[], at: number, before: AlarmState): AlarmState {
  const { evaluationPeriods: n, datapointsToAlarm: m, missing } = rule
  const real = series(data, rule.statistic).slice(-n)
  const breaches = real.filter(({ value }) => COMPARISONS[rule.comparison](value, rule.threshold))
  const filled = n - real.length
  if (breaches.length >= m) return 'ALARM'
  if (filled === 0 || missing === 'notBreaching') return 'OK'
  if (missing === 'breaching') return breaches.length + filled >= m ? 'ALARM' : 'OK'
  if (real.length > breaches.length) return 'OK'
  if (missing === 'ignore') return before
  if (real.length === 0) return 'INSUFFICIENT_DATA'
  // All real data breaches but is short of M: an alarm only where the oldest breach is M periods old, not prematurely.
  const age = (floor(at, rule.periodMs) - breaches[0]!.at) / rule.periodMs
  return age >= m ? 'ALARM' : before
}
