import {
  type Input,
  numbers,
  objects,
  optionalNumber,
  optionalObject,
  optionalText,
  requiredText,
} from '../../http/input.ts'
import { addStatisticSet, addValue } from '../period.ts'
import { type CloudWatchAction, invalidValue, optionalTime, readDimensions } from '../request.ts'
import { ServiceError } from '../../http/errors.ts'

// CloudWatch API reference, PutMetricData.
const MAX_METRICS = 1000
const MAX_VALUES = 150
const MAX_REQUEST_BYTES = 1_048_576
const OLDEST_MS = 14 * 24 * 3_600_000
const NEWEST_MS = 2 * 3_600_000
const LARGEST = 2 ** 360

const UNITS = new Set(
  ['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'Count', 'None', 'Count/Second'].concat(
    ['', '/Second'].flatMap((per) =>
      ['Bytes', 'Bits'].flatMap((of) => ['', 'Kilo', 'Mega', 'Giga', 'Tera'].map((size) => unitName(size, of) + per)),
    ),
  ),
)

/** All or nothing: one bad datum refuses the request, as in CloudWatch. */
export const putMetricData: CloudWatchAction = ({ input, call, core, metrics }) => {
  if (Number(call.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES) {
    throw new ServiceError('RequestEntityTooLarge', 'The request is larger than 1 MB.', 413)
  }
  const namespace = requiredText(input, 'Namespace')
  if (namespace.startsWith('AWS/')) throw invalidValue('Namespace', 'may not start with AWS/')
  if (namespace.length > 255) throw invalidValue('Namespace', 'is longer than 255 characters')
  const data = objects(input, 'MetricData')
  if (data.length > MAX_METRICS) throw invalidValue('MetricData', `has more than ${MAX_METRICS} members`)
  const now = core.clock.now()
  for (const datum of data.map((item) => readDatum(item, now))) {
    const period = metrics.minute(call, { ...datum, namespace }, datum.unit, datum.at)
    if (datum.set !== undefined) addStatisticSet(period, datum.set)
    else datum.values.forEach((value, index) => addValue(period, value, datum.counts[index] ?? 1))
  }
}

function readDatum(input: Input, now: number) {
  const name = requiredText(input, 'MetricName')
  if (name.length > 255) throw invalidValue('MetricName', 'is longer than 255 characters')
  const at = optionalTime(input, 'Timestamp') ?? now
  if (at < now - OLDEST_MS) throw invalidValue('Timestamp', 'is more than two weeks old')
  if (at > now + NEWEST_MS) throw invalidValue('Timestamp', 'is more than two hours in the future')
  const unit = optionalText(input, 'Unit') ?? 'None'
  if (!UNITS.has(unit)) throw invalidValue('Unit', 'is no unit of CloudWatch')
  return { name, at, unit, dimensions: readDimensions(input), ...readValues(input) }
}

function readValues(input: Input) {
  const value = optionalNumber(input, 'Value')
  const values = numbers(input, 'Values')
  const statistics = optionalObject(input, 'StatisticValues')
  const given = [value !== undefined, values.length > 0, statistics !== undefined].filter(Boolean).length
  if (given !== 1) throw invalidValue('MetricData', 'must have one of Value, Values and StatisticValues')
  const counts = numbers(input, 'Counts')
  if (values.length > MAX_VALUES) throw invalidValue('Values', `has more than ${MAX_VALUES} members`)
  if (counts.length > 0 && counts.length !== values.length) throw invalidValue('Counts', 'is not as long as Values')
  if (counts.some((count) => count < 0)) throw invalidValue('Counts', 'has a negative member')
  const set = statistics === undefined ? undefined : readStatisticSet(statistics)
  const all = value === undefined ? values : [value]
  for (const one of set === undefined ? all : [set.minimum, set.maximum, set.sum]) {
    if (Math.abs(one) > LARGEST) throw invalidValue('MetricData', 'has a value beyond 2^360')
  }
  return { values: all, counts, set }
}

function readStatisticSet(input: Input) {
  const read = (name: string): number => {
    const value = optionalNumber(input, name)
    if (value === undefined) throw invalidValue('StatisticValues', `has no ${name}`)
    return value
  }
  return {
    sampleCount: read('SampleCount'),
    sum: read('Sum'),
    minimum: read('Minimum'),
    maximum: read('Maximum'),
  }
}

function unitName(size: string, of: string): string {
  return size === '' ? of : size + of.toLowerCase()
}
