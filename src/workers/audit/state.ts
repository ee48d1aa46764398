/** What an audit has done and has left: plain data, which a checkpoint keeps whole. */
import type { AuditCounts } from '../../domain/audit/finding.ts'
import { NO_COUNTS } from '../../domain/audit/finding.ts'
import { ALL_KEYS, type KeyRange } from '../../domain/audit/ranges.ts'
import type { Reconciled } from '../../ports.ts'

/** Version of the shape; a checkpoint of another one is not resumed. */
export const STATE_FORMAT = 1

export interface AuditState {
  readonly format: typeof STATE_FORMAT
  readonly pair: string
  /** ms: what is younger than this less the pair's late limit is not judged, however often the audit is resumed. */
  readonly startedAt: number
  /** Picks the sample of `--deep`. */
  readonly seed: number
  /** Percent of the matched versions that are read; 0: none. */
  readonly deep: number
  readonly repair: boolean
  /** What is left. */
  readonly ranges: readonly KeyRange[]
  readonly counts: AuditCounts
  readonly heard: { readonly asked: number; readonly unheard: number }
  readonly read: { readonly checked: number; readonly different: number; readonly unproven: number }
  readonly booked: Reconciled
}

export function newState(of: Pick<AuditState, 'pair' | 'startedAt' | 'seed' | 'deep' | 'repair'>): AuditState {
  return {
    format: STATE_FORMAT,
    ...of,
    ranges: [ALL_KEYS],
    counts: NO_COUNTS,
    heard: { asked: 0, unheard: 0 },
    read: { checked: 0, different: 0, unproven: 0 },
    booked: { received: 0, reopened: 0, open: 0 },
  }
}
