import { describe, expect, test } from 'vitest'
import { makeStandIn } from '../../../src/workers/stand-in.ts'
import { makeMemoryObjectStore } from '../../support/memory-object-store.ts'
import { smallPair } from '../../support/small-estate.ts'

const made = smallPair('docs')
const pair = { ...made, redrive: { ...made.redrive, copy: true, retrigger: true } }
const source = { pair: 'docs', side: 'source', key: 'k' } as const
const destination = { ...source, side: 'destination' } as const
const never = new AbortController().signal

function world() {
  const store = makeMemoryObjectStore({ pairs: ['docs'] })
  const versionId = store.put(source, { size: 5, etag: 'e' })
  const original = { key: 'k', versionId, size: 5, etag: 'e', lastModified: 1_600_000_000_000 }
  return { store, original, standIn: makeStandIn({ objects: store }) }
}

describe('what stands for a version that an audit misses', () => {
  test("a copy of Landfall's own, of the same content", async () => {
    const { store, original, standIn } = world()
    expect(await standIn(pair, original, 'absent', never)).toBeUndefined()
    store.put(destination, { size: 5, etag: 'other', copyOf: original.versionId })
    expect(await standIn(pair, original, 'absent', never)).toBeUndefined()
    store.put(destination, { size: 5, etag: 'e', copyOf: original.versionId })
    expect(await standIn(pair, original, 'absent', never)).toBe('copied')
  })

  test('its copy in place, once that has landed; for a wrong one whatever is current on both sides', async () => {
    const { store, original, standIn } = world()
    const newer = store.put(source, { size: 5, etag: 'n', retriggerOf: original.versionId })
    expect(await standIn(pair, original, 'absent', never)).toBeUndefined()
    store.put({ ...destination, versionId: newer }, { size: 5, etag: 'n' })
    expect(await standIn(pair, original, 'absent', never)).toBe('superseded')
    const last = store.put(source, { size: 6, etag: 'l' })
    expect(await standIn(pair, original, 'differs', never)).toBeUndefined()
    store.put({ ...destination, versionId: last }, { size: 6, etag: 'l' })
    expect(await standIn(pair, original, 'differs', never)).toBe('superseded')
  })

  test('asks nothing of a pair that Landfall does not drive', async () => {
    const { store, original, standIn } = world()
    expect(await standIn(made, original, 'absent', never)).toBeUndefined()
    expect(store.calls).toEqual({ head: 0, list: 0 })
  })
})
