import { expect, test } from 'vitest'
import { childrenOf, holds, parseRule } from '../../../sandbox/cloudwatch/composite.ts'
import { evaluate, MathError, type Series } from '../../../sandbox/cloudwatch/math/evaluate.ts'
import { parseExpression } from '../../../sandbox/cloudwatch/math/parse.ts'

const MINUTE = 60_000
/** Values of minutes 0, 1, 2 ...; undefined: none. */
const series = (...values: (number | undefined)[]): Series =>
  new Map(values.flatMap((value, n) => (value === undefined ? [] : [[n * MINUTE, value] as const])))
const METRICS: Readonly<Record<string, Series>> = {
  a: series(1, 3, 6, 6),
  b: series(2, 0, undefined, 4),
  empty: series(),
}

function result(text: string): (number | undefined)[] {
  const expression = parseExpression(text)
  if (expression === undefined) throw new Error(`unread: ${text}`)
  const found = evaluate(expression, { of: (id) => METRICS[id], periodMs: MINUTE })
  return [0, 1, 2, 3].map((n) => found.get(n * MINUTE))
}

test.each([
  ['a + 1', [2, 4, 7, 7]],
  ['a + b * 2', [5, 3, undefined, 14]],
  ['(a + b) * 2', [6, 6, undefined, 20]],
  ['2 ^ a - -1', [3, 9, 65, 65]],
  // No data point where it divides by nought, or where one of both is missing.
  ['a / b', [0.5, undefined, undefined, 1.5]],
  ['DIFF(a)', [undefined, 2, 3, 0]],
  ['RATE(a) * 60', [undefined, 2, 3, 0]],
  // Over a gap: against the last value that is there.
  ['DIFF(b)', [undefined, -2, undefined, 4]],
  ['RATE(b) * 60', [undefined, -2, undefined, 2]],
  ['RUNNING_SUM(a)', [1, 4, 10, 16]],
  ['a > 2', [0, 1, 1, 1]],
  ['a > 2 AND b > 0', [0, 0, undefined, 1]],
  ['a == 1 || b == 4', [1, 0, undefined, 1]],
  ['IF(a > 2, b, 9)', [9, 0, undefined, 4]],
  ['IF(b, 1, 0)', [1, 0, undefined, 1]],
  ['FILL(b, 7)', [2, 0, 7, 4]],
  ['FILL(b, REPEAT)', [2, 0, 0, 4]],
  ['MAX([a, b])', [2, 3, 6, 6]],
  ['SUM([a, b])', [3, 3, 6, 10]],
  ['a / MAX(a)', [1 / 6, 0.5, 1, 1]],
  ['a * PERIOD(a)', [60, 180, 360, 360]],
  ['DIFF(empty)', [undefined, undefined, undefined, undefined]],
] as const)('%s', (text, expected) => {
  expect(result(text)).toEqual(expected)
})

test.each(['a +', '(a', 'a b', 'DIFF(a', '[a, ]', 'a ? b', '"a"'])('%s is no expression', (text) => {
  expect(parseExpression(text)).toBeUndefined()
})

test.each(['c', 'SEARCH(a)', 'MAX(a)', '1 + 1', 'DIFF(1)'])('%s cannot be evaluated', (text) => {
  expect(() => result(text)).toThrow(MathError)
})

test.each([
  ['ALARM("a")', true],
  ['ALARM(a) AND NOT ALARM(b)', true],
  ['ALARM(b) OR OK(b) AND ALARM("with space")', false],
  ['(ALARM(b) OR OK(b)) AND ALARM(arn:aws:cloudwatch:eu-west-2:1:alarm:a)', true],
  ['not (INSUFFICIENT_DATA("b"))', true],
  ['TRUE and false', false],
])('rule: %s', (text, expected) => {
  const states: Readonly<Record<string, 'ALARM' | 'OK'>> = {
    a: 'ALARM',
    b: 'OK',
    'with space': 'OK',
    'arn:aws:cloudwatch:eu-west-2:1:alarm:a': 'ALARM',
  }
  expect(holds(parseRule(text)!, (name) => states[name])).toBe(expected)
})

test('children are named once; what is no rule is none', () => {
  expect(childrenOf(parseRule('ALARM(a) OR OK(a) OR ALARM("b")')!)).toEqual(['a', 'b'])
  for (const text of ['', 'ALARM(a', 'ALARM(a) ALARM(b)', 'ALARM(a) XOR OK(b)', 'ALARM()', 'MAYBE(a)'])
    expect(parseRule(text)).toBeUndefined()
})
