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

/** A slot with its lags summed up, which is what a chart shows. */
export interface Summed {
  readonly lag: LagSummary
  readonly did: Readonly<Record<Happening, number>>
}

export function summed({ hist, upper, did }: Pick<HistoryPoint, 'hist' | 'upper' | 'did'>): Summed {
  return { lag: summarise(hist, upper), did }
}

/**
 * Every slot that begins in [fromMs, toMs), those in which nothing happened included: a gap in a chart would read as no
 * data. What never happened in the range is left out.
 */
export function seriesOf(
  slots: ReadonlyMap<number, Summed>,
  { fromMs, toMs, slotMs }: { readonly fromMs: number; readonly toMs: number; readonly slotMs: number },
): Series {
  const first = Math.ceil(fromMs / slotMs) * slotMs
  const at = Array.from({ length: Math.max(0, Math.ceil((toMs - first) / slotMs)) }, (_, n) => first + n * slotMs)
  const inOrder = at.map((time) => slots.get(time))
  const happened = HAPPENINGS.filter((what) => inOrder.some((slot) => (slot?.did[what] ?? 0) > 0))
  return {
    slotMs,
    at,
    lag: {
      p50: inOrder.map((slot) => slot?.lag.p50 ?? null),
      p95: inOrder.map((slot) => slot?.lag.p95 ?? null),
      p99: inOrder.map((slot) => slot?.lag.p99 ?? null),
    },
    did: Object.fromEntries(happened.map((what) => [what, inOrder.map((slot) => slot?.did[what] ?? 0)])),
  }
}
