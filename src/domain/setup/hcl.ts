/** HCL as `terraform fmt` leaves it. Pure (Terraform, "Configuration syntax", "Style guide"). */

export type HclValue =
  | string
  | number
  | boolean
  /** An expression, e.g. a reference. */
  | { readonly raw: string }
  /** `jsonencode(...)` of a plain value. */
  | { readonly json: unknown }
  | readonly HclValue[]

export interface HclBlock {
  readonly type: string
  readonly labels?: readonly string[]
  readonly attributes?: Readonly<Record<string, HclValue | undefined>>
  readonly blocks?: readonly HclBlock[]
  /** Above it, a line each. */
  readonly comments?: readonly string[]
}

export const raw = (text: string): HclValue => ({ raw: text })

export function hcl(blocks: readonly HclBlock[]): string {
  return blocks.map((block) => `${blockLines(block, '').join('\n')}\n`).join('\n')
}

function blockLines(block: HclBlock, indent: string): readonly string[] {
  const { type, labels = [], attributes = {}, blocks = [], comments = [] } = block
  const inner = `${indent}  `
  const entries = Object.entries(attributes).filter((entry): entry is [string, HclValue] => entry[1] !== undefined)
  const first = entriesLines(
    entries.map(([name, value]) => [name, valueText(value, inner)]),
    inner,
  )
  const nested = blocks.flatMap((one, i) => {
    const gap = i > 0 || entries.length > 0 ? [''] : []
    return [...gap, ...blockLines(one, inner)]
  })
  const body = [...first, ...nested]
  const head = [`${indent}${type}`, ...labels.map((label) => JSON.stringify(label))].join(' ')
  const said = comments.map((line) => `${indent}# ${line}`)
  return body.length === 0 ? [...said, `${head} {}`] : [...said, `${head} {`, ...body, `${indent}}`]
}

/** `terraform fmt` lines up the `=` of neighbours that have one line each. */
function entriesLines(entries: readonly (readonly [string, string])[], indent: string): readonly string[] {
  const lines: string[] = []
  let group: (readonly [string, string])[] = []
  const flush = (): void => {
    const width = Math.max(0, ...group.map(([name]) => name.length))
    lines.push(...group.map(([name, text]) => `${indent}${name.padEnd(width)} = ${text}`))
    group = []
  }
  for (const entry of entries) {
    if (!entry[1].includes('\n')) {
      group.push(entry)
      continue
    }
    flush()
    lines.push(`${indent}${entry[0]} = ${entry[1]}`)
  }
  flush()
  return lines
}

function valueText(value: HclValue, indent: string): string {
  if (Array.isArray(value))
    return listText(
      (value as readonly HclValue[]).map((one) => valueText(one, `${indent}  `)),
      indent,
    )
  if (typeof value === 'object') {
    if ('raw' in value) return value.raw
    if ('json' in value) return `jsonencode(${jsonText(value.json, indent)})`
  }
  return scalar(value)
}

function jsonText(value: unknown, indent: string): string {
  const inner = `${indent}  `
  if (Array.isArray(value))
    return listText(
      value.map((one) => jsonText(one, inner)),
      indent,
    )
  if (typeof value !== 'object' || value === null) return scalar(value)
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  const lines = entriesLines(
    entries.map(([name, one]) => [/^[A-Za-z_]\w*$/.test(name) ? name : scalar(name), jsonText(one, inner)]),
    inner,
  )
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
}

const WIDE = 100

function listText(parts: readonly string[], indent: string): string {
  const line = `[${parts.join(', ')}]`
  if (line.length + indent.length <= WIDE && !line.includes('\n')) return line
  return `[\n${parts.map((part) => `${indent}  ${part},`).join('\n')}\n${indent}]`
}

/** `${` and `%{` begin templates in HCL's texts, and names of others may hold anything. */
function scalar(value: unknown): string {
  return JSON.stringify(value).replaceAll(/([$%])\{/g, '$1$1{')
}
