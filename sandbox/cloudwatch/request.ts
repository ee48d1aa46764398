import { ServiceError } from '../http/errors.ts'
import { type Input, objects, optionalText, requiredText } from '../http/input.ts'
import type { Call, WorldCore } from '../types.ts'
import type { AlarmStore } from './alarm-store.ts'
import type { DashboardStore } from './dashboard-store.ts'
import type { MetricName, MetricStore } from './metric-store.ts'
import type { TagStore } from './tag-store.ts'

export interface CloudWatchRequest {
  readonly input: Input
  readonly call: Call
  readonly core: WorldCore
  readonly metrics: MetricStore
  readonly alarms: AlarmStore
  readonly dashboards: DashboardStore
  readonly tags: TagStore
}

/** A `Date` in the result is written as each protocol writes times. */
export type CloudWatchAction = (request: CloudWatchRequest) => object | void

/** Seconds since the epoch (JSON) or ISO 8601 (query protocol), in milliseconds. */
export function optionalTime(input: Input, name: string): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  const at = typeof value === 'number' ? value * 1000 : Date.parse(typeof value === 'string' ? value : '')
  if (Number.isNaN(at)) throw invalidValue(name, 'must be a time')
  return at
}

export function requiredTime(input: Input, name: string): number {
  const at = optionalTime(input, name)
  if (at === undefined) throw invalidValue(name, 'is required')
  return at
}

export function readMetricName(input: Input): MetricName {
  const namespace = requiredText(input, 'Namespace')
  return { namespace, name: requiredText(input, 'MetricName'), dimensions: readDimensions(input) }
}

/** At most thirty, with unique names. */
export function readDimensions(input: Input): Record<string, string> {
  const dimensions = objects(input, 'Dimensions')
  if (dimensions.length > 30) throw invalidValue('Dimensions', 'must have at most 30 members')
  const read: Record<string, string> = {}
  for (const dimension of dimensions) {
    const name = requiredText(dimension, 'Name')
    if (name.length > 255 || name.startsWith(':')) throw invalidValue('Dimensions', `has a bad name: ${name}`)
    if (name in read) throw invalidValue('Dimensions', `names ${name} twice`)
    read[name] = requiredText(dimension, 'Value')
    if (read[name].length > 1024) throw invalidValue('Dimensions', 'has a value of more than 1024 characters')
  }
  return read
}

export function writeDimensions(dimensions: Readonly<Record<string, string>>): object[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
}

/** Whole minutes: the sandbox keeps no shorter ones. */
export function readPeriod(input: Input): number {
  const seconds = Number(input['Period'])
  if (!Number.isInteger(seconds) || seconds < 60 || seconds % 60 !== 0) {
    throw invalidValue('Period', 'must be a multiple of 60')
  }
  return seconds * 1000
}

export function invalidValue(name: string, why: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `The value for parameter ${name} is invalid: it ${why}.`)
}

/** A page of a sorted list by offset. */
export function paginate<T>(input: Input, items: readonly T[], size: number): { page: T[]; NextToken?: string } {
  const from = Number(optionalText(input, 'NextToken') ?? 0)
  if (!Number.isInteger(from) || from < 0) throw new ServiceError('InvalidNextToken', 'The next token is invalid.')
  const page = items.slice(from, from + size)
  return from + size < items.length ? { page, NextToken: String(from + size) } : { page }
}
