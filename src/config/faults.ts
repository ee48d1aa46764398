/**
 * A fault of the configuration: what is wrong, where, what was found and what is allowed. Faults are collected, never
 * thrown one by one: whoever mends a file wants all of them at once.
 */
import type { z } from 'zod'
import { suggest } from './suggest.ts'

export type Path = readonly (string | number)[]

export interface Fault {
  /** Path in the file, e.g. `pairs[0].source.region`, or the name of an environment variable. */
  readonly path: string
  /** Both count from 1; absent for the environment. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly message: string
  /** What stands there now, shortened; absent where it is missing, or a secret. */
  readonly found?: string | undefined
  readonly allowed?: readonly string[] | undefined
  /** The allowed value or key that was probably meant. */
  readonly meant?: string | undefined
}

/** A fault that does not know its place in the file yet: `path` is in the expanded configuration. */
export interface Finding {
  readonly path: Path
  /** The fault is about the key itself (an unknown one), not its value. */
  readonly atKey?: boolean | undefined
  readonly message: string
  readonly found?: string | undefined
  readonly allowed?: readonly string[] | undefined
  readonly meant?: string | undefined
}

export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text === '' ? '(the whole file)' : text
}

/** `landfall.yaml:12:5 pairs[0].late: must be ..., found "15" (allowed: ...; did you mean ...?)`. */
export function formatFault(file: string, fault: Fault): string {
  const place = fault.line === undefined ? '' : `${file}:${fault.line}:${fault.column} `
  const found = fault.found === undefined ? '' : `, found ${fault.found}`
  const notes = [
    ...(fault.meant === undefined ? [] : [`did you mean ${fault.meant}?`]),
    ...(fault.allowed === undefined ? [] : [`allowed: ${shorten(fault.allowed.join(', '), 400)}`]),
  ]
  return `${place}${fault.path}: ${fault.message}${found}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`
}

/** A value as a person recognises it, at most 80 characters. */
export function show(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return shorten(JSON.stringify(value) ?? typeof value, 80)
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, part) ? (value as Record<string | number, unknown>)[part] : undefined
  }
  return value
}

/** Values that are never shown, since they hold secrets. */
function isSecret(path: Path): boolean {
  // The last four are places of secrets, and whoever errs writes the secret itself there.
  const named = ['externalId', 'token', 'database', 'identity', 'postgres']
  return formatPath(path) === 'service.redis.url' || named.includes(String(path.at(-1)))
}

/** One zod issue as findings, in the words of this house. `keysAt` knows the keys that are allowed at a path. */
export function explain(
  issue: z.core.$ZodIssue,
  root: unknown,
  keysAt: (path: Path) => readonly string[],
): readonly Finding[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  const value = valueAt(root, path)
  const found = isSecret(path) ? undefined : show(value)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const allowed = keysAt(path)
        return { path: [...path, key], atKey: true, message: 'unknown key', allowed, meant: suggest(key, allowed) }
      })
    case 'invalid_type':
      if (value === undefined) return [{ path, message: `is missing: ${noun(issue.expected)} is needed` }]
      return [{ path, message: wrongType(issue, value), found }]
    case 'invalid_value': {
      const allowed = issue.values.map(String)
      if (value === undefined) return [{ path, message: 'is missing', allowed }]
      const meant = typeof value === 'string' ? suggest(value, allowed) : undefined
      return [{ path, message: 'is not one of the allowed values', found, allowed, meant }]
    }
    case 'too_small':
      if (!issue.message.startsWith('Too')) return [{ path, message: issue.message }]
      return [{ path, message: `must be at least ${String(issue.minimum)}${countable(issue.origin)}`, found }]
    case 'too_big':
      return [{ path, message: `must be at most ${String(issue.maximum)}${countable(issue.origin)}`, found }]
    case 'invalid_key':
      return [{ path, atKey: true, message: issue.issues.map((inner) => inner.message).join('; ') }]
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_union':
    case 'not_multiple_of':
      return [{ path, message: value === undefined ? 'is missing' : issue.message, found }]
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

function wrongType(issue: z.core.$ZodIssueInvalidType, value: unknown): string {
  // zod's own words start so; the schema's are better than any that could be made here.
  if (!issue.message.startsWith('Invalid')) return issue.message
  const quotes = issue.expected === 'string' && typeof value !== 'object' ? ': put it in quotes' : ''
  return `must be ${noun(issue.expected)}${quotes}`
}

function noun(expected: string): string {
  return NOUNS[expected] ?? expected
}

function countable(origin: string): string {
  if (origin === 'array') return ' entries'
  return origin === 'string' ? ' characters' : ''
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
