/** Writes into the ledger's record who did what. A Redis that is away is said, and holds nothing up: the act is done. */
import type { Estate } from '../config/estate.ts'
import type { Act } from '../domain/repair/words.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger } from '../ledger/ledger.ts'
import type { Ledger, RepairLedger } from '../ports.ts'
import { operatorName, systemClock } from '../system.ts'

/** Resolves to why it was not recorded, or to undefined. */
export type RecordAct = (act: Omit<Act, 'at' | 'who'>) => Promise<string | undefined>

const CONNECT_MS = 3_000

export function makeRecordAct({ redis }: Estate['service']): RecordAct {
  return async (act) => {
    try {
      const connection = await connectLedger(redis.url, { cluster: redis.cluster, connectTimeoutMs: CONNECT_MS })
      try {
        const ledger: Ledger & Partial<Pick<RepairLedger, 'record'>> = makeLedger({
          connection,
          clock: systemClock,
          durability: redis.durability,
        })
        if (ledger.record === undefined) return 'this ledger keeps no record'
        await ledger.record({ ...act, who: operatorName() })
        return undefined
      } finally {
        connection.disconnect()
      }
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
