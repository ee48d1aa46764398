/**
 * What every `ObjectStore` does alike. Run against memory (test/unit/aws) and, through the SDK, against the sandbox
 * (test/service/aws).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ObjectStore, Side } from '../../src/ports.ts'

export interface ObjectStoreWorld {
  readonly store: ObjectStore
  /** Names of pairs of the store; `unversioned`: buckets without versioning; `missing`: without buckets. */
  readonly pairs: { readonly versioned: string; readonly unversioned: string; readonly missing: string }
  /** Resolves to the version id. */
  put(at: {
    readonly pair: string
    readonly side: Side
    readonly key: string
    readonly body: string
    readonly tags?: Readonly<Record<string, string>> | undefined
    /** Landfall's own metadata: of the copy of another version, of a copy in place. */
    readonly copyOf?: string | undefined
    readonly retriggerOf?: string | undefined
  }): Promise<string>
  mark(at: { readonly pair: string; readonly side: Side; readonly key: string }): Promise<string>
  /** Called once, at the end. */
  close?(): void
  purge(at: {
    readonly pair: string
    readonly side: Side
    readonly key: string
    readonly versionId: string
  }): Promise<void>
}

const ODD_KEYS = [
  'plain.pdf',
  'with space and + and %20.pdf',
  'g-cloud/café/ключ/鍵/🗝️.pdf',
  'line\nbreak\tand tab',
  'quotes \' " & < > ?a=b;c #frag',
  '../up/./here//twice',
  'k'.repeat(1024),
  'é'.repeat(512),
]

/** `name` titles the suite; keys are fresh, so a world may be shared. */
export function objectStoreContract(name: string, makeWorld: () => Promise<ObjectStoreWorld>): void {
  describe(`object store: ${name}`, () => {
    let world: ObjectStoreWorld
    let at: { readonly pair: string; readonly side: Side }
    beforeAll(async () => {
      world = await makeWorld()
      at = { pair: world.pairs.versioned, side: 'destination' }
    })
    afterAll(() => world.close?.())

    test('head sees a version by its id, the older one too', async () => {
      const first = await world.put({ ...at, key: 'head/twice', body: 'first' })
      const second = await world.put({ ...at, key: 'head/twice', body: 'the second' })
      expect(first).not.toBe(second)
      const older = await world.store.head({ ...at, key: 'head/twice', versionId: first })
      const newer = await world.store.head({ ...at, key: 'head/twice', versionId: second })
      expect(older).toMatchObject({ kind: 'object', versionId: first, size: 5, storageClass: 'STANDARD', tags: 0 })
      expect(newer).toMatchObject({ kind: 'object', versionId: second, size: 10 })
      expect(older).toHaveProperty('etag', expect.stringMatching(/^[^"]+$/))
      expect(older).toHaveProperty('lastModified', expect.any(Number))
    })

    test.each(['head', 'listVersion'] as const)('%s: a missing key and a missing version are absent', async (look) => {
      const other = await world.put({ ...at, key: `${look}/other`, body: 'x' })
      await world.put({ ...at, key: `${look}/there`, body: 'x' })
      expect(await world.store[look]({ ...at, key: `${look}/never`, versionId: other })).toEqual({ kind: 'absent' })
      expect(await world.store[look]({ ...at, key: `${look}/there`, versionId: other })).toEqual({ kind: 'absent' })
    })

    test.each(['head', 'listVersion'] as const)('%s: a delete marker is a marker, and covers nothing', async (look) => {
      const key = `${look}/marked`
      const versionId = await world.put({ ...at, key, body: 'x' })
      const marker = await world.mark({ ...at, key })
      expect(await world.store[look]({ ...at, key, versionId: marker })).toEqual({ kind: 'marker', versionId: marker })
      expect(await world.store[look]({ ...at, key, versionId })).toMatchObject({ kind: 'object', versionId, size: 1 })
    })

    test.each(['head', 'listVersion'] as const)('%s: a version deleted for good is absent', async (look) => {
      const key = `${look}/purged`
      const versionId = await world.put({ ...at, key, body: 'x' })
      await world.purge({ ...at, key, versionId })
      expect(await world.store[look]({ ...at, key, versionId })).toEqual({ kind: 'absent' })
    })

    test.each(ODD_KEYS)('all three looks find the key %j', async (key) => {
      const versionId = await world.put({ ...at, key, body: 'four' })
      const seen = { kind: 'object', versionId, size: 4 }
      expect(await world.store.head({ ...at, key, versionId })).toMatchObject(seen)
      expect(await world.store.listVersion({ ...at, key, versionId })).toMatchObject(seen)
      expect(await world.store.listKey({ ...at, key, limit: 5 })).toMatchObject([seen])
    })

    test('listVersion finds the oldest of many, and none of the keys that share its prefix', async () => {
      const versions: string[] = []
      for (let i = 0; i < 45; i++) versions.push(await world.put({ ...at, key: 'many/v', body: `${i}` }))
      const neighbour = await world.put({ ...at, key: 'many/v2', body: 'x' })
      const look = (versionId: string) => world.store.listVersion({ ...at, key: 'many/v', versionId })
      expect(await look(versions[0]!)).toMatchObject({ kind: 'object', versionId: versions[0], size: 1 })
      expect(await look(neighbour)).toEqual({ kind: 'absent' })
    })

    test('a listing says that it can not tell of replication, tags and checksums', async () => {
      const versionId = await world.put({ ...at, key: 'listed', body: 'x', tags: { scan: 'clean' } })
      const seen = await world.store.listVersion({ ...at, key: 'listed', versionId })
      expect(seen).toMatchObject({ replication: 'unknown', checksums: [] })
      expect(seen).toHaveProperty('etag', expect.stringMatching(/^[^"]+$/))
      expect((seen as { tags?: number }).tags).toBeUndefined()
    })

    test('listKey is newest first, markers among them, of this key alone, to its limit', async () => {
      const key = 'list/key'
      const one = await world.put({ ...at, key, body: '1' })
      const two = await world.put({ ...at, key, body: '22' })
      const marker = await world.mark({ ...at, key })
      await world.put({ ...at, key: `${key}-other`, body: 'x' })
      const all = await world.store.listKey({ ...at, key, limit: 10 })
      expect(all.map(({ kind, versionId }) => ({ kind, versionId }))).toEqual([
        { kind: 'marker', versionId: marker },
        { kind: 'object', versionId: two },
        { kind: 'object', versionId: one },
      ])
      expect(await world.store.listKey({ ...at, key, limit: 2 })).toHaveLength(2)
      expect(await world.store.listKey({ ...at, key: 'list', limit: 10 })).toEqual([])
    })

    test('head counts tags, and gives checksums with their type when asked', async () => {
      const versionId = await world.put({ ...at, key: 'checked', body: 'x', tags: { a: '1', b: '2' } })
      const plain = await world.store.head({ ...at, key: 'checked', versionId })
      expect(plain).toMatchObject({ tags: 2, checksums: [] })
      const checked = await world.store.head({ ...at, key: 'checked', versionId, checksums: true })
      expect(checked).toMatchObject({ checksums: [{ type: 'FULL_OBJECT', value: expect.any(String) }] })
    })

    test('head tells whose copy a version is, and a listing can not', async () => {
      const copied = await world.put({ ...at, key: 'copied', body: 'x', copyOf: 'v-original' })
      const again = await world.put({ ...at, key: 'again', body: 'x', retriggerOf: 'v-before' })
      const plain = await world.put({ ...at, key: 'plain', body: 'x' })
      const marks = async (key: string, versionId: string): Promise<object> => {
        const seen = await world.store.head({ ...at, key, versionId })
        return seen.kind === 'object' ? { copyOf: seen.copyOf, retriggerOf: seen.retriggerOf } : seen
      }
      expect(await marks('copied', copied)).toEqual({ copyOf: 'v-original', retriggerOf: undefined })
      expect(await marks('again', again)).toEqual({ copyOf: undefined, retriggerOf: 'v-before' })
      expect(await marks('plain', plain)).toEqual({ copyOf: undefined, retriggerOf: undefined })
      const [listed] = await world.store.listKey({ ...at, key: 'copied', limit: 1 })
      expect(listed).not.toHaveProperty('copyOf', 'v-original')
    })

    test('without versioning the version id is the word null', async () => {
      const bucket = { pair: world.pairs.unversioned, side: 'destination' as const, key: 'a' }
      await world.put({ ...bucket, body: 'xyz' })
      const seen = { kind: 'object', versionId: 'null', size: 3 }
      expect(await world.store.head({ ...bucket, versionId: 'null' })).toMatchObject(seen)
      expect(await world.store.listVersion({ ...bucket, versionId: 'null' })).toMatchObject(seen)
      expect(await world.store.head({ ...bucket, key: 'b', versionId: 'null' })).toEqual({ kind: 'absent' })
    })

    test('the two sides are two buckets', async () => {
      const versionId = await world.put({ ...at, key: 'one/side', body: 'x' })
      expect(await world.store.head({ ...at, side: 'source', key: 'one/side', versionId })).toEqual({ kind: 'absent' })
    })

    test('a missing bucket is a fault, never an absent version', async () => {
      const none = { pair: world.pairs.missing, side: 'destination' as const, key: 'k', versionId: 'v' }
      const fault = { name: 'LandfallError', code: 'BUCKET_MISSING', disposition: 'permanent' }
      await expect(world.store.head(none)).rejects.toMatchObject(fault)
      await expect(world.store.listVersion(none)).rejects.toMatchObject(fault)
      await expect(world.store.listKey({ ...none, limit: 1 })).rejects.toMatchObject(fault)
    })

    test('an aborted signal ends a call with an AbortError', async () => {
      const versionId = await world.put({ ...at, key: 'aborted', body: 'x' })
      const call = { ...at, key: 'aborted', versionId, signal: AbortSignal.abort() }
      await expect(world.store.head(call)).rejects.toMatchObject({ name: 'AbortError' })
      await expect(world.store.listVersion(call)).rejects.toMatchObject({ name: 'AbortError' })
    })
  })
}
