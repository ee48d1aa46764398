import { ledgerContract } from '../contract/ledger.ts'
import { makeMemoryLedger } from '../support/memory-ledger.ts'

ledgerContract('memory', async () => makeMemoryLedger())
