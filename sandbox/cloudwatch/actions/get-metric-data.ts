import { ServiceError } from '../../http/errors.ts'
import { optionalText } from '../../http/input.ts'
import { MathError } from '../math/evaluate.ts'
import { readQueries, resultOf } from '../queries.ts'
import { type CloudWatchAction, requiredTime } from '../request.ts'

const MOST_QUERIES = 500

/** Metrics and metric math. What the math here does not know is refused, not guessed at. */
export const getMetricData: CloudWatchAction = ({ input, call, metrics }) => {
  const [from, to] = [requiredTime(input, 'StartTime'), requiredTime(input, 'EndTime')]
  const oldestFirst = optionalText(input, 'ScanBy') === 'TimestampAscending'
  const queries = readQueries(input, 'MetricDataQueries', MOST_QUERIES)
  const results = queries
    .filter(({ returned }) => returned)
    .map((query) => {
      const points = [...refusing(() => resultOf(query, queries, metrics, call, { from, to }))]
      if (!oldestFirst) points.reverse()
      return {
        Id: query.id,
        Label: query.label,
        Timestamps: points.map(([at]) => new Date(at)),
        Values: points.map(([, value]) => value),
        StatusCode: 'Complete',
      }
    })
  return { MetricDataResults: results, Messages: [] }
}

function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MathError) throw new ServiceError('ValidationError', `Error in expression: ${error.message}`)
    throw error
  }
}
