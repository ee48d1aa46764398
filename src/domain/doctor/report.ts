/** A finding as a document of its own: a line of `landfall doctor --json`, and of the service's log. */
import { CHECKS } from './checks.ts'
import type { Finding } from './finding.ts'

export const FINDING_FORMAT = 'landfall/finding/1'

export interface FindingDocument {
  readonly format: typeof FINDING_FORMAT
  readonly estate: string
  /** ISO 8601. */
  readonly at: string
  readonly id: string
  readonly level: Finding['level']
  readonly note?: true | undefined
  readonly title: string
  readonly subject: Finding['subject']
  readonly seen: string
  readonly why: string
  readonly mend?: Finding['mend']
}

export function documentOf(finding: Finding, of: { readonly estate: string; readonly at: number }): FindingDocument {
  const { id, level, note, subject, seen, mend } = finding
  const { title, why } = CHECKS[id]
  return {
    format: FINDING_FORMAT,
    estate: of.estate,
    at: new Date(of.at).toISOString(),
    id,
    level,
    ...(note && { note }),
    title,
    subject,
    seen,
    why,
    ...(mend && { mend }),
  }
}
