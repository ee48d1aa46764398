/**
 * Job `sweep`: compares each shipment's two places by listing, and orders what is missing. The safety net under the
 * events, which may be lost, or not set up.
 */
import type { Shipment } from '../config/estate-dumps.ts'
import { isShipped, shippedKey, type ToShip } from '../domain/dump/shipments.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { DumpStore, Handler, Log } from '../ports.ts'
import { allVersions } from './dump-catalog.ts'

export interface SweepNeeds {
  readonly shipments: readonly Shipment[]
  readonly store: (place: Shipment['from']) => Pick<DumpStore, 'versions'>
  readonly order: (wanted: readonly ToShip[]) => Promise<void>
  readonly log: Log
}

export function makeSweep({ shipments, store, order, log }: SweepNeeds): Handler<object> {
  return async (_, signal) => {
    for (const shipment of shipments) {
      try {
        const wanted = await missingOf(shipment, store, signal)
        if (wanted.length > 0)
          log.info({ shipment: shipment.name, dumps: wanted.length }, 'the sweep found dumps to ship')
        await order(wanted)
      } catch (error) {
        // One place that does not answer must not hold up the others; the next sweep comes soon.
        if (!isLandfallError(error) || signal.aborted) throw error
        const ids = { shipment: shipment.name, code: error.code, error: error.message, next: error.hint }
        log.warn(ids, 'a shipment could not be swept')
      }
    }
    return { kind: 'done' }
  }
}

/** Current objects at the source of which no version of the same size is at the destination, hidden ones included. */
export async function missingOf(
  shipment: Shipment,
  store: SweepNeeds['store'],
  signal?: AbortSignal,
): Promise<readonly ToShip[]> {
  const [from, to] = await Promise.all(
    [shipment.from, shipment.to].map(async (place) => allVersions(store(place), place.prefix, signal)),
  )
  const there = new Set(to!.filter(({ kind }) => kind === 'object').map(({ key, size }) => `${size} ${key}`))
  return from!
    .filter(({ kind, latest, key }) => kind === 'object' && latest && isShipped(shipment, key))
    .filter(({ key, size }) => !there.has(`${size} ${shippedKey(shipment, key)}`))
    .map(({ key }) => ({ shipment: shipment.name, key }))
}
