/** What re-drives need of the other rooms, and what their parts share. */
import { isOpen, openIncident, type ProbePolicy, timesBack } from '../../domain/repair/incident.ts'
import type { Rate } from '../../domain/repair/pace.ts'
import type { Cost } from '../../domain/repair/cost.ts'
import type { DrivePolicy } from '../../domain/redrive.ts'
import { failureOf } from '../../domain/failures.ts'
import type { BatchReplication, Clock, Copier, Ledger, Log, Random, RepairLedger } from '../../ports.ts'

export interface PairToRedrive extends DrivePolicy {
  readonly name: string
  readonly redrive: DrivePolicy['redrive'] & {
    readonly everyMs: number
    readonly rate: Rate
    readonly hourly: Cost
    readonly probe: ProbePolicy
  }
}

export type RedriveLedger = Pick<Ledger, 'lease' | 'nudge' | 'book' | 'note' | 'durable'> &
  Pick<
    RepairLedger,
    | 'parked'
    | 'find'
    | 'wanted'
    | 'claim'
    | 'unclaim'
    | 'inHand'
    | 'saveJob'
    | 'endJob'
    | 'jobs'
    | 'incidents'
    | 'saveIncident'
    | 'endIncident'
    | 'spend'
    | 'record'
    | 'acts'
  >

export interface RedriveNeeds {
  readonly pairs: readonly PairToRedrive[]
  readonly ledger: RedriveLedger
  readonly batch: BatchReplication
  readonly copier: Copier
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Names this container, for leases. */
  readonly holder: string
  /** Waits; returns early when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * One pair's turn: everything its parts are given. `keep` renews the lease, for so much longer than a step takes, and throws
 * `LeaseLost` when it is gone.
 */
export interface Turn {
  readonly pair: PairToRedrive
  readonly signal: AbortSignal
  readonly keep: (longerMs?: number) => Promise<void>
}

/** Another container has the pair: whatever is half done is booked, and it goes on with it. */
export class LeaseLost extends Error {}

/** `automatic`, where no person ordered it. */
export const AUTOMATIC = 'automatic'
export const WHO = 'landfall'

/** Acts that are looked through for an incident's own past. */
const ACTS = 500
/** Longest probe intervals: an incident that is back within so many is no news. */
const RECENT = 2

/** Opens an incident, or begins one anew, and raises it once. */
export async function raise(
  { ledger, clock, log }: Pick<RedriveNeeds, 'ledger' | 'clock' | 'log'>,
  pair: PairToRedrive,
  cause: { readonly reason: string; readonly versions: number; readonly probe?: string; readonly detail?: string },
): Promise<void> {
  const { reason, versions, probe, detail } = cause
  const { name } = pair
  const now = clock.now()
  const since = now - RECENT * pair.redrive.probe.maxMs
  const back = timesBack(await ledger.acts(ACTS), { pair: name, reason }, since)
  const incident = { ...openIncident(reason, now, pair.redrive.probe, back), versions, probe, detail }
  await ledger.saveIncident(name, incident)
  const { hint } = failureOf(reason)
  const ids = { pair: name, reason, versions, detail, next: hint }
  if (back === 0) log.error(ids, 'an incident holds re-drives')
  else log.warn({ ...ids, times: back }, 'an incident is back')
  await ledger.record({ who: WHO, what: 'incident opened', pair: name, count: versions, reason })
}

/** The incident of this cause stands open. */
export async function standing(
  ledger: Pick<RedriveLedger, 'incidents'>,
  pair: PairToRedrive,
  reason: string,
): Promise<Awaited<ReturnType<RedriveLedger['incidents']>>[number] | undefined> {
  return (await ledger.incidents(pair.name)).find((incident) => incident.reason === reason && isOpen(incident))
}
