/** Which events tell of a dump to be carried on, and where it goes. Pure. */
import { isOwnKey } from '../canary.ts'
import type { BucketEvent } from '../events/event.ts'

/** `Shipment` of the estate satisfies it. */
export interface ShipmentRoute {
  readonly name: string
  readonly from: { readonly bucket: string; readonly prefix: string }
  readonly to: { readonly bucket: string; readonly prefix: string }
}

export interface ToShip {
  readonly shipment: string
  /** Under `from`. */
  readonly key: string
}

/** One for each key and shipment, however many events tell of it. */
export function shipmentsIn(shipments: readonly ShipmentRoute[], events: readonly BucketEvent[]): readonly ToShip[] {
  const found = new Map<string, ToShip>()
  for (const { kind, bucket, key } of events) {
    if (kind !== 'created') continue
    for (const shipment of shipments) {
      if (shipment.from.bucket !== bucket || !isShipped(shipment, key)) continue
      found.set(`${shipment.name} ${key}`, { shipment: shipment.name, key })
    }
  }
  return [...found.values()]
}

/** A key that ends in a slash is a folder that a console made. */
export function isShipped({ from }: Pick<ShipmentRoute, 'from'>, key: string): boolean {
  return !isOwnKey(key) && key.startsWith(from.prefix) && key.length > from.prefix.length && !key.endsWith('/')
}

/** The key that it has under `to`. */
export function shippedKey({ from, to }: Pick<ShipmentRoute, 'from' | 'to'>, key: string): string {
  return to.prefix + key.slice(from.prefix.length)
}
