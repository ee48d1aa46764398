/**
 * The rule of a composite alarm: `ALARM("a") OR (OK(b) AND NOT INSUFFICIENT_DATA("c"))`, `TRUE`, `FALSE`
 * (CloudWatch API reference, PutCompositeAlarm).
 */
import type { AlarmState } from './alarm.ts'
import { Cursor, tokenize } from './math/tokens.ts'

export type Rule =
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly of: Rule }
  | { readonly kind: 'and' | 'or'; readonly left: Rule; readonly right: Rule }

/** Undefined where the text is no rule. */
export function parseRule(text: string): Rule | undefined {
  const tokens = tokenize(text, 'rule')
  if (tokens === undefined) return undefined
  const cursor = new Cursor(tokens)
  const rule = either(cursor)
  return cursor.peek() === undefined ? rule : undefined
}

/** Names (or ARNs) of the alarms that a rule looks at, each once. */
export function childrenOf(rule: Rule): string[] {
  const all = (of: Rule): string[] => {
    if (of.kind === 'state') return [of.alarm]
    if (of.kind === 'not') return all(of.of)
    return of.kind === 'constant' ? [] : [...all(of.left), ...all(of.right)]
  }
  return [...new Set(all(rule))]
}

export function holds(rule: Rule, stateOf: (alarm: string) => AlarmState | undefined): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value
    case 'state':
      return stateOf(rule.alarm) === rule.state
    case 'not':
      return !holds(rule.of, stateOf)
    case 'and':
      return holds(rule.left, stateOf) && holds(rule.right, stateOf)
    case 'or':
      return holds(rule.left, stateOf) || holds(rule.right, stateOf)
  }
}

function either(cursor: Cursor): Rule | undefined {
  let left = both(cursor)
  while (left !== undefined && cursor.takeIf('OR') !== undefined) {
    const right = both(cursor)
    left = right === undefined ? undefined : { kind: 'or', left, right }
  }
  return left
}

function both(cursor: Cursor): Rule | undefined {
  let left = single(cursor)
  while (left !== undefined && cursor.takeIf('AND') !== undefined) {
    const right = single(cursor)
    left = right === undefined ? undefined : { kind: 'and', left, right }
  }
  return left
}

function single(cursor: Cursor): Rule | undefined {
  if (cursor.takeIf('NOT') !== undefined) {
    const of = single(cursor)
    return of === undefined ? undefined : { kind: 'not', of }
  }
  if (cursor.takeIf('(') !== undefined) {
    const inner = either(cursor)
    return cursor.takeIf(')') === undefined ? undefined : inner
  }
  const word = cursor.takeIf('ALARM', 'OK', 'INSUFFICIENT_DATA', 'TRUE', 'FALSE')
  if (word === undefined) return undefined
  if (word === 'TRUE' || word === 'FALSE') return { kind: 'constant', value: word === 'TRUE' }
  if (cursor.takeIf('(') === undefined) return undefined
  const name = cursor.take()
  if (name === undefined || name.kind === 'sign' || cursor.takeIf(')') === undefined) return undefined
  return { kind: 'state', state: word as AlarmState, alarm: name.text }
}
