/** Reads the alarms of accounts and regions that watch S3's own replication metrics, whoever made them. */
import { type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import { type LintedAlarm, REPLICATION_METRICS, REPLICATION_NAMESPACE } from '../domain/alarms/lint.ts'
import type { Aws, Place } from './clients.ts'
import { patiently, type Patience } from './patiently.ts'

const PAGE = 100

/** All metric alarms of one place, read page by page; `total` counts those on anything. */
export async function replicationAlarms(
  needs: { readonly aws: Pick<Aws, 'cloudWatch'> } & Patience,
  place: Place,
): Promise<{ readonly total: number; readonly alarms: readonly LintedAlarm[] }> {
  const client = needs.aws.cloudWatch(place)
  const resource = `alarms of ${place.account ?? 'its own account'}`
  return patiently(
    { action: 'cloudwatch:DescribeAlarms', resource, region: place.region },
    async () => {
      let total = 0
      const alarms: LintedAlarm[] = []
      for await (const page of paginateDescribeAlarms({ client, pageSize: PAGE }, { AlarmTypes: ['MetricAlarm'] })) {
        total += page.MetricAlarms?.length ?? 0
        for (const alarm of page.MetricAlarms ?? []) alarms.push(...watchedOf(alarm, place.region))
      }
      return { total, alarms }
    },
    needs,
  )
}

function watchedOf(alarm: MetricAlarm, region: string): readonly LintedAlarm[] {
  const plain = alarm.MetricName !== undefined
  const metrics = plain
    ? [{ Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions }]
    : (alarm.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])
  return metrics
    .filter(
      ({ Namespace, MetricName }) =>
        Namespace === REPLICATION_NAMESPACE && REPLICATION_METRICS.some((name) => name === MetricName),
    )
    .map(({ MetricName, Dimensions }) => ({
      name: alarm.AlarmName ?? '',
      region,
      metric: MetricName ?? '',
      dimensions: Object.fromEntries((Dimensions ?? []).map(({ Name, Value }) => [Name ?? '', Value])),
      comparison: alarm.ComparisonOperator,
      threshold: plain ? alarm.Threshold : undefined,
      m: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods ?? 1,
      n: alarm.EvaluationPeriods ?? 1,
      missing: alarm.TreatMissingData ?? 'missing',
      actions: alarm.ActionsEnabled === false ? 0 : (alarm.AlarmActions ?? []).length,
    }))
}
