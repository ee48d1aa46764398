import { NO_COUNTS } from '../../src/domain/audit/finding.ts'
import type { AuditSummary } from '../../src/domain/audit/report.ts'

/** An audit that found nothing, of a pair that it heard of everything. */
export function cleanAudit(pair: string, endedAt: number): AuditSummary {
  return {
    format: 1,
    pair,
    how: 'listing',
    startedAt: endedAt - 1000,
    endedAt,
    counts: NO_COUNTS,
    heard: { asked: 5, unheard: 0 },
    notes: [],
  }
}
