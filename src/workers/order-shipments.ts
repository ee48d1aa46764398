/** Orders shipments as jobs: one at a time for each object, however often it is ordered. */
import { createHash } from 'node:crypto'
import type { ToShip } from '../domain/dump/shipments.ts'

/** The part of the producer that it needs. */
export interface AddsShip {
  add(job: 'ship', data: ToShip, options: { readonly once: string }): Promise<unknown>
}

/** Resolves when all of them are in the queue. */
export function makeOrderShipments(producer: AddsShip): (wanted: readonly ToShip[]) => Promise<void> {
  return async (wanted) => {
    await Promise.all(wanted.map(async (one) => producer.add('ship', { ...one }, { once: nameOf(one) })))
  }
}

/** BullMQ takes no colon there, and a key may hold anything. */
function nameOf({ shipment, key }: ToShip): string {
  return `${shipment}-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}
