/** What the scripts reply -> the ports' words. */
import type { HistoryPoint } from '../domain/history.ts'
import type { AuditSummary } from '../domain/audit/report.ts'
import { summarise } from '../domain/lag.ts'
import { type LagSummary, NOTES, type PairSnapshot } from '../domain/snapshot.ts'
import type { Incident } from '../domain/repair/words.ts'
import { EVIDENCE, type OpenVersion, VERDICTS } from '../domain/version.ts'
import { decodeRecord } from './record.ts'

/** id, record, id, record, ... */
export function readVersions(flat: readonly (string | null)[]): OpenVersion[] {
  return pairsOf(flat).flatMap(([id, record]) => (id === null || record === null ? [] : [decodeRecord(id, record)]))
}

export function readCounters<Name extends string>(
  names: readonly Name[],
  counters: ReadonlyMap<string, number>,
  prefix = '',
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, counters.get(prefix + name) ?? 0])) as Record<Name, number>
}

export function readNumbers(flat: readonly string[]): Map<string, number> {
  return new Map(pairsOf(flat).map(([field, value]) => [field, Number(value)]))
}

/** Lags by bucket, and how many of them are upper bounds only. */
export function readLags(flat: readonly string[]): { readonly hist: Map<number, number>; readonly upper: number } {
  const counts = readNumbers(flat)
  const upper = counts.get('upper') ?? 0
  counts.delete('upper')
  return { hist: new Map([...counts].map(([bucket, count]) => [Number(bucket), count])), upper }
}

/** The `history` script's reply: slot, lags, what happened; and again. */
export type HistoryReply = readonly (number | readonly string[])[]

export function readHistory(reply: HistoryReply, slotMs: number): HistoryPoint[] {
  return Array.from({ length: reply.length / 3 }, (_, index): HistoryPoint => {
    const [slot, lags, did] = reply.slice(3 * index, 3 * index + 3) as [number, readonly string[], readonly string[]]
    const { hist, upper } = readLags(lags)
    const n = readNumbers(did)
    const closed = readCounters(VERDICTS, n, 'v:')
    const of = (field: string): number => n.get(field) ?? 0
    return {
      at: slot * slotMs,
      hist,
      upper,
      did: {
        ...closed,
        received: of('received'),
        reopened: of('reopened'),
        late: of('lateEver'),
        failed: of('failedEver'),
      },
    }
  })
}

/** The `snapshot` script's reply. */
export type SnapshotReply = readonly [
  counters: readonly string[],
  due: number,
  parked: number,
  early: number,
  expired: number,
  oldest: string,
  incidents: readonly string[],
  lags: readonly string[],
  audit: string,
]

export function readSnapshot(pair: string, reply: SnapshotReply): PairSnapshot {
  const [flat, due, parked, early, expired, oldest, incidents, lags, audit] = reply
  const n = readNumbers(flat)
  const of = (field: string): number => n.get(field) ?? 0
  const { hist, upper } = readLags(lags)
  const lag: LagSummary = summarise(hist, upper)
  return {
    pair,
    received: of('received'),
    reopened: of('reopened'),
    duplicates: of('duplicate'),
    unannounced: of('unannounced') + expired,
    early,
    closed: readCounters(VERDICTS, n, 'v:'),
    // Anchored in the sets themselves, so that `open` cannot drift from what is really there.
    open: {
      waiting: due - of('late'),
      late: of('late'),
      mismatched: of('mismatched'),
      failed: parked - of('mismatched'),
    },
    evidence: readCounters(EVIDENCE, n, 'e:'),
    notes: readCounters(NOTES, n, 'note:'),
    purged: of('purged'),
    tampering: of('tampering'),
    lateEver: of('lateEver'),
    bytesAtRisk: of('bytes'),
    ...(oldest === '' ? {} : { oldest: Number(oldest) }),
    ...(n.has('newest') ? { newestEvent: of('newest') } : {}),
    lag,
    incidents: readIncidents(incidents),
    ...(audit === '' ? {} : { audit: JSON.parse(audit) as AuditSummary }),
  }
}

/** Oldest first. */
export function readIncidents(texts: readonly string[]): Incident[] {
  return texts
    .map((text) => JSON.parse(text) as Incident)
    .sort((a, b) => a.since - b.since || (a.reason < b.reason ? -1 : 1))
}

export function pairsOf<T>(flat: readonly T[]): [T, T][] {
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!])
}
