import { expect, test } from 'vitest'
import { type KeyRows, keysOf, parseRow, type RawRow } from '../../../src/inventory/rows.ts'

const raw = (
  side: string,
  key: string,
  id: string,
  more: Partial<Record<'latest' | 'marker' | 'size' | 'at', unknown>> = {},
): RawRow => [side, key, id, more.latest ?? true, more.marker ?? false, more.size ?? 5n, 'e', more.at ?? 1000n, null]
const TOTALS: readonly RawRow[] = [
  ['source total', null, null, null, null, 7n, null, null, null],
  ['destination total', null, null, null, null, '6', null, null, null],
]

async function keys(...chunks: readonly (readonly RawRow[])[]) {
  async function* rows(): AsyncGenerator<readonly RawRow[]> {
    yield* chunks
  }
  const walk = keysOf(rows())
  const found: KeyRows[] = []
  for (;;) {
    const next = await walk.next()
    if (next.done === true) return { found, totals: next.value }
    found.push(next.value)
  }
}

test('rows of one key come together across chunks, newest first, each once', async () => {
  const { found, totals } = await keys(
    TOTALS,
    [raw('destination', 'a', '1', { latest: false, at: 1n }), raw('source', 'a', '1', { latest: false, at: 1n })],
    [raw('source', 'a', '2'), raw('source', 'a', '2'), raw('source', 'b', '1')],
  )
  expect(
    found.map(({ key, source, destination }) => [key, source.map((row) => row.versionId), destination.length]),
  ).toEqual([
    ['a', ['2', '1'], 1],
    ['b', ['1'], 0],
  ])
  expect(totals).toEqual({ source: 7, destination: 6 })
})

test('an answer without both totals, before its rows, is none', async () => {
  const refused = { code: 'INVENTORY_UNFIT' }
  await expect(keys(TOTALS.slice(0, 1))).rejects.toMatchObject(refused)
  await expect(keys(TOTALS.slice(0, 1), [raw('source', 'a', '1')])).rejects.toMatchObject(refused)
  await expect(keys([raw('source', 'a', '1')], TOTALS)).rejects.toMatchObject(refused)
})

test("DuckDB's values and Athena's texts are the same row", () => {
  const texts = ['source', 'a', '1', 'true', 'false', '5', 'e', '1000', null]
  expect(parseRow(texts)).toEqual(parseRow(raw('source', 'a', '1')))
  expect(parseRow(['source', 'a', '1', 'true', 'true', null, null, '1000', ''])).toEqual({
    side: 'source',
    key: 'a',
    versionId: '1',
    kind: 'marker',
    latest: true,
    lastModified: 1000,
  })
})

test.each([
  ['no side', raw('neither', 'a', '1')],
  ['a flag that is none', raw('source', 'a', '1', { marker: 'maybe' })],
  ['a size that is none', raw('source', 'a', '1', { size: 'big' })],
  ['no time', raw('source', 'a', '1', { at: '' })],
  ['a number beyond what is exact', raw('source', 'a', '1', { size: 2n ** 60n })],
])('never guessed: %s', (_name, row) => {
  expect(() => parseRow(row)).toThrow(expect.objectContaining({ code: 'INVENTORY_UNFIT' }) as Error)
})
