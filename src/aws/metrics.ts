/**
 * The `MetricsSink` port over CloudWatch.
 *
 * Source: Amazon CloudWatch API reference, PutMetricData and MetricDatum.
 */
import { PutMetricDataCommand, type MetricDatum } from '@aws-sdk/client-cloudwatch'
import type { Estate } from '../config/estate.ts'
import type { Datum, Log, MetricsSink } from '../ports.ts'
import type { Aws } from './clients.ts'
import { attempt } from '../domain/aws-errors.ts'

/** CloudWatch's limits for one request, and for one datum. */
const LIMITS = {
  metrics: 1000,
  /** Of 1 MB, counted before gzip; the rest is for what surrounds the data. */
  bytes: 900_000,
  values: 150,
} as const

/**
 * `put` sends one request after the other and throws at the first that fails (ACCESS_DENIED for
 * `cloudwatch:PutMetricData`, AWS_UNREACHABLE ...): a publisher that beats its heart only after `put` then stays silent.
 * What was sent before counts once more at the next try, which is harmless only since counters are ever growing.
 * The SDK gzips bodies from 10 KiB on.
 */
export function makeMetricsSink(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 'cloudWatch'>
  readonly log: Pick<Log, 'error'>
}): MetricsSink {
  const { region, namespace } = needs.estate.service.metrics
  return {
    async put(data, at) {
      const unfit = data.filter(({ value }) => typeof value === 'number' && !Number.isFinite(value))
      if (unfit.length > 0) {
        needs.log.error({ metrics: unfit.map(({ name }) => name) }, 'metrics without a number were left out')
      }
      for (const batch of batches(data, new Date(at))) {
        const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: [...batch] })
        await attempt({ action: 'cloudwatch:PutMetricData', resource: `namespace ${namespace}`, region }, () =>
          needs.aws.cloudWatch({ region }).send(command),
        )
      }
    },
  }
}

/** Requests' worth of data, in order. Exported for its tests. */
export function batches(data: readonly Datum[], at: Date): readonly (readonly MetricDatum[])[] {
  const all: MetricDatum[][] = []
  let batch: MetricDatum[] = []
  let bytes = 0
  for (const metric of data.flatMap((datum) => metricsOf(datum, at))) {
    const size = Buffer.byteLength(JSON.stringify(metric))
    if (batch.length > 0 && (batch.length >= LIMITS.metrics || bytes + size > LIMITS.bytes)) {
      all.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(metric)
    bytes += size + 1
  }
  if (batch.length > 0) all.push(batch)
  return all
}

/** A distribution of more than 150 values becomes several data of one name and time: CloudWatch adds them up. */
function metricsOf(datum: Datum, at: Date): readonly MetricDatum[] {
  const common = {
    MetricName: datum.name,
    Unit: datum.unit,
    Timestamp: at,
    Dimensions: Object.entries(datum.dimensions).map(([Name, Value]) => ({ Name, Value })),
  }
  const { value } = datum
  // One value that is no number would have CloudWatch refuse its whole request, and 999 others with it.
  if (typeof value === 'number') return Number.isFinite(value) ? [{ ...common, Value: value }] : []
  const pairs = value.values.flatMap((each, i) => {
    const count = value.counts[i] ?? 0
    return Number.isFinite(each) && count > 0 ? [[each, count] as const] : []
  })
  const metrics: MetricDatum[] = []
  for (let from = 0; from < pairs.length; from += LIMITS.values) {
    const part = pairs.slice(from, from + LIMITS.values)
    metrics.push({ ...common, Values: part.map(([each]) => each), Counts: part.map(([, count]) => count) })
  }
  return metrics
}
