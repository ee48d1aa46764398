/**
 * Templates: how eight pairs take a few lines.
 *
 * - An entry of `pairs` or `queues` may name a `template`: it is laid over that one. Maps are joined key by key, and
 *   the entry wins; lists and plain values replace.
 * - `for: {kind: [documents, agreements], stage: {preview: {account: development}, production: {account: production}}}`
 *   repeats the entry for every combination of its variables, the first one slowest. A variable is a list of values,
 *   or a map from its values to fields of theirs.
 * - `{kind}` and `{stage.account}` stand in any text of the entry or its template. A text that is nothing but one
 *   placeholder takes the value with its type. `{{` and `}}` are literal braces.
 */
import { type Finding, formatPath, type Path, show } from './faults.ts'
import { suggest } from './suggest.ts'

type Scalar = string | number | boolean
type Fields = Readonly<Record<string, Scalar>>
type Variables = Readonly<Record<string, Scalar>>
type Tree = Readonly<Record<string, unknown>>

export interface Expanded {
  readonly value: unknown
  /** Where its parts stand in the file: look for a node here in turn. */
  readonly origins: readonly Path[]
}

export interface Expansion {
  readonly entries: readonly Expanded[]
  /** Paths are those of the file. */
  readonly findings: readonly Finding[]
}

interface Entry {
  readonly value: Tree
  readonly path: Path
  readonly templates: unknown
  readonly used: Set<string>
}

/** Expands one list of entries. What is no list, or no map, is passed on: the schema says so. */
export function expand(list: unknown, at: string, templates: unknown, used: Set<string>): Expansion | undefined {
  if (!Array.isArray(list)) return undefined
  const parts = list.map((value: unknown, index): Expansion => {
    const path = [at, index]
    if (!isMap(value)) return { entries: [{ value, origins: [path] }], findings: [] }
    return expandEntry({ value, path, templates, used })
  })
  return { entries: parts.flatMap((part) => part.entries), findings: parts.flatMap((part) => part.findings) }
}

/** Templates that no entry names: most likely a slip, and never checked. */
export function unusedTemplates(templates: unknown, used: ReadonlySet<string>): readonly Finding[] {
  if (templates === undefined) return []
  if (!isMap(templates)) return [{ path: ['templates'], message: 'must be a map', found: show(templates) }]
  return Object.keys(templates)
    .filter((name) => !used.has(name))
    .map((name) => ({
      path: ['templates', name],
      atKey: true,
      message: 'no entry uses this template: name it, or remove it',
    }))
}

function expandEntry({ value, path, templates, used }: Entry): Expansion {
  const { template, for: loops, ...own } = value
  const named = pickTemplate(template, [...path, 'template'], templates)
  const combinations = combine(loops, [...path, 'for'])
  const findings = [...named.findings, ...combinations.findings]
  if (named.name !== undefined) used.add(named.name)
  // Without its template or variables an entry would only raise faults that are none.
  if (findings.length > 0) return { entries: [], findings }
  const origins = named.name === undefined ? [path] : [path, ['templates', named.name]]
  const body = named.body === undefined ? own : merge(named.body, own)
  const known = [...new Set(combinations.sets.flatMap((variables) => Object.keys(variables)))]
  const entries = combinations.sets.map((variables) => {
    const value = fill(body, [], (text, at) =>
      fillText(text, (name) => {
        if (Object.hasOwn(variables, name)) return variables[name]
        findings.push({ path: whereIs(at, own, origins), ...noValue(name, variables, known) })
        return undefined
      }),
    )
    return { value, origins }
  })
  return { entries, findings }
}

/** The entry's own part if it has one at this path, else its template's. */
function whereIs(at: Path, own: Tree, origins: readonly Path[]): Path {
  let value: unknown = own
  for (const part of at) value = isMap(value) || Array.isArray(value) ? (value as Tree)[part] : undefined
  return [...(value === undefined ? origins.at(-1)! : origins[0]!), ...at]
}

function pickTemplate(
  name: unknown,
  path: Path,
  templates: unknown,
): { name?: string; body?: Tree; findings: readonly Finding[] } {
  if (name === undefined) return { findings: [] }
  const known = isMap(templates) ? Object.keys(templates) : []
  if (typeof name !== 'string' || !known.includes(name)) {
    const meant = typeof name === 'string' ? suggest(name, known) : undefined
    const finding = { path, message: 'no such template', found: show(name), allowed: known, meant }
    // The one that was meant is not unused.
    return { ...(meant === undefined ? {} : { name: meant }), findings: [finding] }
  }
  const body = (templates as Tree)[name]
  if (isMap(body)) return { name, body, findings: [] }
  return { findings: [{ path: ['templates', name], message: 'must be a map', found: show(body) }] }
}

function combine(loops: unknown, path: Path): { sets: readonly Variables[]; findings: readonly Finding[] } {
  if (loops === undefined) return { sets: [{}], findings: [] }
  if (!isMap(loops) || Object.keys(loops).length === 0) {
    return {
      sets: [],
      findings: [{ path, message: 'must be a map from variables to their values', found: show(loops) }],
    }
  }
  const findings: Finding[] = []
  let sets: readonly Variables[] = [{}]
  for (const [variable, values] of Object.entries(loops)) {
    const choices = choicesOf(variable, values, [...path, variable], findings)
    sets = sets.flatMap((set) => choices.map((choice) => ({ ...set, ...choice })))
  }
  return { sets, findings }
}

/** The bindings that one variable adds, one for each of its values. */
function choicesOf(variable: string, values: unknown, path: Path, findings: Finding[]): readonly Variables[] {
  if (!/^[A-Za-z]\w*$/.test(variable)) {
    findings.push({ path, atKey: true, message: 'is no name for a variable: a letter, then letters, digits and _' })
  } else if (Array.isArray(values) && values.length > 0 && values.every(isScalar)) {
    return values.map((value) => ({ [variable]: value }))
  } else if (isMap(values) && Object.keys(values).length > 0) {
    const bad = Object.entries(values).filter(([, fields]) => !isFields(fields ?? {}))
    if (bad.length === 0)
      return Object.entries(values).map(([value, fields]) => bind(variable, value, (fields ?? {}) as Fields))
    for (const [value, fields] of bad) {
      findings.push({ path: [...path, value], message: 'must be a map of plain values', found: show(fields) })
    }
  } else {
    const message = 'must be a list of plain values, or a map from values to their fields'
    findings.push({ path, message, found: show(values) })
  }
  return []
}

function bind(variable: string, value: string, fields: Fields): Variables {
  const named = Object.entries(fields).map(([field, content]) => [`${variable}.${field}`, content] as const)
  return { [variable]: value, ...Object.fromEntries(named) }
}

function fill(value: unknown, at: Path, text: (text: string, at: Path) => Scalar): unknown {
  if (typeof value === 'string') return text(value, at)
  if (Array.isArray(value)) return value.map((item, index) => fill(item, [...at, index], text))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, [...at, key], text)]))
}

const PLACEHOLDER = /\{\{|\}\}|\{([^{}]*)\}/g

/** A placeholder without a value stays as it stands: the fault about it is enough. */
function fillText(text: string, valueOf: (name: string) => Scalar | undefined): Scalar {
  const whole = /^\{([^{}]*)\}$/.exec(text)
  if (whole !== null) return valueOf(whole[1]!.trim()) ?? text
  return text.replaceAll(PLACEHOLDER, (match: string, name: string | undefined) => {
    if (match === '{{') return '{'
    return match === '}}' ? '}' : String(valueOf((name ?? '').trim()) ?? match)
  })
}

function noValue(name: string, variables: Variables, known: readonly string[]): Omit<Finding, 'path'> {
  if (known.includes(name)) return { message: `the placeholder {${name}} has no value for ${describe(variables)}` }
  if (known.length === 0) return { message: `the placeholder {${name}} needs a \`for\` in this entry` }
  return { message: `no variable for the placeholder {${name}}`, allowed: known, meant: suggest(name, known) }
}

function describe(variables: Variables): string {
  const plain = Object.entries(variables).filter(([name]) => !name.includes('.'))
  return plain.map(([name, value]) => `${formatPath([name])}=${String(value)}`).join(', ')
}

function merge(under: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value
  }
  return merged
}

function isMap(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function isFields(value: unknown): value is Fields {
  return isMap(value) && Object.values(value).every(isScalar)
}
