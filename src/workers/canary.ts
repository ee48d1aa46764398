/** Writes canaries, and finds out what became of them: by the ledger, which intake tells of their events, or by a look. */
import { type Canary, CANARY_KEY } from '../domain/canary.ts'
import type { CanaryRun } from '../domain/doctor/surroundings.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { CanaryLedger, Clock, Handler, Log, ObjectStore } from '../ports.ts'

export interface CanaryNeeds<P extends { readonly name: string; readonly match: 'version' | 'content' }> {
  readonly write: (pair: P) => Promise<string>
  readonly ledger: CanaryLedger
  readonly objects: Pick<ObjectStore, 'listVersion'>
}

/** Between two looks at the destination, whose own event may not come. */
const LOOK_MS = 5_000

export function makeCanary<P extends { readonly name: string; readonly match: 'version' | 'content' }>(
  needs: CanaryNeeds<P>,
): {
  send(pair: P): Promise<string>
  /** Whether it is at the destination; then the ledger knows as well. */
  look(pair: P, versionId: string): Promise<boolean>
} {
  const { write, ledger, objects } = needs
  return {
    async send(pair) {
      const versionId = await write(pair)
      await ledger.canaryWritten(pair.name, versionId)
      return versionId
    },
    async look({ name, match }, versionId) {
      // Other tools give it an id of its own.
      if (match !== 'version') return false
      const found = await objects.listVersion({ pair: name, side: 'destination', key: CANARY_KEY, versionId })
      if (found.kind !== 'object') return false
      await ledger.canaryStep({ pair: name, step: 'landed', versionId })
      return true
    },
  }
}

/** Writes one, and waits until it was seen and has landed, or the time is over. Throws `LandfallError`. */
export async function followCanary<P extends { readonly name: string; readonly match: 'version' | 'content' }>(
  needs: CanaryNeeds<P> & {
    readonly clock: Clock
    readonly pause: (ms: number) => Promise<unknown>
    readonly everyMs?: number | undefined
  },
  pair: P,
  waitMs: number,
): Promise<CanaryRun> {
  const { clock, pause, ledger, everyMs = 250 } = needs
  const canary = makeCanary(needs)
  const versionId = await canary.send(pair)
  const began = clock.now()
  let lookAt = began + LOOK_MS
  let now: Canary | undefined
  for (;;) {
    now = await ledger.canary(pair.name)
    // Another run may have written the next one meanwhile: then this one's end is not known.
    if (now?.versionId !== versionId) break
    if (now.seenAt !== undefined && now.landedAt !== undefined) break
    const at = clock.now()
    const over = at - began >= waitMs
    if (now.landedAt === undefined && (over || at >= lookAt)) {
      lookAt = at + LOOK_MS
      if ((await canary.look(pair, versionId)) && !over) continue
    }
    if (over) {
      now = await ledger.canary(pair.name)
      break
    }
    await pause(everyMs)
  }
  const { seenAt, landedAt, writtenAt = began } = now?.versionId === versionId ? now : {}
  const after = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : Math.max(0, at - writtenAt)
  return {
    versionId,
    seenAfterMs: after(seenAt),
    landedAfterMs: after(landedAt),
    waitedMs: clock.now() - began,
  }
}

/** Every so often, in one container: looks for what became of the last one where no event told, and writes the next. */
export function makeCanaryJob<P extends { readonly name: string; readonly match: 'version' | 'content' }>(
  needs: CanaryNeeds<P> & { readonly pairs: readonly P[]; readonly log: Log },
): Handler<object> {
  const { pairs, ledger, log } = needs
  const canary = makeCanary(needs)
  return async () => {
    await Promise.all(
      pairs.map(async (pair) => {
        try {
          const last = await ledger.canary(pair.name)
          if (last !== undefined && last.landedAt === undefined) await canary.look(pair, last.versionId)
          await canary.send(pair)
        } catch (error) {
          // One region that is down is no reason to let the others go without.
          if (!isLandfallError(error)) throw error
          const { code, message, hint } = error
          log.warn({ pair: pair.name, code, error: message, next: hint }, 'no canary could be written')
        }
      }),
    )
    return { kind: 'done' }
  }
}
