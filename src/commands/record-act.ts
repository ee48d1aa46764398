/** Writes into the ledger's record who did what. A Redis that is away is said, and holds nothing up: the act is done. */
import { type Environment, operatorIn } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import type { Act } from '../domain/repair/words.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger } from '../ledger/ledger.ts'
import { operatorName, systemClock } from '../system.ts'

/** Resolves to why it was not recorded, or to undefined. */
export type RecordAct = (act: Omit<Act, 'at' | 'who'>) => Promise<string | undefined>

const CONNECT_MS = 3_000

export function makeRecordAct({ redis }: Estate['service'], env: Environment): RecordAct {
  return async (act) => {
    try {
      const connection = await connectLedger(redis.url, { cluster: redis.cluster, connectTimeoutMs: CONNECT_MS })
      try {
        const ledger = makeLedger({ connection, clock: systemClock, durability: redis.durability })
        await ledger.record({ ...act, who: operatorIn(env, operatorName()) })
        await ledger.durable()
        return undefined
      } finally {
        connection.disconnect()
      }
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
