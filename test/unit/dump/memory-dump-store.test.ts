import { dumpStoreContract } from '../../contract/dump-store.ts'
import { memoryDumpStore } from '../../support/memory-dump-store.ts'

dumpStoreContract('memory', async () => {
  const store = memoryDumpStore({ pageSize: 3 })
  return { store, mark: async (key) => void store.mark(key) }
})
