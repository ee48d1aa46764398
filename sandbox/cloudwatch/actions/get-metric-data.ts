import { objects, optionalFlag, optionalObject, optionalText, requiredText } from '../../http/input.ts'
import { series } from '../metric-store.ts'
import { isStatistic } from '../period.ts'
import { type CloudWatchAction, invalidValue, readMetricName, readPeriod, requiredTime } from '../request.ts'

/** Of metrics alone: metric math is refused, not guessed at. */
export const getMetricData: CloudWatchAction = ({ input, call, metrics }) => {
  const [from, to] = [requiredTime(input, 'StartTime'), requiredTime(input, 'EndTime')]
  const oldestFirst = optionalText(input, 'ScanBy') === 'TimestampAscending'
  const queries = objects(input, 'MetricDataQueries')
  if (queries.length === 0 || queries.length > 500)
    throw invalidValue('MetricDataQueries', 'must have 1 to 500 members')
  const results = queries.flatMap((query) => {
    const stat = optionalObject(query, 'MetricStat')
    if (stat === undefined)
      throw invalidValue('MetricDataQueries', 'must have a MetricStat (there is no metric math here)')
    const metric = readMetricName(optionalObject(stat, 'Metric') ?? {})
    const statistic = requiredText(stat, 'Stat')
    if (!isStatistic(statistic)) throw invalidValue('Stat', `is ${statistic}, which is none`)
    const window = { from, to, periodMs: readPeriod(stat), unit: optionalText(stat, 'Unit') }
    const points = series(metrics.read(call, metric, window), statistic)
    if (!oldestFirst) points.reverse()
    if (optionalFlag(query, 'ReturnData') === false) return []
    return {
      Id: requiredText(query, 'Id'),
      Label: optionalText(query, 'Label') ?? metric.name,
      Timestamps: points.map(({ at }) => new Date(at)),
      Values: points.map(({ value }) => value),
      StatusCode: 'Complete',
    }
  })
  return { MetricDataResults: results, Messages: [] }
}
