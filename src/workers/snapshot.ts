/**
 * Writes the open list (totals and the oldest versions of each pair) to S3 in eu-west-2, so that
 * `landfall status --from-snapshot` tells what is at risk with nothing else up.
 *
 * An emptied Redis must not take that list with it: the snapshot of another ledger that had something at risk is kept
 * aside before it is overwritten.
 */
import { newLedgerId } from '../domain/ledger-id.ts'
import type { Clock, Handler, Ledger, Log, Random, SnapshotLabel, SnapshotStore } from '../ports.ts'
import type { GatherStatus } from './status.ts'

/** Enough to begin a recovery with; the whole list can be a million lines. */
export const SNAPSHOT_HEAD = 1000

export interface SnapshotNeeds {
  readonly gather: GatherStatus
  readonly ledger: Pick<Ledger, 'identity' | 'follow'>
  readonly store: Pick<SnapshotStore, 'write' | 'whose' | 'keep'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export function makeSnapshot({ gather, ledger, store, clock, random, log }: SnapshotNeeds): Handler<object> {
  /** Told of once, also where an outage makes the writing last. */
  const told = new Set<string>()

  return async () => {
    // In this order: a Redis that is emptied after the gathering costs a snapshot too many, and never the list.
    const report = await gather({ head: SNAPSHOT_HEAD })
    const { id } = await ledger.identity(newLedgerId(() => random.next()))
    const found = await store.whose()
    if (found !== undefined && found.ledger !== id && found.atRisk !== 0) await keepAside(found, id)
    const document = JSON.stringify({ ...report, identity: await ledger.identity(id) })
    await store.write(document, { ledger: id, atRisk: report.atRisk.versions })
    return { kind: 'done' }
  }

  async function keepAside({ ledger: before, atRisk }: SnapshotLabel, id: string): Promise<void> {
    await store.keep(before)
    await ledger.follow({ id: before, at: clock.now(), atRisk })
    if (told.has(before)) return
    told.add(before)
    const next = `landfall status --from-snapshot --ledger ${before} lists it; landfall audit --repair restores it.`
    log.error({ ledger: id, before, atRisk, next }, 'this ledger is new: Redis was emptied; its last open list is kept')
  }
}
