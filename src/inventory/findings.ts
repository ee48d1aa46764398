/**
 * From the join's rows to findings, by the classification that a listing's audit uses.
 *
 * `startedAt` of the rules is the older inventory's time: what was written since, less the pair's late limit, is not
 * judged, as it need not be in the other inventory yet.
 */
import { type AuditRules, classifyKey } from '../domain/audit/classify.ts'
import { addCounts, type AuditCounts, type Finding, findingCounts, type SideSeen } from '../domain/audit/finding.ts'
import type { InventoryRow, KeyRows, Totals } from './rows.ts'

export interface FindingsOptions {
  readonly rules: AuditRules
  /** Whether the source's inventory says each version's replication status: where it has none, S3 was never to replicate it. */
  readonly statusKnown: boolean
}

/** Yields what is found, key by key, and returns the counts of all versions. Findings are counted by who reports them. */
export async function* findingsOf(
  keys: AsyncGenerator<KeyRows, Totals>,
  options: FindingsOptions,
): AsyncGenerator<Finding, Pick<AuditCounts, 'compared' | 'matched'>> {
  let compared = 0
  let matched = 0
  for (;;) {
    const next = await keys.next()
    if (next.done === true) {
      // All other keys are the same on both sides, version by version.
      const same = next.value.source - compared
      return { compared: next.value.source, matched: matched + same }
    }
    const { key, source, destination } = next.value
    const found = classifyKey(key, source.map(seen), destination.map(seen), options.rules)
    compared += found.compared
    matched += found.matched
    const statuses = options.statusKnown ? new Map(source.map((row) => [row.versionId, row.replication])) : undefined
    for (const finding of found.findings) yield explained(finding, statuses)
  }
}

/**
 * S3's own word decides on exclusion: a version without replication status was not meant to replicate, and one that is a
 * replica itself is not replicated on. Markers have no status at all.
 */
function explained(finding: Finding, statuses: ReadonlyMap<string, string | undefined> | undefined): Finding {
  if (statuses === undefined || finding.class !== 'missing' || finding.kind === 'marker') return finding
  // An older write under the same id is at the destination: it replicates.
  if (finding.destination !== undefined) return finding
  const status = statuses.get(finding.versionId)
  if (status === undefined)
    return excluded(finding, 'S3 gives it no replication status: written before the rule, or not covered by it')
  if (status === 'REPLICA') return excluded(finding, 'it is a replica itself, which S3 does not replicate further')
  return finding
}

function excluded({ key, versionId, kind, source }: Finding, why: string): Finding {
  return { class: 'excluded', key, versionId, kind, source, why }
}

function seen({ versionId, kind, size, etag, lastModified, latest }: InventoryRow): SideSeen {
  return { versionId, kind, size, etag, lastModified, latest }
}

/** The counts of a whole audit, from what `findingsOf` returned and what was reported. */
export function countsOf(totals: Pick<AuditCounts, 'compared' | 'matched'>, reported: AuditCounts): AuditCounts {
  return addCounts({ ...totals, unverified: 0, findings: findingCounts(() => 0) }, reported)
}
