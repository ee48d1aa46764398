import { objects, optionalText } from '../../http/input.ts'
import { type CloudWatchAction, paginate, writeDimensions } from '../request.ts'

const PAGE = 500

export const listMetrics: CloudWatchAction = ({ input, call, metrics }) => {
  const namespace = optionalText(input, 'Namespace')
  const name = optionalText(input, 'MetricName')
  const filters = objects(input, 'Dimensions')
  const found = metrics.list(call).filter(
    (metric) =>
      (namespace === undefined || metric.namespace === namespace) &&
      (name === undefined || metric.name === name) &&
      filters.every((filter) => {
        const value = metric.dimensions[optionalText(filter, 'Name') ?? '']
        const wanted = optionalText(filter, 'Value')
        return value !== undefined && (wanted === undefined || wanted === value)
      }),
  )
  const { page, ...next } = paginate(input, found, PAGE)
  const shown = page.map((metric) => ({
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: writeDimensions(metric.dimensions),
  }))
  return { Metrics: shown, ...next }
}
