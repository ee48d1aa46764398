import { afterAll, inject } from 'vitest'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../../../src/ledger/ledger.ts'
import { canaryContract } from '../../contract/canary-ledger.ts'
import { ledgerContract } from '../../contract/ledger.ts'
import { repairLedgerContract } from '../../contract/repair-ledger.ts'
import { randomPrefix } from '../../support/prefix.ts'

const connections: LedgerConnection[] = []

async function make(): Promise<RedisLedger> {
  const connection = await connectLedger(inject('redisUrl'))
  connections.push(connection)
  return makeLedger({ connection, clock: Date, durability: 'window', prefix: randomPrefix() })
}

ledgerContract('Redis', make)
repairLedgerContract('Redis', make)
canaryContract('Redis', make)

afterAll(() => {
  for (const connection of connections) connection.disconnect()
})
