import {
  type Input,
  objects,
  optionalInteger,
  optionalNumber,
  optionalText,
  requiredText,
  texts,
} from '../../http/input.ts'
import { type AlarmRule, type AlarmState, type Comparison, COMPARISONS, type MissingData } from '../alarm.ts'
import { isStatistic } from '../period.ts'
import { type CloudWatchAction, invalidValue, readMetricName, readPeriod } from '../request.ts'

const MISSING: readonly string[] = ['missing', 'ignore', 'breaching', 'notBreaching'] satisfies MissingData[]

/** Makes or replaces an alarm; one that is replaced keeps its state, as in CloudWatch. */
export const putMetricAlarm: CloudWatchAction = ({ input, call, alarms }) => {
  const { account, region } = call
  const name = readAlarmName(input)
  const rule = objects(input, 'Metrics').length > 0 ? undefined : readRule(input)
  alarms.put({ account, region, name, kind: 'MetricAlarm', document: input, rule, actions: readActions(input) })
}

export function readAlarmName(input: Input): string {
  const name = requiredText(input, 'AlarmName')
  if (name.length > 255) throw invalidValue('AlarmName', 'is longer than 255 characters')
  return name
}

export function readActions(input: Input): Record<AlarmState, readonly string[]> {
  return {
    OK: texts(input, 'OKActions'),
    ALARM: texts(input, 'AlarmActions'),
    INSUFFICIENT_DATA: texts(input, 'InsufficientDataActions'),
  }
}

function readRule(input: Input): AlarmRule {
  const statistic = optionalText(input, 'Statistic') ?? optionalText(input, 'ExtendedStatistic')
  if (statistic === undefined || !isStatistic(statistic)) throw invalidValue('Statistic', 'must name a statistic')
  const evaluationPeriods = optionalInteger(input, 'EvaluationPeriods', 1, 10_080)
  if (evaluationPeriods === undefined) throw invalidValue('EvaluationPeriods', 'is required')
  const comparison = requiredText(input, 'ComparisonOperator')
  if (!(comparison in COMPARISONS))
    throw invalidValue('ComparisonOperator', `must be one of ${Object.keys(COMPARISONS).join(', ')}`)
  const missing = optionalText(input, 'TreatMissingData') ?? 'missing'
  if (!MISSING.includes(missing)) throw invalidValue('TreatMissingData', `must be one of ${MISSING.join(', ')}`)
  const threshold = optionalNumber(input, 'Threshold')
  if (threshold === undefined) throw invalidValue('Threshold', 'is required')
  return {
    metric: readMetricName(input),
    unit: optionalText(input, 'Unit'),
    statistic,
    periodMs: readPeriod(input),
    evaluationPeriods,
    datapointsToAlarm: optionalInteger(input, 'DatapointsToAlarm', 1, evaluationPeriods) ?? evaluationPeriods,
    threshold,
    comparison: comparison as Comparison,
    missing: missing as MissingData,
  }
}
