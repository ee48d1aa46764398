/**
 * How an audit is written down: findings as JSON lines or CSV, and its summary. The same for every kind of audit.
 *
 * Keys come from whoever may write to a bucket: in CSV what a spreadsheet would take for a formula, and what a terminal
 * would take for a command, is defused; JSON escapes both by itself.
 */
import type { AuditCounts, Finding, SideSeen } from './finding.ts'

/** Version of the summary's shape. */
export const AUDIT_FORMAT = 1

export interface AuditSummary {
  readonly format: typeof AUDIT_FORMAT
  readonly pair: string
  /** `listing`, or where the inventories came from. */
  readonly how: 'listing' | 'inventory'
  /** ms. */
  readonly startedAt: number
  readonly endedAt: number
  readonly counts: AuditCounts
  /** Versions of the last two weeks that were asked for in the ledger, and those that no event ever told of. */
  readonly heard?: { readonly asked: number; readonly unheard: number } | undefined
  /** What `--deep` read: versions compared by checksum or byte for byte. */
  readonly deep?: { readonly checked: number; readonly different: number; readonly unproven: number } | undefined
  /** What `--repair` booked. */
  readonly booked?: { readonly received: number; readonly reopened: number; readonly open: number } | undefined
  /** What could not be seen, and what to do about it. */
  readonly notes: readonly string[]
}

export type FindingFormat = 'jsonl' | 'csv'

export interface FindingWriter {
  /** Goes first; empty where the format has none. */
  readonly head: string
  /** With its line end. */
  line(pair: string, finding: Finding): string
}

export const WRITERS: Readonly<Record<FindingFormat, FindingWriter>> = {
  jsonl: { head: '', line: (pair, finding) => `${escapeLines(JSON.stringify({ pair, ...finding }))}\n` },
  csv: {
    head: `${[
      'class',
      'pair',
      'key',
      'versionId',
      'kind',
      'why',
      'reason',
      ...columnsOf('source'),
      ...columnsOf('destination'),
    ].join(',')}\r\n`,
    line: (pair, finding) =>
      `${[
        finding.class,
        pair,
        finding.key,
        finding.versionId,
        finding.kind,
        finding.why,
        finding.reason,
        ...sideCells(finding.source),
        ...sideCells(finding.destination),
      ]
        .map(csvCell)
        .join(',')}\r\n`,
  },
}

/** By the extension of the file's name. */
export function formatOf(file: string): FindingFormat {
  return file.toLowerCase().endsWith('.csv') ? 'csv' : 'jsonl'
}

function columnsOf(side: string): readonly string[] {
  return ['VersionId', 'Size', 'ETag', 'LastModified', 'Latest'].map((name) => side + name)
}

function sideCells(side: SideSeen | undefined): readonly (string | undefined)[] {
  if (side === undefined) return [undefined, undefined, undefined, undefined, undefined]
  const { versionId, size, etag, lastModified, latest } = side
  return [
    versionId,
    size?.toString(),
    etag,
    lastModified === undefined ? undefined : new Date(lastModified).toISOString(),
    latest?.toString(),
  ]
}

/**
 * A cell as RFC 4180 has it. One that begins like a formula gets an apostrophe (OWASP, "CSV Injection"), one with
 * control characters has them written as `\xNN`: no line of the file ends inside a key.
 */
function csvCell(text: string | undefined): string {
  if (text === undefined) return ''
  const plain = text.replaceAll(CONTROLS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const safe = /^[=+\-@]/.test(plain) ? `'${plain}` : plain
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

// oxlint-disable-next-line no-control-regex -- these are the characters that must not go out bare
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

/** JSON leaves DEL, C1 controls and the two line separators bare. */
function escapeLines(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** One line for a person, without the pair's name. */
export function summaryLine({ counts }: Pick<AuditSummary, 'counts'>): string {
  const found = Object.entries(counts.findings).filter(([, count]) => count > 0)
  const rest = found.length === 0 ? 'no finding' : found.map(([name, count]) => `${count} ${name}`).join(', ')
  return `${counts.compared} versions compared, ${counts.matched} matched; ${rest}`
}
