import { describe, it } from 'vitest'
import { canaryContract } from '../contract/canary-ledger.ts'
import { ledgerContract } from '../contract/ledger.ts'
import { repairLedgerContract } from '../contract/repair-ledger.ts'
import { histories, play } from '../service/ledger/history.ts'
import { fc } from '../support/fc.ts'
import { makeMemoryLedger } from '../support/memory-ledger.ts'

ledgerContract('memory', async () => makeMemoryLedger())
repairLedgerContract('memory', async () => makeMemoryLedger())
canaryContract('memory', async () => makeMemoryLedger())

describe('the ledger in memory', () => {
  it('does what the one in Redis does, in any history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (steps) => play({ ledger: makeMemoryLedger(), pair: 'p' }, steps)),
      { numRuns: 300 },
    )
  })
})
