/**
 * What the configured metrics, alarms and dashboards cost a month, by list price.
 *
 * Source: Amazon CloudWatch pricing (eu-west-2, paid tier). The free tier (10 metrics, 10 alarms, 3 small dashboards, a
 * million requests) is an account's, not Landfall's, and is not taken off.
 */
import { alarmsOf } from './alarms/alarms.ts'
import type { DashboardEstate } from './dashboards/dashboards.ts'
import {
  DUMP_METRICS,
  HEARTBEAT_METRIC,
  LAG_METRIC,
  PAIR_METRICS,
  QUEUE_METRICS,
  REQUEST_METRICS,
  SERVICE_METRICS,
} from './metrics.ts'

/** US dollars a month; PutMetricData a thousand requests. An alarm on metric math is billed for each of its metrics. */
export const PRICES = {
  metric: 0.3,
  metricBeyond: 0.1,
  metricsAtFirstPrice: 10_000,
  alarmMetric: 0.1,
  composite: 0.5,
  dashboard: 3,
  thousandPuts: 0.01,
  /** Of metrics that GetMetricData is asked for. */
  thousandGets: 0.01,
} as const

const MONTH_MS = 30 * 24 * 3_600_000
const METRICS_A_REQUEST = 1000
/** workers/source-writes.ts: two metrics of S3's each time. */
const WRITES_EVERY_MS = 300_000
const WRITES_METRICS = 2

export interface CostRow {
  readonly what: string
  /** Which dimension (or cause) makes the count. */
  readonly by: string
  readonly count: number
  readonly dollars: number
}

export interface Cost {
  readonly rows: readonly CostRow[]
  readonly dollars: number
}

export function costOf(estate: DashboardEstate): Cost {
  const rows = [
    ...metricRows(estate),
    requestRow(estate),
    ...writesRows(estate),
    ...alarmRows(estate),
    dashboardRow(estate),
  ]
  return { rows, dollars: cents(rows.reduce((sum, row) => sum + row.dollars, 0)) }
}

function metricCounts({ pairs, queues, dumps }: DashboardEstate): readonly (readonly [by: string, count: number])[] {
  return [
    [
      'dimension Pair',
      pairs.length * (PAIR_METRICS.length - REQUEST_METRICS.size + [LAG_METRIC].length) +
        counted(pairs) * REQUEST_METRICS.size,
    ],
    ['dimension Queue', queues.length * QUEUE_METRICS.length],
    ['dimension Dump', dumps.length * DUMP_METRICS.length],
    ['no dimension', SERVICE_METRICS.length + [HEARTBEAT_METRIC].length],
  ]
}

/** The first ten thousand are dear, and the last ones counted are the cheap ones. */
function metricRows(estate: DashboardEstate): readonly CostRow[] {
  let before = 0
  return metricCounts(estate).map(([by, count]) => {
    const dear = Math.max(0, Math.min(count, PRICES.metricsAtFirstPrice - before))
    before += count
    return { what: 'metrics', by, count, dollars: cents(dear * PRICES.metric + (count - dear) * PRICES.metricBeyond) }
  })
}

/** A publication is the table, the lags, and the heartbeat by itself. */
function requestRow(estate: DashboardEstate): CostRow {
  const metrics = metricCounts(estate).reduce((sum, [, count]) => sum + count, 0)
  const each = Math.ceil(metrics / METRICS_A_REQUEST) + 2
  const count = Math.round((MONTH_MS / estate.service.metrics.everyMs) * each)
  return {
    what: 'PutMetricData requests',
    by: 'service.metrics.every',
    count,
    dollars: cents((count / 1000) * PRICES.thousandPuts),
  }
}

const counted = (pairs: DashboardEstate['pairs']): number =>
  pairs.filter(({ alarms }) => alarms.requestsFilter !== undefined).length

/** S3 bills its request metrics as custom ones, beside this: about a dozen for each bucket. They are not Landfall's. */
function writesRows({ pairs }: DashboardEstate): readonly CostRow[] {
  if (counted(pairs) === 0) return []
  const count = Math.round((MONTH_MS / WRITES_EVERY_MS) * WRITES_METRICS * counted(pairs))
  return [
    {
      what: 'GetMetricData metrics',
      by: 'pairs.alarms.requestsFilter',
      count,
      dollars: cents((count / 1000) * PRICES.thousandGets),
    },
  ]
}

function alarmRows(estate: DashboardEstate): readonly CostRow[] {
  return [...Map.groupBy(alarmsOf(estate), ({ cause }) => cause)].map(([cause, alarms]) => ({
    what: 'alarms',
    by: cause,
    count: alarms.length,
    dollars: cents(
      alarms.reduce(
        (sum, alarm) =>
          sum +
          (alarm.kind === 'composite' ? PRICES.composite : Object.keys(alarm.watched).length * PRICES.alarmMetric),
        0,
      ),
    ),
  }))
}

function dashboardRow({ pairs }: DashboardEstate): CostRow {
  const count = 1 + new Set(pairs.map(({ stage }) => stage)).size
  return { what: 'dashboards', by: 'estate and stages', count, dollars: cents(count * PRICES.dashboard) }
}

/** Sums of 0.1 have tails. */
function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100
}
