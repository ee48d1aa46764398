import { optionalText, texts } from '../../http/input.ts'
import { isStatistic, statistic } from '../period.ts'
import { type CloudWatchAction, invalidValue, readMetricName, readPeriod, requiredTime } from '../request.ts'

const MAX_DATAPOINTS = 1440

export const getMetricStatistics: CloudWatchAction = ({ input, call, metrics }) => {
  const metric = readMetricName(input)
  const plain = texts(input, 'Statistics')
  const extended = texts(input, 'ExtendedStatistics')
  if (plain.length + extended.length === 0) throw invalidValue('Statistics', 'is required, or ExtendedStatistics')
  for (const name of [...plain, ...extended]) {
    if (!isStatistic(name)) throw invalidValue('Statistics', `has ${name}, which is none`)
  }
  const periodMs = readPeriod(input)
  const [from, to] = [requiredTime(input, 'StartTime'), requiredTime(input, 'EndTime')]
  if (from >= to) throw invalidValue('StartTime', 'must be before EndTime')
  if ((to - from) / periodMs > MAX_DATAPOINTS)
    throw invalidValue('Period', `asks for over ${MAX_DATAPOINTS} datapoints`)
  const unit = optionalText(input, 'Unit')
  const datapoints = metrics.read(call, metric, { from, to, periodMs, unit }).map(({ at, period }) => {
    const percentiles = extended.map((name) => [name, statistic(period, name)])
    return {
      Timestamp: new Date(at),
      ...Object.fromEntries(plain.map((name) => [name, statistic(period, name)])),
      ...(extended.length === 0 ? {} : { ExtendedStatistics: Object.fromEntries(percentiles) }),
      ...(unit === undefined ? {} : { Unit: unit }),
    }
  })
  return { Label: metric.name, Datapoints: datapoints }
}
