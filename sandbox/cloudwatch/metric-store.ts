import { emptyPeriod, mergePeriod, type Period, statistic } from './period.ts'

export const MINUTE_MS = 60_000

/** Fifteen days of minutes, as CloudWatch keeps them; older ones go as new ones come. */
const MAX_PERIODS = 15 * 24 * 60

export interface Place {
  readonly account: string
  readonly region: string
}

export interface MetricName {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
}

export interface Metric extends MetricName, Place {
  readonly unit: string
  /** By the start of their minute, in the order in which they were first written. */
  readonly periods: Map<number, Period>
}

export interface Datapoint {
  /** Start of the period, ms. */
  readonly at: number
  readonly period: Period
}

export interface MetricStore {
  /** The minute to add to; makes metric and minute where they are new. */
  minute(place: Place, name: MetricName, unit: string, at: number): Period
  list(place: Place): Metric[]
  /** Whole periods from `from` (inclusive) to `to` (exclusive), oldest first; empty ones are left out. */
  read(place: Place, name: MetricName, window: Window): Datapoint[]
}

export interface Window {
  readonly from: number
  readonly to: number
  /** A multiple of a minute. */
  readonly periodMs: number
  /** Absent: data of every unit together. */
  readonly unit?: string | undefined
  /** Periods begin at `from`, as an alarm's do, instead of at the clock's boundaries. */
  readonly sliding?: boolean | undefined
}

/** Metrics of every account and region, a minute at a time. */
export function makeMetricStore(): MetricStore {
  const metrics = new Map<string, Map<string, Metric>>()
  return {
    minute(place, name, unit, at) {
      const key = keyOf(place, name)
      let byUnit = metrics.get(key)
      if (byUnit === undefined) metrics.set(key, (byUnit = new Map()))
      let metric = byUnit.get(unit)
      if (metric === undefined) byUnit.set(unit, (metric = { ...place, ...name, unit, periods: new Map() }))
      return minuteOf(metric, at)
    },
    list: ({ account, region }) =>
      [...metrics.values()]
        .map((byUnit) => byUnit.values().next().value!)
        .filter((metric) => metric.account === account && metric.region === region),
    read(place, name, window) {
      const found = new Map<number, Period>()
      for (const metric of metrics.get(keyOf(place, name))?.values() ?? []) {
        if (window.unit === undefined || window.unit === metric.unit) gather(metric, window, found)
      }
      return [...found].sort(([a], [b]) => a - b).map(([at, period]) => ({ at, period }))
    },
  }
}

/** One statistic of each datapoint that has it. */
export function series(datapoints: readonly Datapoint[], name: string): { at: number; value: number }[] {
  return datapoints.flatMap(({ at, period }) => {
    const value = statistic(period, name)
    return value === undefined ? [] : [{ at, value }]
  })
}

function minuteOf({ periods }: Metric, at: number): Period {
  const start = floor(at, MINUTE_MS)
  let period = periods.get(start)
  if (period === undefined) {
    periods.set(start, (period = emptyPeriod()))
    if (periods.size > MAX_PERIODS) periods.delete(periods.keys().next().value!)
  }
  return period
}

/** Walks the window or the metric's minutes, whichever is shorter. */
function gather({ periods }: Metric, { from, to, periodMs, sliding }: Window, found: Map<number, Period>): void {
  const anchor = sliding === true ? from : 0
  const add = (minute: number, period: Period | undefined): void => {
    if (period === undefined || minute < from || minute >= to) return
    const start = anchor + floor(minute - anchor, periodMs)
    let merged = found.get(start)
    if (merged === undefined) found.set(start, (merged = emptyPeriod()))
    mergePeriod(merged, period)
  }
  if ((to - from) / MINUTE_MS > periods.size) {
    for (const [minute, period] of periods) add(minute, period)
  } else {
    for (let minute = floor(from, MINUTE_MS); minute < to; minute += MINUTE_MS) add(minute, periods.get(minute))
  }
}

export function floor(at: number, stepMs: number): number {
  return Math.floor(at / stepMs) * stepMs
}

function keyOf({ account, region }: Place, { namespace, name, dimensions }: MetricName): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([account, region, namespace, name, sorted])
}
