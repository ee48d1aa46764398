import type { Expression } from './parse.ts'

/** Values by the start of their period (ms), oldest first. */
export type Series = ReadonlyMap<number, number>
type Value = number | Series | readonly Series[]

export interface Scope {
  /** A metric's or another expression's result. Undefined where there is none of this id. */
  readonly of: (id: string) => Series | undefined
  readonly periodMs: number
}

/** What an expression cannot be asked for; the message is for the client. */
export class MathError extends Error {}

/** Division by nought and the like give no data point, as in CloudWatch. */
export function evaluate(expression: Expression, scope: Scope): Series {
  const value = valueOf(expression, scope)
  if (typeof value === 'number' || isList(value)) throw new MathError('an expression must come to a time series')
  return value
}

function valueOf(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'id': {
      const found = scope.of(expression.id)
      if (found === undefined) throw new MathError(`no metric has the id ${expression.id}`)
      return found
    }
    case 'list':
      return expression.items.map((item) => asSeries(valueOf(item, scope), 'a list'))
    case 'unary':
      return map(valueOf(expression.of, scope), (value) => -value)
    case 'binary':
      return combine(valueOf(expression.left, scope), valueOf(expression.right, scope), operator(expression.sign))
    case 'call':
      return call(
        expression.name,
        expression.args.map((arg) => (arg.kind === 'id' && /^(REPEAT|LINEAR)$/.test(arg.id) ? 0 : valueOf(arg, scope))),
        expression,
        scope,
      )
  }
}

function operator(sign: string): (a: number, b: number) => number {
  const signs: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '^': (a, b) => a ** b,
    '==': (a, b) => Number(a === b),
    '!=': (a, b) => Number(a !== b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '&&': (a, b) => Number(a !== 0 && b !== 0),
    AND: (a, b) => Number(a !== 0 && b !== 0),
    '||': (a, b) => Number(a !== 0 || b !== 0),
    OR: (a, b) => Number(a !== 0 || b !== 0),
  }
  return signs[sign]!
}

function call(
  name: string,
  args: readonly Value[],
  { args: words }: { readonly args: readonly Expression[] },
  { periodMs }: Scope,
): Value {
  const [first, second, third] = args
  switch (name) {
    case 'DIFF':
      return changes(asSeries(first, name), (change) => change)
    case 'RATE':
      return changes(asSeries(first, name), (change, ms) => change / (ms / 1000))
    case 'RUNNING_SUM': {
      let sum = 0
      return map(asSeries(first, name), (value) => (sum += value))
    }
    case 'PERIOD':
      return periodMs / 1000
    case 'ABS':
      return map(first, Math.abs)
    case 'CEIL':
      return map(first, Math.ceil)
    case 'FLOOR':
      return map(first, Math.floor)
    case 'IF':
      return choose(first, second, third)
    case 'FILL':
      return fill(asSeries(first, name), second, words[1], periodMs)
    case 'MAX':
      return together(first, name, (values) => Math.max(...values))
    case 'MIN':
      return together(first, name, (values) => Math.min(...values))
    case 'SUM':
      return together(first, name, (values) => values.reduce((sum, value) => sum + value, 0))
    case 'AVG':
      return together(first, name, (values) => values.reduce((sum, value) => sum + value, 0) / values.length)
    default:
      throw new MathError(`the function ${name} is not known here`)
  }
}

/** Each value against the one before it; the first has none. */
function changes(series: Series, of: (change: number, ms: number) => number): Series {
  const result = new Map<number, number>()
  let before: readonly [number, number] | undefined
  for (const [at, value] of series) {
    if (before !== undefined) set(result, at, of(value - before[1], at - before[0]))
    before = [at, value]
  }
  return result
}

function choose(condition: Value | undefined, yes: Value | undefined, no: Value | undefined): Value {
  if (typeof condition === 'number') return (condition === 0 ? no : yes) ?? new Map<number, number>()
  const result = new Map<number, number>()
  for (const [at, value] of asSeries(condition, 'IF')) {
    const chosen = value === 0 ? no : yes
    if (chosen === undefined) continue
    const picked = typeof chosen === 'number' ? chosen : asSeries(chosen, 'IF').get(at)
    if (picked !== undefined) result.set(at, picked)
  }
  return result
}

/** Between the first and the last value that is there: of what lies outside nothing is known here. */
function fill(series: Series, by: Value | undefined, how: Expression | undefined, periodMs: number): Series {
  const word = how?.kind === 'id' ? how.id : undefined
  if (word === 'LINEAR') throw new MathError('FILL(..., LINEAR) is not known here')
  const times = [...series.keys()]
  const result = new Map<number, number>()
  let last = 0
  for (let at = times[0] ?? 0; at <= (times.at(-1) ?? -1); at += periodMs) {
    const there = series.get(at)
    const other = word === 'REPEAT' ? last : typeof by === 'number' ? by : asSeries(by, 'FILL').get(at)
    last = there ?? last
    if (there !== undefined || other !== undefined) result.set(at, there ?? other!)
  }
  return result
}

/** Of a list: one series; of a series: one number. */
function together(value: Value | undefined, name: string, of: (values: readonly number[]) => number): Value {
  if (value !== undefined && typeof value !== 'number' && isList(value)) {
    const times = [...new Set(value.flatMap((series) => [...series.keys()]))].sort((a, b) => a - b)
    return new Map(times.map((at) => [at, of(value.flatMap((series) => series.get(at) ?? []))]))
  }
  const values = [...asSeries(value, name).values()]
  if (values.length === 0) return new Map<number, number>()
  return of(values)
}

function combine(left: Value, right: Value, of: (a: number, b: number) => number): Value {
  if (typeof left === 'number' && typeof right === 'number') return of(left, right)
  const result = new Map<number, number>()
  const a = typeof left === 'number' ? undefined : asSeries(left, 'an operator')
  const b = typeof right === 'number' ? undefined : asSeries(right, 'an operator')
  for (const at of (a ?? b!).keys()) {
    const x = a === undefined ? (left as number) : a.get(at)
    const y = b === undefined ? (right as number) : b.get(at)
    if (x !== undefined && y !== undefined) set(result, at, of(x, y))
  }
  return result
}

function map(value: Value | undefined, of: (value: number) => number): Value & (number | Series) {
  if (typeof value === 'number') return of(value)
  const result = new Map<number, number>()
  for (const [at, one] of asSeries(value, 'a function')) set(result, at, of(one))
  return result
}

function set(series: Map<number, number>, at: number, value: number): void {
  if (Number.isFinite(value)) series.set(at, value)
}

function asSeries(value: Value | undefined, name: string): Series {
  if (value === undefined || typeof value === 'number' || isList(value))
    throw new MathError(`${name} takes a time series here`)
  return value
}

function isList(value: Value): value is readonly Series[] {
  return Array.isArray(value)
}
