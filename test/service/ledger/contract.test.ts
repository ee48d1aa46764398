import { afterAll, inject } from 'vitest'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { makeLedger } from '../../../src/ledger/ledger.ts'
import { ledgerContract } from '../../contract/ledger.ts'
import { randomPrefix } from '../../support/prefix.ts'

let connection: LedgerConnection

ledgerContract('Redis', async () => {
  connection = await connectLedger(inject('redisUrl'))
  return makeLedger({ connection, clock: Date, durability: 'window', prefix: randomPrefix() })
})

afterAll(() => connection.disconnect())
