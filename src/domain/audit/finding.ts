/**
 * What an audit says about one version. The same classes and the same report whether both buckets were listed or their
 * inventories joined. docs/audit.md has the words.
 */
import type { VersionKind } from '../version.ts'

/**
 * - `missing`: at the source, replicable, old enough, and not at the destination: the only class that makes exit code 3
 *   together with `mismatched`
 * - `mismatched`: on both sides under one id, with other content or of another kind
 * - `wrong current`: both sides hold the same versions, and another one is current
 * - `extra`: at the destination alone, and nothing explains it; also a delete marker at the source alone, while the
 *   source's lifecycle, which may have made it, may not be read
 * - `late`: missing, and younger than the pair's late limit at the start: no finding yet
 * - `excluded`: not at the destination, since S3 or the rule does not replicate it
 * - `lifecycle marker`: a delete marker that a lifecycle rule made on one side
 * - `expired`: gone at the destination by its lifecycle rule (or `destinationExpires`), or gone at the source by its own
 */
export const FINDING_CLASSES = [
  'missing',
  'mismatched',
  'wrong current',
  'extra',
  'late',
  'excluded',
  'lifecycle marker',
  'expired',
] as const
export type FindingClass = (typeof FINDING_CLASSES)[number]

/** What one side holds of a version, as far as the audit saw it. */
export interface SideSeen {
  readonly versionId: string
  readonly kind: VersionKind
  readonly size?: number | undefined
  readonly etag?: string | undefined
  /** ms; S3 gives a replica its source's. */
  readonly lastModified?: number | undefined
  readonly latest?: boolean | undefined
}

export interface Finding {
  readonly class: FindingClass
  readonly key: string
  readonly versionId: string
  readonly kind: VersionKind
  readonly source?: SideSeen | undefined
  readonly destination?: SideSeen | undefined
  /** One sentence for a person. */
  readonly why: string
  /** A name of domain/failures.ts, where there is one. */
  readonly reason?: string | undefined
}

/** Counts of one audit. `compared`: versions looked at on the source's side. */
export interface AuditCounts {
  readonly compared: number
  readonly matched: number
  /** Of the matched ones: same version id and size, and nothing of their content could be compared. */
  readonly unverified: number
  readonly findings: Readonly<Record<FindingClass, number>>
}

/** What makes `landfall audit` end with exit code 3. */
export function isAtRisk({ findings }: AuditCounts): boolean {
  return findings.missing + findings.mismatched > 0
}

export const NO_FINDINGS: readonly Finding[] = []

export const NO_COUNTS: AuditCounts = { compared: 0, matched: 0, unverified: 0, findings: findingCounts(() => 0) }

export function findingCounts(of: (name: FindingClass) => number): AuditCounts['findings'] {
  return Object.fromEntries(FINDING_CLASSES.map((name) => [name, of(name)])) as AuditCounts['findings']
}

export function addCounts(one: AuditCounts, other: AuditCounts): AuditCounts {
  return {
    compared: one.compared + other.compared,
    matched: one.matched + other.matched,
    unverified: one.unverified + other.unverified,
    findings: findingCounts((name) => one.findings[name] + other.findings[name]),
  }
}

/** How many findings nothing explains: what a second audit after a repair should have none of. */
export function unexplained({ findings }: AuditCounts): number {
  return findings.missing + findings.mismatched + findings['wrong current'] + findings.extra
}
