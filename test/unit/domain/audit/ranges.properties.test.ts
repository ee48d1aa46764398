/** Ranges cover each key exactly once, for keys of any bytes, however they are cut; and they are cut well. */
import { describe, expect, it } from 'vitest'
import { compareKeys } from '../../../../src/domain/audit/key-order.ts'
import { contains, findCuts, type KeyRange, type Probe } from '../../../../src/domain/audit/ranges.ts'
import { fc } from '../../../support/fc.ts'
import { anyKey } from './world.ts'

function probeOf(keys: readonly string[]): Probe & { asked: number } {
  const probe = Object.assign(
    async (marker: string) => {
      probe.asked += 1
      let low = 0
      let high = keys.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (compareKeys(keys[middle]!, marker) > 0) high = middle
        else low = middle + 1
      }
      return keys[low]
    },
    { asked: 0 },
  )
  return probe
}

/** Cuts every range that can be cut, `rounds` times, each from its first key. */
async function cutAll(keys: readonly string[], rounds: number): Promise<readonly KeyRange[]> {
  let ranges: KeyRange[] = [{}]
  for (let round = 0; round < rounds; round += 1) {
    const next: KeyRange[] = []
    for (const range of ranges) {
      const from = keys.find((key) => contains(range, key))
      const { at } = from === undefined ? { at: [] } : await findCuts(from, range, probeOf(keys))
      const edges = [range.after, ...at, range.upTo]
      for (const [index, after] of edges.slice(0, -1).entries()) next.push({ after, upTo: edges[index + 1] })
    }
    ranges = next
  }
  return ranges
}

describe('ranges', () => {
  it('cover each key exactly once, for keys of any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyKey, { maxLength: 60 }), anyKey, async (some, other) => {
        const keys = some.toSorted(compareKeys)
        const ranges = await cutAll(keys, 4)
        for (const key of [...keys, other]) expect(ranges.filter((range) => contains(range, key))).toHaveLength(1)
      }),
      { numRuns: 200 },
    )
  })

  it('have keys on both sides of a cut, and none above its bound', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyKey, { minLength: 2, maxLength: 60 }), async (some) => {
        // Cuts end in the last character of all: keys that hold it may lie on either side, and cost balance only.
        fc.pre(some.every((key) => !key.includes('\u{10FFFF}')))
        const keys = some.toSorted(compareKeys)
        const { at, bound } = await findCuts(keys[0]!, {}, probeOf(keys))
        const edges: readonly (string | undefined)[] = [undefined, ...at, undefined]
        for (const [index, after] of edges.slice(0, -1).entries()) {
          expect(keys.some((key) => contains({ after, upTo: edges[index + 1] }, key))).toBe(true)
        }
        if (bound !== undefined) expect(keys.filter((key) => compareKeys(key, bound) > 0)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  const shapes = {
    flat: Array.from({ length: 2000 }, (_, n) => `documents/${String(n).padStart(9, '0')}.pdf`),
    deep: Array.from(
      { length: 2000 },
      (_, n) => `g-cloud-${9 + (n % 4)}/documents/${700_000 + Math.floor(n / 40)}/${n}.pdf`,
    ),
    hashed: Array.from({ length: 2000 }, (_, n) => `${((n * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}/x`),
    unicode: Array.from({ length: 2000 }, (_, n) => `документы/${String.fromCodePoint(0x4e00 + n)}`),
  }

  it.each(Object.entries(shapes))('of a %s space fall into many of a like size', async (_name, some) => {
    const keys = [...new Set(some)].toSorted(compareKeys)
    const ranges = await cutAll(keys, 4)
    const sizes = ranges.map((range) => keys.filter((key) => contains(range, key)).length)
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThanOrEqual(24)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(keys.length / 5)
  })
})
