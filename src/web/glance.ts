/** Rows and sums of the page, out of the ledger's snapshots. Pure. */
import { isOpen } from '../domain/repair/incident.ts'
import type { RedriveJob } from '../domain/repair/words.ts'
import type { LagSummary, PairSnapshot, QueueDepth } from '../domain/snapshot.ts'
import { equationOf } from '../domain/status.ts'
import { OPEN_STATES, type OpenState } from '../domain/version.ts'
import type { PairRow, Totals } from './api.ts'

export function pairRow(snapshot: PairSnapshot, redrives: readonly RedriveJob[], lag: LagSummary): PairRow {
  const { pair, open, closed, received, oldest, newestEvent, bytesAtRisk, tampering, incidents, audit } = snapshot
  return {
    pair,
    atRisk: OPEN_STATES.reduce((sum, state) => sum + open[state], 0),
    bytesAtRisk,
    oldest,
    newestEvent,
    open,
    closed,
    received,
    holds: equationOf(snapshot).holds,
    tampering,
    lag,
    incidents,
    redrives,
    audit,
  }
}

export function totalsOf(
  at: number,
  rows: readonly { readonly row: PairRow; readonly reopened: number }[],
  depths: readonly QueueDepth[],
): Totals {
  const sum = (of: (row: PairRow) => number): number => rows.reduce((total, { row }) => total + of(row), 0)
  const oldest = Math.min(...rows.map(({ row }) => row.oldest ?? Infinity))
  const closed = sum((row) => Object.values(row.closed).reduce((total, n) => total + n, 0))
  return {
    at,
    atRisk: sum((row) => row.atRisk),
    bytesAtRisk: sum((row) => row.bytesAtRisk),
    oldest: Number.isFinite(oldest) ? oldest : undefined,
    open: Object.fromEntries(OPEN_STATES.map((state) => [state, sum((row) => row.open[state])])) as Record<
      OpenState,
      number
    >,
    equation: {
      received: sum((row) => row.received),
      reopened: rows.reduce((total, { reopened }) => total + reopened, 0),
      closed,
      open: sum((row) => row.atRisk),
      // Of each pair: two that are off in opposite directions must not look right together.
      holds: rows.every(({ row }) => row.holds),
    },
    incidents: sum((row) => row.incidents.filter((incident) => isOpen(incident)).length),
    deadLetters: depths.reduce((total, { deadLetters }) => total + (deadLetters ?? 0), 0),
  }
}
