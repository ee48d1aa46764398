/**
 * Alarms in CloudWatch's words, and in the words of a diff.
 *
 * Source: Amazon CloudWatch API reference, PutMetricAlarm, PutCompositeAlarm, MetricAlarm, CompositeAlarm.
 */
import type {
  CompositeAlarm as FoundComposite,
  MetricAlarm as FoundMetric,
  MetricDataQuery,
  PutCompositeAlarmCommandInput,
  PutMetricAlarmCommandInput,
  Statistic,
} from '@aws-sdk/client-cloudwatch'
import type { CompositeAlarm, MetricAlarm, WatchedMetric } from '../domain/alarms/definition.ts'
import type { Fields } from '../domain/as-code.ts'

/** The expression's id; the metrics' are those of the definition. */
const RESULT = 'result'

const COMPARISON = { above: 'GreaterThanThreshold', below: 'LessThanThreshold' } as const

export function metricInput(alarm: MetricAlarm, namespace: string): PutMetricAlarmCommandInput {
  const common = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description,
    ActionsEnabled: true,
    AlarmActions: [...alarm.topics],
    OKActions: [...alarm.topics],
    InsufficientDataActions: [],
    EvaluationPeriods: alarm.n,
    DatapointsToAlarm: alarm.m,
    Threshold: alarm.threshold,
    ComparisonOperator: COMPARISON[alarm.comparison],
    TreatMissingData: alarm.missing,
  }
  const watched = Object.entries(alarm.watched)
  if (alarm.expression === undefined) {
    const [, { metric, dimensions, statistic }] = watched[0]!
    return {
      ...common,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: dimensionsOf(dimensions),
      Period: alarm.periodSeconds,
      ...(statistic.startsWith('p') ? { ExtendedStatistic: statistic } : { Statistic: statistic as Statistic }),
    }
  }
  return {
    ...common,
    Metrics: [
      { Id: RESULT, Expression: alarm.expression, Label: alarm.cause, ReturnData: true },
      ...watched.map(([Id, one]) => ({ Id, MetricStat: statOf(one, alarm, namespace), ReturnData: false })),
    ],
  }
}

export function compositeInput(alarm: CompositeAlarm): PutCompositeAlarmCommandInput {
  return {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description,
    ActionsEnabled: true,
    AlarmActions: [...alarm.topics],
    OKActions: [...alarm.topics],
    InsufficientDataActions: [],
    AlarmRule: alarm.rule,
  }
}

function statOf(
  { metric, dimensions, statistic }: WatchedMetric,
  { periodSeconds }: MetricAlarm,
  namespace: string,
): NonNullable<MetricDataQuery['MetricStat']> {
  return {
    Metric: { Namespace: namespace, MetricName: metric, Dimensions: dimensionsOf(dimensions) },
    Period: periodSeconds,
    Stat: statistic,
  }
}

function dimensionsOf(dimensions: Readonly<Record<string, string>>): { Name: string; Value: string }[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
}

/** What counts in a metric alarm, wanted or found, in the order in which a person reads it. */
export function metricFields(alarm: PutMetricAlarmCommandInput | FoundMetric): Fields {
  const queries = alarm.Metrics ?? []
  return {
    description: alarm.AlarmDescription ?? '',
    watched:
      queries.length > 0
        ? Object.fromEntries(queries.map((query) => [query.Id ?? '', queryFields(query)]))
        : {
            m: {
              metric: `${alarm.Namespace}/${alarm.MetricName}`,
              dimensions: named(alarm.Dimensions),
              statistic: alarm.Statistic ?? alarm.ExtendedStatistic,
              period: alarm.Period,
              unit: alarm.Unit,
            },
          },
    comparison: alarm.ComparisonOperator,
    threshold: alarm.Threshold,
    m: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
    n: alarm.EvaluationPeriods,
    missing: alarm.TreatMissingData ?? 'missing',
    ...actionFields(alarm),
  }
}

export function compositeFields(alarm: PutCompositeAlarmCommandInput | FoundComposite): Fields {
  return { description: alarm.AlarmDescription ?? '', rule: alarm.AlarmRule, ...actionFields(alarm) }
}

function queryFields({ Expression, MetricStat, ReturnData }: MetricDataQuery): Fields {
  return {
    expression: Expression,
    metric: MetricStat === undefined ? undefined : `${MetricStat.Metric?.Namespace}/${MetricStat.Metric?.MetricName}`,
    dimensions: MetricStat === undefined ? undefined : named(MetricStat.Metric?.Dimensions),
    statistic: MetricStat?.Stat,
    period: MetricStat?.Period,
    unit: MetricStat?.Unit,
    watched: ReturnData !== false,
  }
}

function named(dimensions: readonly { Name?: string | undefined; Value?: string | undefined }[] | undefined): Fields {
  return Object.fromEntries((dimensions ?? []).map(({ Name, Value }) => [Name ?? '', Value]))
}

function actionFields(alarm: {
  readonly ActionsEnabled?: boolean | undefined
  readonly AlarmActions?: readonly string[] | undefined
  readonly OKActions?: readonly string[] | undefined
  readonly InsufficientDataActions?: readonly string[] | undefined
}): Fields {
  const sorted = (arns: readonly string[] | undefined): readonly string[] => [...(arns ?? [])].sort()
  return {
    enabled: alarm.ActionsEnabled ?? true,
    alarmActions: sorted(alarm.AlarmActions),
    okActions: sorted(alarm.OKActions),
    insufficientDataActions: sorted(alarm.InsufficientDataActions),
  }
}
