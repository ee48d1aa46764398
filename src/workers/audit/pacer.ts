/**
 * How fast one bucket is asked: as fast as it answers, until it asks to slow down (503 SlowDown); then slower at once, and
 * faster again by and by. A request that was turned away is repeated, and each costs what the first one did.
 *
 * Source: Amazon S3 user guide, "Best practices design patterns: optimizing Amazon S3 performance".
 */
import { isLandfallError } from '../../domain/errors.ts'
import type { Clock, Random } from '../../ports.ts'

export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>

export interface Pacer {
  /** Rejects with what `call` rejects with, when repeating it is of no use, or was of none. */
  run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Requests that had to be repeated. */
  readonly repeated: number
  /** Requests a second that are allowed now; undefined: as many as go. */
  readonly perSecond: number | undefined
}

const SLOWER = 0.7
const FASTER = 1.25
const STEP_MS = 1_000
/** Below this, slowing down more helps no bucket. */
const LEAST_PER_SECOND = 50
const THROTTLED_TRIES = 20
/** With the waits between them about a minute: longer than S3's usual bad moments, shorter than an outage. */
const UNREACHABLE_TRIES = 8
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 20_000

export function makePacer(needs: { readonly clock: Clock; readonly random: Random; readonly pause: Pause }): Pacer {
  const { clock, random, pause } = needs
  let perSecond: number | undefined
  /** When the rate was last changed. */
  let changedAt = 0
  let throttledAt = 0
  let nextAt = 0
  let repeated = 0
  let windowAt = 0
  let windowCount = 0
  let lastRate = 0
  /** The rate at which the first request of this spell was turned away: well above it, nothing holds any more. */
  let highest = 0

  function count(now: number): void {
    if (now - windowAt >= STEP_MS) {
      lastRate = windowCount / ((now - windowAt) / 1000)
      windowAt = now
      windowCount = 0
    }
    windowCount += 1
  }

  function recover(now: number): void {
    if (perSecond === undefined || now - changedAt < STEP_MS || now - throttledAt < STEP_MS) return
    changedAt = now
    perSecond *= FASTER
    if (perSecond > 2 * highest) perSecond = undefined
  }

  function slowDown(now: number): void {
    throttledAt = now
    // All that were on their way together are turned away together: that is one reason, not a hundred.
    if (perSecond !== undefined && now - changedAt < STEP_MS) return
    changedAt = now
    const rate = perSecond ?? Math.max(lastRate, windowCount)
    highest = perSecond === undefined ? rate : highest
    perSecond = Math.max(LEAST_PER_SECOND, rate * SLOWER)
  }

  async function turn(signal?: AbortSignal): Promise<void> {
    const now = clock.now()
    recover(now)
    count(now)
    if (perSecond === undefined) return
    const at = Math.max(now, nextAt)
    nextAt = at + 1000 / perSecond
    if (at > now) await pause(at - now, signal)
  }

  return {
    async run(call, signal) {
      for (let attempt = 1; ; attempt += 1) {
        await turn(signal)
        try {
          return await call()
        } catch (error) {
          if (!isLandfallError(error) || error.disposition !== 'retryable') throw error
          const throttled = error.code === 'AWS_THROTTLED'
          if (throttled) slowDown(clock.now())
          if (attempt >= (throttled ? THROTTLED_TRIES : UNREACHABLE_TRIES)) throw error
          repeated += 1
          const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))
          await pause(longest * (0.5 + random.next() / 2), signal)
        }
      }
    },
    get repeated() {
      return repeated
    },
    get perSecond() {
      return perSecond
    },
  }
}
