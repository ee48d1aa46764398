import type { Dump, Shipment } from './estate-dumps.ts'
import type { DumpFile, ShipmentFile } from './schema-dumps.ts'

export function toDump(file: DumpFile): Dump {
  const { bucket, region, account, prefix, expected, fresh, encryption, drill, ...rest } = file
  return {
    ...rest,
    stage: file.stage ?? file.name,
    place: { bucket, region, account, prefix },
    encryption: toEncryption(encryption),
    expectedBytes: expected,
    freshMs: fresh,
    drill: { ...drill, everyMs: drill.every },
  }
}

function toEncryption(file: DumpFile['encryption']): Dump['encryption'] {
  if (file?.age !== undefined) return { kind: 'age', recipients: file.age }
  return file?.openpgp === undefined ? undefined : { kind: 'openpgp', keyFiles: file.openpgp }
}

export function toShipment(file: ShipmentFile): Shipment {
  return file
}
