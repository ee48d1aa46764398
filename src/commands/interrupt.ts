/**
 * Ctrl-C and SIGTERM for commands that must end in order: the first asks them to stop, the next one ends the process at
 * once (exit code 7), unless the command has a use for it.
 */
import { EXIT } from '../domain/errors.ts'

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal
  /** Whether another signal comes within `ms`; meanwhile it does not end the process. */
  again(ms: number): Promise<boolean>
  /** Listens no more. */
  close(): void
}

export function listenForInterrupt(): Interrupt {
  const first = new AbortController()
  let claimed: (() => void) | undefined
  const listener = (): void => {
    if (claimed !== undefined) claimed()
    else if (first.signal.aborted) process.exit(EXIT.forced)
    else first.abort()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return {
    signal: first.signal,
    async again(ms) {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      claimed = () => resolve(true)
      const timer = setTimeout(() => resolve(false), ms)
      try {
        return await promise
      } finally {
        claimed = undefined
        clearTimeout(timer)
      }
    },
    close() {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    },
  }
}
