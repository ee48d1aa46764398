/** Waiting, so that tests can turn the hands themselves. */
import type { Random } from '../ports.ts'

export interface Timers {
  /** Runs `fn` once after `ms`; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void
}

export const realTimers: Timers = {
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or at once when `signal` aborts: it never rejects, so a loop just looks at its signal again. */
export function sleep(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = timers.after(ms, finish)
  function finish(): void {
    cancel()
    signal.removeEventListener('abort', finish)
    resolve()
  }
  signal.addEventListener('abort', finish, { once: true })
  return promise
}

/** Resolves with the promise, or with `undefined` when `signal` aborts first. The promise goes on by itself. */
export async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const listener = (): void => resolve(undefined)
  signal.addEventListener('abort', listener, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    // A signal that lives as long as the process would otherwise collect one listener per wait.
    signal.removeEventListener('abort', listener)
  }
}

export interface Backoff {
  readonly baseMs: number
  readonly maxMs: number
}

/** Milliseconds before attempt `failures + 1`: doubling, capped, and cut by up to half at random so that containers spread. */
export function backoffMs(failures: number, { baseMs, maxMs }: Backoff, random: Random): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30))
  return Math.round(full * (0.5 + random.next() / 2))
}
