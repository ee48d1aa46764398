/** Metrics and expressions that refer to each other by id: of an alarm on metric math, and of GetMetricData. */
import { type Input, objects, optionalFlag, optionalObject, optionalText, requiredText } from '../http/input.ts'
import { evaluate, type Series } from './math/evaluate.ts'
import { type Expression, parseExpression } from './math/parse.ts'
import { type MetricName, type MetricStore, type Place, series } from './metric-store.ts'
import { isStatistic } from './period.ts'
import { invalidValue, readMetricName, readPeriod } from './request.ts'

export type Query = {
  readonly id: string
  readonly label: string
  readonly returned: boolean
} & (
  | {
      readonly kind: 'metric'
      readonly metric: MetricName
      readonly statistic: string
      readonly periodMs: number
      readonly unit: string | undefined
    }
  | { readonly kind: 'expression'; readonly expression: Expression }
)

export function readQueries(input: Input, member: string, most: number): Query[] {
  const given = objects(input, member)
  if (given.length === 0 || given.length > most) throw invalidValue(member, `must have 1 to ${most} members`)
  const queries = given.map((one) => readQuery(one, member))
  if (new Set(queries.map(({ id }) => id)).size < queries.length) throw invalidValue(member, 'has an id twice')
  return queries
}

function readQuery(input: Input, member: string): Query {
  const id = requiredText(input, 'Id')
  if (!/^[a-z]\w{0,254}$/.test(id)) throw invalidValue(member, `has an id that is none: ${id}`)
  const returned = optionalFlag(input, 'ReturnData') !== false
  const stat = optionalObject(input, 'MetricStat')
  if (stat === undefined) {
    const expression = parseExpression(requiredText(input, 'Expression'))
    if (expression === undefined) throw invalidValue(member, `has an expression that cannot be read here, of ${id}`)
    return { kind: 'expression', id, returned, expression, label: optionalText(input, 'Label') ?? id }
  }
  const metric = readMetricName(optionalObject(stat, 'Metric') ?? {})
  const statistic = requiredText(stat, 'Stat')
  if (!isStatistic(statistic)) throw invalidValue('Stat', `is ${statistic}, which is none`)
  return {
    kind: 'metric',
    id,
    returned,
    metric,
    statistic,
    periodMs: readPeriod(stat),
    unit: optionalText(stat, 'Unit'),
    label: optionalText(input, 'Label') ?? metric.name,
  }
}

interface Range {
  readonly from: number
  readonly to: number
  /** Periods begin at `from` instead of at the clock's boundaries. */
  readonly sliding?: boolean
}

/** One query's data. Throws `MathError` for what metric math cannot do here; a circle of ids among it. */
export function resultOf(query: Query, all: readonly Query[], store: MetricStore, place: Place, range: Range): Series {
  const periodMs = Math.max(60_000, ...all.map((one) => (one.kind === 'metric' ? one.periodMs : 0)))
  const done = new Map<string, Series | undefined>()
  const of = (id: string): Series | undefined => {
    if (done.has(id)) return done.get(id)
    const found = all.find((one) => one.id === id)
    done.set(id, undefined)
    if (found !== undefined) done.set(id, read(found))
    return done.get(id)
  }
  const read = (one: Query): Series => {
    if (one.kind === 'expression') return evaluate(one.expression, { of, periodMs })
    const points = store.read(place, one.metric, { ...range, periodMs: one.periodMs, unit: one.unit })
    return new Map(series(points, one.statistic).map(({ at, value }) => [at, value]))
  }
  return read(query)
}
