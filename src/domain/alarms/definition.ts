/** What an alarm is, apart from CloudWatch's wire forms (aws/alarms.ts). */
import type { MetricName } from '../metrics.ts'

/**
 * No `Sum`: counters only grow and may be published twice, and gauges of one minute may come twice as well
 * (docs/metrics.md).
 */
export type Statistic = 'Maximum' | 'Minimum' | 'SampleCount' | `p${number}`

export interface WatchedMetric {
  readonly metric: MetricName
  readonly dimensions: Readonly<Record<string, string>>
  readonly statistic: Statistic
}

export interface MetricAlarm {
  readonly kind: 'metric'
  readonly name: string
  /** A section of docs/alarms.md. */
  readonly cause: string
  readonly description: string
  /** By id, for the expression; without one there is exactly one. */
  readonly watched: Readonly<Record<string, WatchedMetric>>
  /** Metric math over the ids. */
  readonly expression?: string | undefined
  readonly periodSeconds: number
  /** M of N periods. */
  readonly m: number
  readonly n: number
  readonly comparison: 'above' | 'below'
  readonly threshold: number
  readonly missing: 'breaching' | 'notBreaching' | 'ignore'
  /** ARNs that are told when it goes off and when it is over. */
  readonly topics: readonly string[]
}

export interface CompositeAlarm {
  readonly kind: 'composite'
  readonly name: string
  readonly cause: string
  readonly description: string
  /** In CloudWatch's words: `ALARM("a") OR ALARM("b")`. */
  readonly rule: string
  /** Names in the rule, metric alarms or composites of this list. */
  readonly children: readonly string[]
  readonly topics: readonly string[]
}

export type Alarm = MetricAlarm | CompositeAlarm
