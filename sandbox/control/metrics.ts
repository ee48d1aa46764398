import { addValue } from '../cloudwatch/period.ts'
import { ServiceError } from '../http/errors.ts'
import { jsonReply, readJson } from '../http/json.ts'
import type { ControlAction } from './service.ts'

/**
 * Puts values where AWS' own services put them, which PutMetricData refuses: `{"account": "111111111111", "region":
 * "eu-west-1", "namespace": "AWS/S3", "name": "PutRequests", "dimensions": {"BucketName": "b", "FilterId": "all"}, "unit":
 * "Count", "values": {"2026-11-24T12:00:00Z": 3}}`.
 */
export const postMetrics: ControlAction = async (call, { metrics }) => {
  const { account, region, namespace, name, dimensions = {}, unit = 'Count', values } = await readJson(call)
  for (const [what, text] of Object.entries({ account, region, namespace, name, unit })) {
    if (typeof text !== 'string' || text === '') throw new ServiceError('InvalidRequest', `${what}: expected a text`)
  }
  if (!isMap(dimensions) || !isMap(values)) {
    throw new ServiceError('InvalidRequest', 'dimensions, values: expected objects')
  }
  const place = { account: String(account), region: String(region) }
  const metric = {
    namespace: String(namespace),
    name: String(name),
    dimensions: Object.fromEntries(Object.entries(dimensions).map(([key, value]) => [key, String(value)])),
  }
  const data = Object.entries(values).map(([time, value]) => ({ at: Date.parse(time), value: Number(value) }))
  if (data.some(({ at, value }) => !Number.isFinite(at) || !Number.isFinite(value))) {
    throw new ServiceError('InvalidRequest', 'values: expected numbers by ISO 8601 times')
  }
  for (const { at, value } of data) addValue(metrics.minute(place, metric, String(unit), at), value, 1)
  return jsonReply(200, { values: data.length })
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
