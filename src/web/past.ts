/**
 * The charts' history. One pair's is read when it is asked for; the estate's is kept in memory, since it is the sum of
 * some thousand minutes of each pair: read once in the background, and then the last slots again.
 */
import { type HistoryStep, type Series, seriesOf, type Slot, slotsOf } from '../domain/history.ts'
import type { Clock, Ledger, Log } from '../ports.ts'

export const RANGES = {
  '24h': { step: 'minute', rangeMs: 24 * 3_600_000, slotMs: 5 * 60_000 },
  '8d': { step: 'hour', rangeMs: 8 * 24 * 3_600_000, slotMs: 3_600_000 },
} as const satisfies Record<string, { step: HistoryStep; rangeMs: number; slotMs: number }>
export type Range = keyof typeof RANGES

export interface PastNeeds {
  readonly pairs: readonly string[]
  readonly ledger: Pick<Ledger, 'history'>
  readonly clock: Clock
  readonly log: Log
}

export interface Past {
  /** Of one pair, by minutes or hours; of all, by five minutes or hours. */
  series(range: Range, pair?: string): Promise<Series>
  /** Reads what is missing, newest first, and the slots that may still change. */
  update(signal: AbortSignal): Promise<void>
}

/** So much of the past is read at a time: 100 pairs of it are about 20 ms of Redis' time. */
const CHUNK_SLOTS = 6
/** A script of another container may have run a moment later than ours. */
const SETTLED_MS = 60_000

export function makePast({ pairs, ledger, clock, log }: PastNeeds): Past {
  const kept = { '24h': makeKept(), '8d': makeKept() }

  async function read(range: Range, fromMs: number, toMs: number): Promise<void> {
    const { step, slotMs } = RANGES[range]
    const slots = new Map<number, Slot>()
    // One pair after the other: the past is in no hurry, and what is under way in Redis is.
    for (const pair of pairs) slotsOf(await ledger.history(pair, { step, fromMs, toMs }), slotMs, slots)
    for (let at = fromMs; at < toMs; at += slotMs) {
      const slot = slots.get(at)
      if (slot === undefined) kept[range].slots.delete(at)
      else kept[range].slots.set(at, slot)
      if (at + slotMs + SETTLED_MS < clock.now()) kept[range].whole.add(at)
    }
  }

  async function updateRange(range: Range, signal: AbortSignal): Promise<void> {
    const { rangeMs, slotMs } = RANGES[range]
    const { slots, whole } = kept[range]
    const end = floor(clock.now(), slotMs) + slotMs
    const start = end - rangeMs
    for (const at of slots.keys()) if (at < start) slots.delete(at)
    for (const at of whole) if (at < start) whole.delete(at)
    for (let to = end; to > start && !signal.aborted;) {
      if (whole.has(to - slotMs)) {
        to -= slotMs
        continue
      }
      let from = to - slotMs
      while (from > start && to - from < CHUNK_SLOTS * slotMs && !whole.has(from - slotMs)) from -= slotMs
      await read(range, from, to)
      to = from
    }
  }

  return {
    async series(range, pair) {
      const { step, rangeMs, slotMs } = RANGES[range]
      const now = clock.now()
      if (pair === undefined) {
        const toMs = floor(now, slotMs) + slotMs
        return seriesOf(kept[range].slots, { fromMs: toMs - rangeMs, toMs, slotMs })
      }
      const own = step === 'minute' ? 60_000 : slotMs
      const toMs = floor(now, own) + own
      const points = await ledger.history(pair, { step, fromMs: toMs - rangeMs, toMs })
      return seriesOf(slotsOf(points, own), { fromMs: toMs - rangeMs, toMs, slotMs: own })
    },
    async update(signal) {
      try {
        for (const range of ['24h', '8d'] as const) await updateRange(range, signal)
      } catch (error) {
        // The charts wait; whatever is wrong with Redis is told by everything else.
        log.debug({ err: error }, 'the history could not be read')
      }
    },
  }
}

function makeKept(): { readonly slots: Map<number, Slot>; readonly whole: Set<number> } {
  return { slots: new Map(), whole: new Set() }
}

function floor(at: number, slotMs: number): number {
  return Math.floor(at / slotMs) * slotMs
}
