/**
 * Things to do at a time, with one timer for all of them: a hundred thousand pending replications must not be a hundred
 * thousand timers.
 */
import type { SandboxClock } from './types.ts'

export interface Agenda {
  /** Runs `fn` at `time` (ms since the epoch), or in the next turn where that is past. Same times run in the order they came. */
  at(time: number, fn: () => void): void
  readonly size: number
}

interface Entry {
  readonly time: number
  readonly order: number
  readonly fn: () => void
}

/** So many are run in one turn, lest requests starve when a region comes back and all of its backlog is due at once. */
const TURN = 500

export function makeAgenda(clock: SandboxClock): Agenda {
  const heap: Entry[] = []
  let order = 0
  let armed: { readonly time: number; readonly cancel: () => void } | undefined

  function arm(): void {
    const first = heap[0]
    if (first === undefined || (armed !== undefined && armed.time <= first.time)) return
    armed?.cancel()
    armed = { time: first.time, cancel: clock.after(Math.max(0, first.time - clock.now()), run) }
  }

  function run(): void {
    armed = undefined
    const now = clock.now()
    try {
      for (let left = TURN; left > 0 && heap[0] !== undefined && heap[0].time <= now; left -= 1) pop(heap).fn()
    } finally {
      arm()
    }
  }

  return {
    at(time, fn) {
      push(heap, { time, order, fn })
      order += 1
      arm()
    },
    get size() {
      return heap.length
    },
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  heap.push(entry)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(entry, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = entry
}

function pop(heap: Entry[]): Entry {
  const first = heap[0]!
  const last = heap.pop()!
  if (heap.length === 0) return first
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    if (left >= heap.length) break
    const child = left + 1 < heap.length && before(heap[left + 1]!, heap[left]!) ? left + 1 : left
    if (!before(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return first
}
