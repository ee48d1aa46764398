import { createHash } from 'node:crypto'
import { objectStoreContract } from '../../contract/object-store.ts'
import { makeMemoryObjectStore } from '../../support/memory-object-store.ts'

objectStoreContract('memory', async () => {
  const pairs = { versioned: 'versioned', unversioned: 'unversioned', missing: 'missing' }
  const store = makeMemoryObjectStore({ pairs: [pairs.versioned, pairs.unversioned] })
  return {
    store,
    pairs,
    put: async ({ body, tags, copyOf, retriggerOf, ...at }) =>
      store.put(at.pair === pairs.unversioned ? { ...at, versionId: 'null' } : at, {
        size: Buffer.byteLength(body),
        tags: Object.keys(tags ?? {}).length,
        copyOf,
        retriggerOf,
        checksums: [
          { algorithm: 'SHA256', type: 'FULL_OBJECT', value: createHash('sha256').update(body).digest('base64') },
        ],
      }),
    mark: async (at) => store.mark(at),
    purge: async (at) => store.purge(at),
  }
})
