import type { SandboxClock } from './types.ts'

export interface ClosableClock extends SandboxClock {
  /** Cancels what is pending; nothing runs afterwards. */
  close(): void
}

/** The machine's clock. Timers never keep the process alive, and none fires after `close`. */
export function makeClock(): ClosableClock {
  const pending = new Set<NodeJS.Timeout>()
  let closed = false
  return {
    now: () => Date.now(),
    after(ms, fn) {
      if (closed) return () => {}
      const timer = setTimeout(() => {
        pending.delete(timer)
        fn()
      }, ms)
      timer.unref()
      pending.add(timer)
      return () => {
        clearTimeout(timer)
        pending.delete(timer)
      }
    },
    close() {
      closed = true
      for (const timer of pending) clearTimeout(timer)
      pending.clear()
    },
  }
}
