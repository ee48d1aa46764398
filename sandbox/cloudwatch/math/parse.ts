import { Cursor, tokenize } from './tokens.ts'

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'unary'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Expression; readonly right: Expression }

/** From the loosest to the tightest; `AND` and `&&` are the same. */
const LEVELS: readonly (readonly string[])[] = [
  ['||', 'OR'],
  ['&&', 'AND'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
  ['^'],
]

/**
 * A metric math expression (CloudWatch user guide, "Using math expressions with CloudWatch metrics"); undefined where it
 * is none. SEARCH, anomaly bands, strings and time functions are not known here.
 */
export function parseExpression(text: string): Expression | undefined {
  const tokens = tokenize(text, 'expression')
  if (tokens === undefined) return undefined
  const cursor = new Cursor(tokens)
  const parsed = level(cursor, 0)
  return cursor.peek() === undefined ? parsed : undefined
}

/** Every id that an expression refers to. */
export function idsOf(expression: Expression): string[] {
  switch (expression.kind) {
    case 'id':
      return [expression.id]
    case 'list':
      return expression.items.flatMap(idsOf)
    case 'call':
      return expression.args.flatMap(idsOf)
    case 'unary':
      return idsOf(expression.of)
    case 'binary':
      return [...idsOf(expression.left), ...idsOf(expression.right)]
    case 'number':
      return []
  }
}

function level(cursor: Cursor, depth: number): Expression | undefined {
  const signs = LEVELS[depth]
  if (signs === undefined) return unary(cursor)
  let left = level(cursor, depth + 1)
  while (left !== undefined) {
    const sign = cursor.takeIf(...signs)
    if (sign === undefined) return left
    const right = level(cursor, depth + 1)
    left = right === undefined ? undefined : { kind: 'binary', sign, left, right }
  }
  return undefined
}

function unary(cursor: Cursor): Expression | undefined {
  if (cursor.takeIf('-') === undefined) return primary(cursor)
  const of = unary(cursor)
  return of === undefined ? undefined : { kind: 'unary', of }
}

function primary(cursor: Cursor): Expression | undefined {
  const token = cursor.take()
  if (token === undefined || token.kind === 'text') return undefined
  if (token.kind === 'number') return { kind: 'number', value: Number(token.text) }
  if (token.text === '(') {
    const inner = level(cursor, 0)
    return cursor.takeIf(')') === undefined ? undefined : inner
  }
  if (token.text === '[') {
    const items = list(cursor, ']')
    return items === undefined ? undefined : { kind: 'list', items }
  }
  if (token.kind === 'sign') return undefined
  if (cursor.takeIf('(') === undefined) return { kind: 'id', id: token.text }
  const args = list(cursor, ')')
  return args === undefined ? undefined : { kind: 'call', name: token.text.toUpperCase(), args }
}

function list(cursor: Cursor, end: string): Expression[] | undefined {
  const items: Expression[] = []
  if (cursor.takeIf(end) !== undefined) return items
  for (;;) {
    const item = level(cursor, 0)
    if (item === undefined) return undefined
    items.push(item)
    if (cursor.takeIf(end) !== undefined) return items
    if (cursor.takeIf(',') === undefined) return undefined
  }
}
