import {
  type Input,
  objects,
  optionalInteger,
  optionalNumber,
  optionalText,
  requiredText,
  texts,
} from '../../http/input.ts'
import {
  type AlarmRule,
  type AlarmState,
  type Comparison,
  COMPARISONS,
  type MissingData,
  type Watched,
} from '../alarm.ts'
import { idsOf } from '../math/parse.ts'
import { isStatistic } from '../period.ts'
import { readQueries } from '../queries.ts'
import { type CloudWatchAction, invalidValue, readMetricName, readPeriod } from '../request.ts'
import { readTags } from '../tag-store.ts'

const MISSING: readonly string[] = ['missing', 'ignore', 'breaching', 'notBreaching'] satisfies MissingData[]
const MOST_QUERIES = 20
/** CloudWatch user guide, "Limits that apply to alarms based on metric math expressions". */
const MOST_METRICS = 10
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Makes or replaces an alarm; one that is replaced keeps its state and its tags, as in CloudWatch. */
export const putMetricAlarm: CloudWatchAction = ({ input, call, alarms, tags }) => {
  const { account, region } = call
  const name = readAlarmName(input)
  const actions = readActions(input)
  const given = readTags(input)
  const what = objects(input, 'Metrics').length > 0 ? readMath(input) : readMetric(input)
  const rule = readRule(input, periodOf(what))
  const watches = { kind: 'metrics', rule, what } as const
  const { made, arn } = alarms.put({ account, region, name, document: input, actions, watches })
  if (made) tags.add(arn, given)
}

export function readAlarmName(input: Input): string {
  const name = requiredText(input, 'AlarmName')
  if (name.length > 255) throw invalidValue('AlarmName', 'is longer than 255 characters')
  if ((optionalText(input, 'AlarmDescription') ?? '').length > 1024)
    throw invalidValue('AlarmDescription', 'is longer than 1024 characters')
  return name
}

export function readActions(input: Input): Record<AlarmState, readonly string[]> {
  const read = (name: string): readonly string[] => {
    const actions = texts(input, name)
    if (actions.length > 5) throw invalidValue(name, 'has more than five members')
    return actions
  }
  return { OK: read('OKActions'), ALARM: read('AlarmActions'), INSUFFICIENT_DATA: read('InsufficientDataActions') }
}

function readMetric(input: Input): Watched {
  const statistic = optionalText(input, 'Statistic') ?? optionalText(input, 'ExtendedStatistic')
  if (statistic === undefined || !isStatistic(statistic)) throw invalidValue('Statistic', 'must name a statistic')
  const metric = readMetricName(input)
  const query = {
    kind: 'metric',
    id: 'm',
    label: metric.name,
    returned: true,
    metric,
    statistic,
    periodMs: readPeriod(input),
    unit: optionalText(input, 'Unit'),
  } as const
  return { queries: [query], query }
}

/** One of them is returned: that is what the alarm watches. All metrics have one period. */
function readMath(input: Input): Watched {
  for (const name of ['MetricName', 'Namespace', 'Statistic', 'Period']) {
    if (input[name] !== undefined) throw invalidValue(name, 'may not be given beside Metrics')
  }
  const queries = readQueries(input, 'Metrics', MOST_QUERIES)
  const [query, ...more] = queries.filter(({ returned }) => returned)
  if (query === undefined || more.length > 0) throw invalidValue('Metrics', 'must have ReturnData true for exactly one')
  if (queries.filter(({ kind }) => kind === 'metric').length > MOST_METRICS)
    throw invalidValue('Metrics', `refers to more than ${MOST_METRICS} metrics`)
  const periods = new Set(queries.flatMap((one) => (one.kind === 'metric' ? one.periodMs : [])))
  if (periods.size > 1) throw invalidValue('Metrics', 'must have one period')
  const ids = new Set(queries.map(({ id }) => id))
  const unknown = queries
    .flatMap((one) => (one.kind === 'metric' ? [] : idsOf(one.expression)))
    .find((id) => !ids.has(id))
  if (unknown !== undefined && !['REPEAT', 'LINEAR'].includes(unknown))
    throw invalidValue('Metrics', `refers to ${unknown}, which is none of its ids`)
  return { queries, query }
}

function periodOf({ queries }: Watched): number {
  return Math.max(60_000, ...queries.map((query) => (query.kind === 'metric' ? query.periodMs : 0)))
}

function readRule(input: Input, periodMs: number): AlarmRule {
  const evaluationPeriods = optionalInteger(input, 'EvaluationPeriods', 1, 10_080)
  if (evaluationPeriods === undefined) throw invalidValue('EvaluationPeriods', 'is required')
  if (periodMs * evaluationPeriods > (periodMs < HOUR_MS ? DAY_MS : 7 * DAY_MS))
    throw invalidValue('EvaluationPeriods', 'looks back too far: a day, or seven with periods of an hour or more')
  const comparison = requiredText(input, 'ComparisonOperator')
  if (!(comparison in COMPARISONS))
    throw invalidValue('ComparisonOperator', `must be one of ${Object.keys(COMPARISONS).join(', ')}`)
  const missing = optionalText(input, 'TreatMissingData') ?? 'missing'
  if (!MISSING.includes(missing)) throw invalidValue('TreatMissingData', `must be one of ${MISSING.join(', ')}`)
  const threshold = optionalNumber(input, 'Threshold')
  if (threshold === undefined) throw invalidValue('Threshold', 'is required')
  return {
    periodMs,
    evaluationPeriods,
    datapointsToAlarm: optionalInteger(input, 'DatapointsToAlarm', 1, evaluationPeriods) ?? evaluationPeriods,
    threshold,
    comparison: comparison as Comparison,
    missing: missing as MissingData,
  }
}
