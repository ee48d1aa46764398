/** Job `ship`: one object of a shipment is carried on. Losing or doubling one costs time only: the sweep finds it. */
import { logName } from '../domain/trace.ts'
import type { JobData } from '../domain/jobs.ts'
import type { Handler, Log, Shipper } from '../ports.ts'

export function makeShip({ shipper, log }: { readonly shipper: Shipper; readonly log: Log }): Handler<JobData['ship']> {
  return async ({ shipment, key }, signal) => {
    const outcome = await shipper.ship(shipment, key, signal)
    switch (outcome.kind) {
      case 'shipped': {
        const { versionId, bytes, by, proved, tagsLeft = 0 } = outcome
        log.info({ shipment, ...logName({ key: outcome.key, versionId }), bytes, by, proved }, 'a dump was shipped')
        if (proved === 'size') log.warn({ shipment, key: outcome.key }, 'shipped, and only its size could be compared')
        if (tagsLeft > 0) log.warn({ shipment, key: outcome.key, tagsLeft }, 'shipped, and its tags stayed behind')
        break
      }
      case 'there':
        log.debug({ shipment, ...logName(outcome) }, 'shipped already')
        break
      case 'gone':
        log.warn({ shipment, key }, 'gone before it was shipped')
        break
    }
    return { kind: 'done' }
  }
}
