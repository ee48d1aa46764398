/**
 * Keeps all connections at work: each lane takes a range that waits, or cuts in two the one that seems to have most left.
 * Lanes that find nothing wait for the others' next step, which may leave something to take over.
 */
import { compareKeys } from '../../domain/audit/key-order.ts'
import { findCuts, type KeyRange, type Probe, progressOf } from '../../domain/audit/ranges.ts'

/** A range in a lane's hands. */
export interface Working {
  /** The first key that was read: where the range began may be far before it. */
  first: string | undefined
  /** All keys up to this one are done with, findings confirmed: where a resumed audit would go on. */
  after: string | undefined
  upTo: string | undefined
  /** The key that is read now; undefined before the first. */
  position(): string | undefined
  /** Ends the range at this key. */
  cut(upTo: string): void
  /** Batches done. */
  batches: number
}

interface Cutting {
  bound: string | undefined
  running: boolean
  /** Not before so many batches: a cut was looked for in vain. */
  notBefore: number
}

export interface Crew {
  /** Runs until no range is left, or `stop()`. Rejects with the first lane's error, after all lanes ended. */
  run(lanes: number, work: (range: Working) => Promise<'ended' | 'stopped'>): Promise<void>
  /** What is left, with what the lanes have in hand: one consistent moment. */
  left(): readonly KeyRange[]
  /** Tells waiting lanes that something moved. */
  moved(): void
  /** Lanes end at their next step. */
  stop(): void
  readonly stopped: boolean
  /** Share of the work that is done, a rough guess: 0 to 1. */
  done(): number
}

/** A cut costs a few requests, so what has less left than this many batches is not cut. */
const LEAST_LEFT = 3
const AGAIN_AFTER = 8

export function makeCrew(ranges: readonly KeyRange[], probe: (side: Working) => Probe): Crew {
  const queue: Weighed[] = ranges.map((range) => ({ ...range, weight: 1 / ranges.length }))
  const active = new Map<Working, Cutting & { weight: number }>()
  let finished = 0
  let stopped = false
  let failure: unknown
  let wake = Promise.withResolvers<void>()

  function moved(): void {
    wake.resolve()
    wake = Promise.withResolvers()
  }

  async function lane(work: (range: Working) => Promise<'ended' | 'stopped'>): Promise<void> {
    for (;;) {
      const working = await obtain()
      if (working === undefined) return
      const cutting = active.get(working)!
      try {
        if ((await work(working)) === 'stopped') {
          queue.push({ after: working.after, upTo: working.upTo, weight: cutting.weight })
        } else finished += cutting.weight
        active.delete(working)
      } catch (error) {
        // What it had left stays left: the checkpoint that is written now has it.
        queue.push({ after: working.after, upTo: working.upTo, weight: cutting.weight })
        active.delete(working)
        failure ??= error
        stopped = true
      } finally {
        moved()
      }
    }
  }

  /** Counted as active from the very moment it is taken: lanes end when nothing waits and nobody works. */
  async function obtain(): Promise<Working | undefined> {
    for (;;) {
      if (stopped) return undefined
      const waiting = queue.shift()
      if (waiting !== undefined) {
        const working = workingOf(waiting)
        active.set(working, { bound: waiting.bound, running: false, notBefore: 1, weight: waiting.weight })
        return working
      }
      if (active.size === 0) return undefined
      const longest = mostLeft()
      if (longest === undefined) await wake.promise
      else await cut(longest)
    }
  }

  function mostLeft(): Working | undefined {
    let best: Working | undefined
    let most = LEAST_LEFT
    for (const [working, cutting] of active) {
      if (cutting.running || working.batches < cutting.notBefore) continue
      const left = batchesLeft(working, cutting)
      if (left < most) continue
      best = working
      most = left
    }
    return best
  }

  async function cut(working: Working): Promise<void> {
    const cutting = active.get(working)!
    const from = working.position()
    if (from === undefined) return wake.promise
    cutting.running = true
    try {
      const { at, bound } = await findCuts(from, { upTo: working.upTo, bound: cutting.bound }, probe(working))
      cutting.bound = bound
      // It was read on meanwhile.
      const position = working.position() ?? from
      const cuts = active.has(working) ? at.filter((place) => compareKeys(place, position) >= 0) : []
      if (cuts.length === 0) {
        cutting.notBefore = working.batches + AGAIN_AFTER
        return
      }
      const upTo = working.upTo
      const weight = cutting.weight / (cuts.length + 1)
      working.upTo = cuts[0]
      working.cut(cuts[0]!)
      cutting.bound = undefined
      cutting.weight = weight
      for (const [index, after] of cuts.entries()) {
        const next = cuts[index + 1]
        queue.push({ after, upTo: next ?? upTo, bound: next === undefined ? bound : undefined, weight })
      }
    } catch {
      // A probe that failed is no finding: the range is read on as it is, and its own requests tell what is wrong.
      cutting.notBefore = working.batches + AGAIN_AFTER
    } finally {
      cutting.running = false
      moved()
    }
  }

  return {
    async run(lanes, work) {
      await Promise.all(Array.from({ length: lanes }, () => lane(work)))
      if (failure !== undefined) throw failure
    },
    left: () => [
      ...[...active.keys()].map(({ after, upTo }) => rangeOf(after, upTo)),
      ...queue.map(({ after, upTo }) => rangeOf(after, upTo)),
    ],
    moved,
    stop() {
      stopped = true
      moved()
    },
    get stopped() {
      return stopped
    },
    done() {
      let share = finished
      for (const [working, { weight, bound }] of active) {
        const position = working.position()
        if (position !== undefined)
          share += weight * progressOf({ after: working.first, upTo: bound ?? working.upTo }, position)
      }
      return Math.min(1, share)
    },
  }
}

interface Weighed extends KeyRange {
  readonly bound?: string | undefined
  readonly weight: number
}

function workingOf({ after, upTo }: KeyRange): Working {
  return { first: undefined, after, upTo, position: () => undefined, cut: () => {}, batches: 0 }
}

function rangeOf(after: string | undefined, upTo: string | undefined): KeyRange {
  return { ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) }
}

function batchesLeft(working: Working, { bound }: Cutting): number {
  const position = working.position()
  if (position === undefined) return 0
  const upTo = bound ?? working.upTo
  // Where the keys end is not known yet: the first probes will tell.
  if (upTo === undefined) return Number.MAX_VALUE
  const progress = progressOf({ after: working.first, upTo }, position)
  return progress <= 0 ? Number.MAX_VALUE : (working.batches * (1 - progress)) / progress
}
