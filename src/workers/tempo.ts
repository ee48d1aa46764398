/**
 * How soon to look at a version that was just booked: follows the lag that the pair shows, and how much of it the
 * destination's own events tell. Read from the ledger every few seconds, so that containers agree.
 */
import { firstLookMs } from '../domain/schedule.ts'
import type { PairSnapshot } from '../domain/snapshot.ts'
import { EVIDENCE } from '../domain/version.ts'
import type { Clock, Ledger } from '../ports.ts'

export interface Tempo {
  /** Milliseconds after the source's event. */
  firstLookMs(pair: string): Promise<number>
}

export interface TempoNeeds {
  readonly pairs: readonly {
    readonly name: string
    readonly firstLook: { readonly minMs: number; readonly maxMs: number }
    readonly lateAfterMs: number
  }[]
  readonly ledger: Pick<Ledger, 'snapshot'>
  readonly clock: Clock
}

const FRESH_MS = 5_000
/** Fewer newly landed versions than this say nothing about how they land now. */
const ENOUGH = 20

interface Known {
  readonly at: number
  readonly firstLookMs: number
  readonly eventShare: number
  /** Totals when the share was last computed. */
  readonly byEvent: number
  readonly landed: number
}

export function makeTempo({ pairs, ledger, clock }: TempoNeeds): Tempo {
  const policies = new Map(pairs.map((pair) => [pair.name, pair]))
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<Known>>()

  async function learn(name: string): Promise<Known> {
    const snapshot = await ledger.snapshot(name)
    const fresh = sharesOf(snapshot, known.get(name))
    const policy = policies.get(name)!
    const next = {
      ...fresh,
      at: clock.now(),
      firstLookMs: firstLookMs({ lag: snapshot.lag, eventShare: fresh.eventShare, policy }),
    }
    known.set(name, next)
    return next
  }

  return {
    async firstLookMs(name) {
      const last = known.get(name)
      if (last !== undefined && clock.now() - last.at < FRESH_MS) return last.firstLookMs
      // Many batches at once ask once.
      let asked = asking.get(name)
      if (asked === undefined) {
        asked = learn(name).finally(() => asking.delete(name))
        asking.set(name, asked)
      }
      return (await asked).firstLookMs
    },
  }
}

function sharesOf(snapshot: PairSnapshot, before: Known | undefined): Pick<Known, 'eventShare' | 'byEvent' | 'landed'> {
  const byEvent = snapshot.evidence.event
  // `rule` closes without a replica: it says nothing about how replicas are seen.
  const landed = EVIDENCE.reduce((sum, kind) => sum + (kind === 'rule' ? 0 : snapshot.evidence[kind]), 0)
  const since = before ?? { byEvent: 0, landed: 0, eventShare: 0 }
  if (landed - since.landed < ENOUGH) return since
  return { byEvent, landed, eventShare: (byEvent - since.byEvent) / (landed - since.landed) }
}
