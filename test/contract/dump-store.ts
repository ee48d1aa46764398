/** What every `DumpStore` does alike: memory (test/unit/dump) and S3 by the SDK (test/service/aws). */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DumpStore, ListedVersion, UploadedPart } from '../../src/ports.ts'

export interface DumpStoreWorld {
  /** Of a versioned bucket with Object Lock. */
  readonly store: DumpStore
  mark(key: string): Promise<void>
  /** Called once, at the end. */
  close?(): void
}

const PART = 5 * 2 ** 20

/** `name` titles the suite; keys are fresh, so a world may be shared. */
export function dumpStoreContract(name: string, makeWorld: () => Promise<DumpStoreWorld>): void {
  describe(`dump store: ${name}`, () => {
    let world: DumpStoreWorld
    let store: DumpStore
    beforeAll(async () => {
      world = await makeWorld()
      store = world.store
    })
    afterAll(() => world.close?.())

    async function upload(key: string, bodies: readonly Uint8Array[], lock?: { mode: 'GOVERNANCE'; until: number }) {
      const metadata = { 'landfall-run': key }
      const begun = await store.begin({ key, metadata, contentType: 'application/octet-stream', lock })
      const parts: UploadedPart[] = await Promise.all(
        bodies.map(async (body, index) => store.part(begun, { number: index + 1, body })),
      )
      return { begun, parts, crc32: sumOf(bodies) }
    }

    test('parts sent in any order become one object, with its metadata and its checksum', async () => {
      const bodies = [Buffer.alloc(PART, 'a'), Buffer.alloc(PART, 'b'), Buffer.from('the rest')]
      const { begun, parts, crc32: sum } = await upload('whole.sql', bodies)
      expect(await store.head({ key: 'whole.sql' })).toBeUndefined()
      const done = await store.complete(begun, { parts: parts.toReversed(), crc32: sum })
      expect(done).toMatchObject({ kind: 'completed', etag: expect.stringMatching(/^[0-9a-f]{32}-3$/) as string })
      const stored = await store.head({ key: 'whole.sql' })
      expect(stored).toMatchObject({
        key: 'whole.sql',
        size: 2 * PART + 8,
        metadata: { 'landfall-run': 'whole.sql' },
        checksum: `CRC32 FULL_OBJECT ${sum}`,
      })
      expect(done).toMatchObject({ versionId: stored!.versionId, etag: stored!.etag })
      expect(await hashOf(store, 'whole.sql')).toBe(createHash('sha256').update(Buffer.concat(bodies)).digest('hex'))
    })

    test('an upload that is open is listed below its prefix, until it is aborted; aborting twice is none', async () => {
      const { begun } = await upload('open/one.sql', [Buffer.from('x')])
      const [listed, ...others] = await store.openUploads('open/')
      expect(others).toEqual([])
      expect(listed).toMatchObject(begun)
      expect(listed!.initiatedAt).toBeGreaterThan(0)
      expect(await store.openUploads('elsewhere/')).toEqual([])
      await store.abort(begun)
      await store.abort(begun)
      expect(await store.openUploads('open/')).toEqual([])
      expect(await store.head({ key: 'open/one.sql' })).toBeUndefined()
    })

    test('a key that is taken stays as it is', async () => {
      await store.putDocument({ key: 'taken.sql', body: 'the first' })
      const { begun, parts, crc32: sum } = await upload('taken.sql', [Buffer.from('the second')])
      expect(await store.complete(begun, { parts, crc32: sum })).toEqual({ kind: 'taken' })
      await store.abort(begun)
      expect(await store.getDocument({ key: 'taken.sql' })).toBe('the first')
    })

    test('a checksum that is not that of the whole is refused, and nothing is visible', async () => {
      const { begun, parts } = await upload('wrong.sql', [Buffer.from('these')])
      await expect(store.complete(begun, { parts, crc32: sumOf([Buffer.from('those')]) })).rejects.toMatchObject({
        code: 'AWS_ERROR',
      })
      expect(await store.head({ key: 'wrong.sql' })).toBeUndefined()
      await store.abort(begun)
    })

    test('a retention is on the object', async () => {
      const lock = { mode: 'GOVERNANCE', until: 1_900_000_000_000 } as const
      const { begun, parts, crc32: sum } = await upload('locked.sql', [Buffer.from('x')], lock)
      await store.complete(begun, { parts, crc32: sum })
      expect((await store.head({ key: 'locked.sql' }))!.lock).toEqual(lock)
    })

    test('a range, both ends included', async () => {
      await store.putDocument({ key: 'range.txt', body: '0123456789' })
      expect(await textOf(store, { key: 'range.txt', from: 2, to: 4 })).toBe('234')
      expect(await textOf(store, { key: 'range.txt', from: 7 })).toBe('789')
    })

    test('what is not there reads as nothing, and throws DUMP_MISSING where its bytes are asked for', async () => {
      expect(await store.head({ key: 'never' })).toBeUndefined()
      expect(await store.getDocument({ key: 'never' })).toBeUndefined()
      await expect(textOf(store, { key: 'never' })).rejects.toMatchObject({ code: 'DUMP_MISSING' })
    })

    test('an older version, and one behind a marker, are read by their ids', async () => {
      const first = await store.putDocument({ key: 'behind.txt', body: 'first' })
      await store.putDocument({ key: 'behind.txt', body: 'second' })
      await world.mark('behind.txt')
      const { versionId } = first as { versionId: string }
      expect(await store.head({ key: 'behind.txt' })).toBeUndefined()
      expect(await store.head({ key: 'behind.txt', versionId })).toMatchObject({ versionId, size: 5 })
      expect(await store.getDocument({ key: 'behind.txt', versionId })).toBe('first')
      expect(await textOf(store, { key: 'behind.txt', versionId })).toBe('first')
      const { versions } = await store.versions({ prefix: 'behind' })
      expect(versions.map(({ kind, latest, size }) => ({ kind, latest, size }))).toEqual([
        { kind: 'marker', latest: true, size: 0 },
        { kind: 'object', latest: false, size: 6 },
        { kind: 'object', latest: false, size: 5 },
      ])
    })

    test('versions come in pages, in the order of keys, odd ones too', async () => {
      const keys = ['a', 'with space +%20', 'é/ключ', 'line\nbreak'].map((key) => `pages/${key}`)
      for (const key of keys) await store.putDocument({ key, body: key })
      const all: ListedVersion[] = []
      let after: Awaited<ReturnType<DumpStore['versions']>>['next']
      do {
        const page = await store.versions({ prefix: 'pages/', after })
        all.push(...page.versions)
        after = page.next
      } while (after !== undefined)
      expect(all.map(({ key }) => key)).toEqual(
        keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
      )
      expect(all[0]).toMatchObject({ kind: 'object', latest: true, etag: expect.any(String) as string })
    })

    test('a document that must be fresh does not write over another', async () => {
      expect(await store.putDocument({ key: 'fresh.json', body: '1', fresh: true })).toMatchObject({ kind: 'written' })
      expect(await store.putDocument({ key: 'fresh.json', body: '2', fresh: true })).toEqual({ kind: 'taken' })
      expect(await store.getDocument({ key: 'fresh.json' })).toBe('1')
      await store.putDocument({ key: 'fresh.json', body: '3' })
      expect(await store.getDocument({ key: 'fresh.json' })).toBe('3')
    })
  })
}

function sumOf(bodies: readonly Uint8Array[]): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(bodies.reduce((sum, body) => crc32(body, sum), 0))
  return bytes.toString('base64')
}

async function hashOf(store: DumpStore, key: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of store.read({ key })) hash.update(chunk)
  return hash.digest('hex')
}

async function textOf(store: DumpStore, at: Parameters<DumpStore['read']>[0]): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(at)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
