/**
 * The charts' history. One pair's is read when it is asked for; the estate's is kept in memory, since it is the sum of
 * some thousand minutes of each pair: read once in the background, and from then on only what may still change.
 */
import {
  addPoint,
  emptySlot,
  HISTORY_STEP_MS,
  type HistoryStep,
  type Series,
  type Slot,
  type Summed,
  seriesOf,
  summed,
} from '../domain/history.ts'
import type { Clock, Ledger, Log } from '../ports.ts'

export const RANGES = {
  '24h': { step: 'minute', rangeMs: 24 * 3_600_000 },
  '8d': { step: 'hour', rangeMs: 8 * 24 * 3_600_000 },
} as const satisfies Record<string, { step: HistoryStep; rangeMs: number }>
export type Range = keyof typeof RANGES

export interface PastNeeds {
  readonly pairs: readonly string[]
  readonly ledger: Pick<Ledger, 'history'>
  readonly clock: Clock
  readonly log: Log
}

export interface Past {
  /** Of one pair, or of all together. */
  series(range: Range, pair?: string): Promise<Series>
  /** Reads what is missing, newest first, and the slots that may still change. */
  update(signal: AbortSignal): Promise<void>
}

/** So much of one pair's past is read at a time. */
const CHUNK_SLOTS = 60
/** A container that has just settled something may be a moment behind. */
const SETTLED_MS = 15_000
/** Asked for again within it, the estate's series is the same. */
const FRESH_MS = 5_000

export function makePast({ pairs, ledger, clock, log }: PastNeeds): Past {
  const kept = { '24h': makeKept(), '8d': makeKept() }
  let updatedAt: number | undefined
  let updating: Promise<void> | undefined

  async function read(range: Range, fromMs: number, toMs: number): Promise<void> {
    const { step } = RANGES[range]
    const slotMs = HISTORY_STEP_MS[step]
    const began = clock.now()
    const slots = new Map<number, Slot>()
    // One pair after the other: the past is in no hurry, and what is under way in Redis is.
    for (const pair of pairs) {
      for (const point of await ledger.history(pair, { step, fromMs, toMs })) {
        slots.set(point.at, addPoint(slots.get(point.at) ?? emptySlot(), point))
      }
    }
    for (let at = fromMs; at < toMs; at += slotMs) {
      const slot = slots.get(at)
      if (slot === undefined) kept[range].slots.delete(at)
      else kept[range].slots.set(at, summed(slot))
      if (at + slotMs + SETTLED_MS < began) kept[range].whole.add(at)
    }
  }

  async function updateRange(range: Range, signal: AbortSignal | undefined): Promise<void> {
    const { step, rangeMs } = RANGES[range]
    const slotMs = HISTORY_STEP_MS[step]
    const { slots, whole } = kept[range]
    const end = floor(clock.now(), slotMs) + slotMs
    const start = end - rangeMs
    for (const at of slots.keys()) if (at < start) slots.delete(at)
    for (const at of whole) if (at < start) whole.delete(at)
    for (let to = end; to > start;) {
      if (signal?.aborted) return
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

  async function updateAll(signal?: AbortSignal): Promise<void> {
    updating ??= (async () => {
      const began = clock.now()
      for (const range of ['24h', '8d'] as const) await updateRange(range, signal)
      updatedAt = began
    })().finally(() => {
      updating = undefined
    })
    return updating
  }

  return {
    async series(range, pair) {
      const { step, rangeMs } = RANGES[range]
      const slotMs = HISTORY_STEP_MS[step]
      // While the first reading is under way, what there is of it is shown; later ones are about a few slots.
      if (pair === undefined && updatedAt !== undefined && clock.now() - updatedAt > FRESH_MS) await updateAll()
      const toMs = floor(clock.now(), slotMs) + slotMs
      const wanted = { fromMs: toMs - rangeMs, toMs, slotMs }
      if (pair === undefined) return seriesOf(kept[range].slots, wanted)
      const points = await ledger.history(pair, { step, fromMs: wanted.fromMs, toMs })
      return seriesOf(new Map(points.map((point) => [point.at, summed(point)])), wanted)
    },
    async update(signal) {
      try {
        await updateAll(signal)
      } catch (error) {
        // The charts wait; whatever is wrong with Redis is told by everything else.
        log.debug({ err: error }, 'the history could not be read')
      }
    },
  }
}

function makeKept(): { readonly slots: Map<number, Summed>; readonly whole: Set<number> } {
  return { slots: new Map(), whole: new Set() }
}

function floor(at: number, slotMs: number): number {
  return Math.floor(at / slotMs) * slotMs
}
