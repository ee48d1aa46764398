/** How the dumps stand, for the page: asked in the background, since a bucket may be slow and the ledger must not wait. */
import type { DumpHealth } from '../domain/dump/health.ts'

export interface DumpStates {
  /** What was known last; undefined until there was an answer, and where the estate has no dumps. */
  view(): readonly DumpHealth[] | undefined
  /** Waits for an answer; empty where the estate has no dumps. */
  read(): Promise<readonly DumpHealth[]>
}

/** `ask` is the one that metrics and status ask too: it lists a bucket every few minutes, however often it is asked. */
export function makeDumpStates(ask: (() => Promise<readonly DumpHealth[]>) | undefined): DumpStates {
  let known: readonly DumpHealth[] | undefined
  let asking: Promise<readonly DumpHealth[]> | undefined

  async function now(): Promise<readonly DumpHealth[]> {
    try {
      known = (await ask?.()) ?? []
      return known
    } finally {
      asking = undefined
    }
  }

  return {
    view() {
      if (ask === undefined) return undefined
      // What cannot be asked leaves what was known.
      asking ??= now()
      asking.catch(() => {})
      return known
    },
    async read() {
      return (asking ??= now())
    },
  }
}
