/** File and environment to a frozen Estate. Every fault is listed at once. */
import { readFile } from 'node:fs/promises'
import { LandfallError } from '../domain/errors.ts'
import { crossCheck } from './checks.ts'
import type { Environment, Variable } from './environment.ts'
import { overlay } from './environment.ts'
import type { Estate } from './estate.ts'
import { explain, type Fault, type Finding, formatFault, formatPath, type Path } from './faults.ts'
import { allowedKeys } from './json-schema.ts'
import { toEstate } from './resolve.ts'
import { whatIsSaid } from './said.ts'
import { estateSchema } from './schema.ts'
import { readSource, type Source } from './source.ts'
import { expand, type Expanded, unusedTemplates } from './template.ts'

export const DEFAULT_FILE = 'landfall.yaml'

export interface LoadOptions {
  /** `--config`; else LANDFALL_CONFIG; else landfall.yaml in the working directory. */
  readonly path?: string | undefined
  readonly env: Environment
}

export interface Checked {
  readonly file: string
  /** Absent where there are faults. */
  readonly estate?: Estate | undefined
  readonly faults: readonly Fault[]
}

/** Throws `LandfallError`: CONFIG_MISSING, or CONFIG_INVALID whose message lists every fault (`details.faults`: as data). */
export async function loadEstate(options: LoadOptions): Promise<Estate> {
  const { file, estate, faults } = await checkFile(options)
  if (estate !== undefined) return estate
  throw invalid(file, faults)
}

/** As `loadEstate`, and gives the faults instead of throwing them. Throws CONFIG_MISSING. */
export async function checkFile(options: LoadOptions): Promise<Checked> {
  const named = options.path ?? options.env['LANDFALL_CONFIG']
  const file = named === undefined || named === '' ? DEFAULT_FILE : named
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new LandfallError('CONFIG_MISSING', `no configuration at ${file}: ${why}`, { cause, details: { file } })
  }
  return { file, ...checkText(text, options.env) }
}

export function invalid(file: string, faults: readonly Fault[]): LandfallError {
  const lines = faults.map((fault) => `\n  ${formatFault(file, fault)}`)
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  return new LandfallError('CONFIG_INVALID', `${file} has ${count}:${lines.join('')}`, { details: { file, faults } })
}

/** The same for text at hand: pure. */
export function checkText(text: string, env: Environment): Omit<Checked, 'file'> {
  const source = readSource(text)
  if (source.faults.length > 0) return { faults: source.faults }
  const over = overlay(source.value ?? {}, env)
  const expanded = expandAll(over.value)
  const parsed = estateSchema.safeParse(expanded.value)
  const places = makePlaces(source, over.set, expanded.lists)
  const inSchema = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => explain(issue, expanded.value, allowedKeys))
  const inTemplates = expanded.findings.map((finding) => places.inFile(finding))
  const marred = new Set([...expanded.skipped, ...inTemplates.map((fault) => fault.path)])
  const inValues = [...over.findings, ...inSchema, ...crossCheck(whatIsSaid(expanded.value))]
    .map((finding) => places.inExpanded(finding))
    // What a placeholder without a value, or an entry without its template, comes to needs no second fault.
    .filter((fault) => !marred.has(fault.path))
  const faults = sorted([...inTemplates, ...inValues])
  if (faults.length > 0 || !parsed.success) return { faults }
  return { estate: toEstate(parsed.data), faults }
}

type Lists = Readonly<Record<string, readonly Expanded[]>>

interface ExpandedFile {
  readonly value: unknown
  readonly lists: Lists
  readonly findings: readonly Finding[]
  /** Lists all of whose entries fell to faults of their templates. */
  readonly skipped: readonly string[]
}

function expandAll(value: unknown): ExpandedFile {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { value, lists: {}, findings: [], skipped: [] }
  }
  const { templates, ...rest } = value as Record<string, unknown>
  const used = new Set<string>()
  const lists: Record<string, readonly Expanded[]> = {}
  const findings: Finding[] = []
  const skipped: string[] = []
  for (const key of ['queues', 'pairs']) {
    const expansion = expand(rest[key], key, templates, used)
    if (expansion === undefined) continue
    lists[key] = expansion.entries
    findings.push(...expansion.findings)
    if (expansion.entries.length === 0 && expansion.findings.length > 0) skipped.push(key)
  }
  findings.push(...unusedTemplates(templates, used))
  const filled = Object.entries(lists).map(([key, entries]) => [key, entries.map((entry) => entry.value)])
  return { value: { ...rest, ...Object.fromEntries(filled) }, lists, findings, skipped }
}

interface Places {
  /** For a path that is one of the file. */
  inFile(finding: Finding): Fault
  /** For a path of the expanded configuration. */
  inExpanded(finding: Finding): Fault
}

/** Finds a finding's place: a line of the file, or a variable of the environment. */
function makePlaces(source: Source, set: readonly Variable[], lists: Lists): Places {
  /** The entry's own path, or its template's where that holds the part. */
  function original(path: Path): Path {
    const [list, index, ...rest] = path
    if (typeof list !== 'string' || typeof index !== 'number') return path
    const candidates = (lists[list]?.[index]?.origins ?? []).map((origin) => [...origin, ...rest])
    return candidates.find((candidate) => source.has(candidate)) ?? candidates[0] ?? path
  }

  function inFile({ path, atKey, ...rest }: Finding): Fault {
    return { path: formatPath(path), ...source.locate(path, atKey), ...rest }
  }

  return {
    inFile,
    inExpanded(finding) {
      const variable = set.find((candidate) => formatPath(candidate.path!) === formatPath(finding.path))
      if (variable === undefined) return inFile({ ...finding, path: original(finding.path) })
      const { path: _path, atKey: _atKey, ...rest } = finding
      return { path: `${variable.name} (environment)`, ...rest }
    },
  }
}

/** In the order of the file, and each once: a fault of a template would come with every pair that it makes. */
function sorted(faults: readonly Fault[]): readonly Fault[] {
  const unique = new Map(faults.map((fault) => [JSON.stringify(fault), fault]))
  return [...unique.values()].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.path < b.path ? -1 : 1),
  )
}
