/** Gathers what `status`, the snapshot and the page show, from the ledger and the queues. */
import { type StatusReport, statusReport } from '../domain/status.ts'
import type { DumpHealth } from '../domain/dump/health.ts'
import type { QueueDepth } from '../domain/snapshot.ts'
import type { Clock, Ledger, RepairLedger } from '../ports.ts'

export interface StatusNeeds {
  readonly estate: {
    readonly name: string
    readonly pairs: readonly { readonly name: string }[]
    readonly queues: readonly { readonly name: string }[]
  }
  readonly ledger: Pick<Ledger, 'snapshot' | 'oldest' | 'counters' | 'newestEvents' | 'health' | 'identity'> &
    Pick<RepairLedger, 'jobs'>
  readonly clock: Clock
  /** Left out where the queues are not to be asked (no request is made). */
  readonly depths?: (() => Promise<readonly QueueDepth[]>) | undefined
  /** Left out where the estate has no dumps. Never rejects. */
  readonly dumps?: (() => Promise<readonly DumpHealth[]>) | undefined
}

export type GatherStatus = (options: { readonly head: number }) => Promise<StatusReport>

/** `head` is how many of the oldest open versions are listed per pair (0: none). */
export function makeGatherStatus({ estate, ledger, clock, depths, dumps }: StatusNeeds): GatherStatus {
  return async ({ head }) => {
    const [pairs, counters, newestEvents, health, identity, queueDepths, dumpHealth] = await Promise.all([
      Promise.all(
        estate.pairs.map(async ({ name }) => {
          const [snapshot, redrives, oldest] = await Promise.all([
            ledger.snapshot(name),
            ledger.jobs(name),
            head > 0 ? ledger.oldest(name, head) : [],
          ])
          return { snapshot: { ...snapshot, redrives }, head: oldest }
        }),
      ),
      ledger.counters(),
      ledger.newestEvents(),
      ledger.health(),
      ledger.identity(),
      depths?.(),
      dumps?.(),
    ])
    return statusReport({
      now: clock.now(),
      estate: estate.name,
      pairs,
      queues: estate.queues.map(({ name }) => name),
      newestEvents,
      depths: queueDepths,
      dumps: dumpHealth,
      counters,
      ledger: health,
      identity,
    })
  }
}
