/**
 * What the last day and the last eight days were like, by minutes and by hours: lags, and how many versions came, landed
 * or failed. The ledger keeps it, so that it survives a restart; what is older is CloudWatch's.
 */
import { addLags, summarise } from './lag.ts'
import type { LagSummary } from './snapshot.ts'
import { type Verdict, VERDICTS } from './version.ts'

export const HISTORY_STEP_MS = { minute: 60_000, hour: 3_600_000 } as const
export type HistoryStep = keyof typeof HISTORY_STEP_MS

/** Events of versions, counted when they happened. `late` and `failed`: each time a version turned so. */
export type Happening = Verdict | 'received' | 'reopened' | 'late' | 'failed'
export const HAPPENINGS: readonly Happening[] = [...VERDICTS, 'received', 'reopened', 'late', 'failed']

export interface HistoryPoint {
  /** When the minute or hour began, ms. */
  readonly at: number
  /** Lags by bucket (lag.ts). */
  readonly hist: ReadonlyMap<number, number>
  /** How many of the lags are only upper bounds. */
  readonly upper: number
  readonly did: Readonly<Record<Happening, number>>
}

/** A chart's columns: parallel arrays, one element a slot, `null` where there was no lag. Times in ms. */
export interface Series {
  readonly slotMs: number
  readonly at: readonly number[]
  readonly lag: Readonly<Record<'p50' | 'p95' | 'p99', readonly (number | null)[]>>
  readonly did: Readonly<Partial<Record<Happening, readonly number[]>>>
}

export interface Slot {
  hist: Map<number, number>
  upper: number
  did: Record<Happening, number>
}

export function emptySlot(): Slot {
  return { hist: new Map(), upper: 0, did: Object.fromEntries(HAPPENINGS.map((what) => [what, 0])) as Slot['did'] }
}

export function addPoint(into: Slot, point: Pick<HistoryPoint, 'hist' | 'upper' | 'did'>): Slot {
  addLags(into.hist, point.hist)
  into.upper += point.upper
  for (const what of HAPPENINGS) into.did[what] += point.did[what]
  return into
}

/** Points into slots of `slotMs`, by the time their slot began. */
export function slotsOf(
  points: Iterable<HistoryPoint>,
  slotMs: number,
  into = new Map<number, Slot>(),
): Map<number, Slot> {
  for (const point of points) {
    const at = Math.floor(point.at / slotMs) * slotMs
    const slot = into.get(at) ?? emptySlot()
    into.set(at, addPoint(slot, point))
  }
  return into
}

/**
 * Every slot that begins in [fromMs, toMs), those in which nothing happened included: a gap in a chart would read as no
 * data. Verdicts that never happened in the range are left out.
 */
export function seriesOf(
  slots: ReadonlyMap<number, Slot>,
  { fromMs, toMs, slotMs }: { readonly fromMs: number; readonly toMs: number; readonly slotMs: number },
): Series {
  const first = Math.ceil(fromMs / slotMs) * slotMs
  const at = Array.from({ length: Math.max(0, Math.ceil((toMs - first) / slotMs)) }, (_, n) => first + n * slotMs)
  const summaries = at.map((time): LagSummary | undefined => {
    const slot = slots.get(time)
    return slot && summarise(slot.hist, slot.upper)
  })
  const happened = HAPPENINGS.filter((what) => at.some((time) => (slots.get(time)?.did[what] ?? 0) > 0))
  return {
    slotMs,
    at,
    lag: {
      p50: summaries.map((summary) => summary?.p50 ?? null),
      p95: summaries.map((summary) => summary?.p95 ?? null),
      p99: summaries.map((summary) => summary?.p99 ?? null),
    },
    did: Object.fromEntries(happened.map((what) => [what, at.map((time) => slots.get(time)?.did[what] ?? 0)])),
  }
}
