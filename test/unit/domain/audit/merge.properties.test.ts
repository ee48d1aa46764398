/** The merge-join against a naive difference of two sets. */
import { describe, expect, it } from 'vitest'
import { compareKeys } from '../../../../src/domain/audit/key-order.ts'
import { type Listed, makeMerge } from '../../../../src/domain/audit/merge.ts'
import { openFileSpill } from '../../../../src/files/spill.ts'
import { fc } from '../../../support/fc.ts'
import { anyKey, inOrder, object, pagesOf, rules } from './world.ts'

interface Both {
  readonly source: readonly Listed[]
  readonly destination: readonly Listed[]
}

const sides = fc
  .uniqueArray(anyKey, { maxLength: 20 })
  .chain((keys) =>
    fc.tuple(
      ...keys.map((key) =>
        fc
          .array(fc.constantFrom('both', 'source', 'destination', 'size'), { minLength: 1, maxLength: 6 })
          .map((places) => ({ key, places })),
      ),
    ),
  )
  .map((keys): Both => {
    const source: Listed[] = []
    const destination: Listed[] = []
    for (const { key, places } of keys) {
      for (const [index, where] of places.entries()) {
        const version = object(key, `v${index}`)
        if (where !== 'destination') source.push(version)
        if (where !== 'source') destination.push(where === 'size' ? { ...version, size: 9 } : version)
      }
    }
    return { source: inOrder(source), destination: inOrder(destination) }
  })

function naive({ source, destination }: Both): Set<string> {
  const name = ({ key, versionId }: Listed): string => JSON.stringify([key, versionId])
  const here = new Map(source.map((version) => [name(version), version]))
  const there = new Map(destination.map((version) => [name(version), version]))
  const found = new Set<string>()
  for (const [id, version] of here) {
    const other = there.get(id)
    if (other === undefined) found.add(`missing ${id}`)
    else if (other.size !== version.size) found.add(`mismatched ${id}`)
  }
  for (const id of there.keys()) if (!here.has(id)) found.add(`extra ${id}`)
  return found
}

async function join(both: Both, sizes: readonly number[], options: { batch: number; keyLimit: number }) {
  const merge = makeMerge({
    source: pagesOf(both.source, sizes),
    destination: pagesOf(both.destination, sizes.toReversed()),
    rules: rules(),
    openSpill: () => openFileSpill(),
    keyLimit: options.keyLimit,
  })
  const found: string[] = []
  let compared = 0
  let matched = 0
  for (;;) {
    const batch = await merge.batch(options.batch)
    compared += batch.compared
    matched += batch.matched
    for (const { class: name, key, versionId } of batch.findings)
      found.push(`${name} ${JSON.stringify([key, versionId])}`)
    if (batch.ended) return { found, compared, matched }
  }
}

describe('the merge-join', () => {
  it('finds what a naive set difference finds, each once, whatever the keys and pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        sides,
        fc.array(fc.nat({ max: 5 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 10 }),
        async (both, sizes, batch) => {
          const { found, compared, matched } = await join(both, sizes, { batch, keyLimit: 100 })
          const wanted = naive(both)
          expect(found.toSorted()).toEqual([...wanted].toSorted())
          expect(compared).toBe(both.source.length)
          const lost = [...wanted].filter((text) => !text.startsWith('extra')).length
          expect(matched).toBe(both.source.length - lost)
        },
      ),
      { numRuns: 300 },
    )
  })

  it("passes over what is Landfall's own, on either side", async () => {
    const own = [object('_landfall/canary', 'c2'), object('_landfall/canary', 'c1')]
    await fc.assert(
      fc.asyncProperty(sides, fc.array(fc.nat({ max: 5 }), { maxLength: 6 }), async (both, sizes) => {
        const more = { source: inOrder([...both.source, ...own]), destination: inOrder([...both.destination, own[0]!]) }
        const options = { batch: 3, keyLimit: 100 }
        const [plain, crowded] = await Promise.all([join(both, sizes, options), join(more, sizes, options)])
        expect({ ...crowded, found: crowded.found.toSorted() }).toEqual({ ...plain, found: plain.found.toSorted() })
      }),
      { numRuns: 50 },
    )
  })

  it('finds the same where the versions of a key are spilled', async () => {
    await fc.assert(
      fc.asyncProperty(sides, async (both) => {
        const { found, compared } = await join(both, [2, 3], { batch: 4, keyLimit: 2 })
        expect(found.toSorted()).toEqual([...naive(both)].toSorted())
        expect(compared).toBe(both.source.length)
      }),
      { numRuns: 40 },
    )
  })

  it('holds a key of 30,000 versions to its limit of memory', async () => {
    const versions = Array.from({ length: 30_000 }, (_, index) => object('giant', `v${index}`, { latest: index === 0 }))
    const both = {
      source: [...versions, object('z', 'after')],
      destination: versions.filter((_, index) => index % 3000 !== 7),
    }
    const { found, matched } = await join(both, [1000], { batch: 1000, keyLimit: 10_000 })
    expect(found.toSorted()).toEqual([...naive(both)].toSorted())
    expect(matched).toBe(29_990)
  })
})

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      { numRuns: 2000 },
    )
  })
})
