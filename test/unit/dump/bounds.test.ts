import { describe, expect, test } from 'vitest'
import { differingRows, outOfBounds } from '../../../src/domain/dump/bounds.ts'
import { fc } from '../../support/fc.ts'

const bounds = { smallest: 0.5, largest: 3 }

describe('sizes that are believed', () => {
  test('half as big is believed, less is not; three times as big is, more is not', () => {
    const last = { stored: 1000, plain: 10_000, rows: { a: 5000, b: 10 } }
    expect(outOfBounds({ stored: 1, plain: 5000, rows: { a: 2500, b: 10 } }, last, bounds)).toEqual([])
    expect(outOfBounds({ stored: 1000, plain: 4999 }, last, bounds)).toEqual(['its bytes shrank from 10000 to 4999'])
    expect(outOfBounds({ stored: 1000, plain: 30_001 }, last, bounds)).toEqual(['its bytes grew from 10000 to 30001'])
    expect(outOfBounds({ stored: 499 }, last, bounds)).toEqual(['its stored bytes shrank from 1000 to 499'])
  })

  test('a table that lost its rows is named, a small one is not', () => {
    const last = { stored: 1, rows: { big: 100_000, other: 5000, few: 20 } }
    expect(outOfBounds({ stored: 1, rows: { big: 100_000, few: 0 } }, last, bounds)).toEqual([
      'other is gone (5000 rows)',
    ])
    expect(outOfBounds({ stored: 1, rows: { big: 100_000, other: 1 } }, last, bounds)).toEqual([
      'other shrank from 5000 rows to 1',
    ])
  })

  test('whatever is as the last one was is within any bounds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.dictionary(fc.string(), fc.nat()), (stored, plain, rows) => {
        const measure = { stored, plain, rows }
        expect(outOfBounds(measure, measure, bounds)).toEqual([])
        expect(differingRows(rows, rows)).toEqual([])
      }),
    )
  })

  test('rows that differ are told with both counts; an empty table is as none', () => {
    expect(differingRows({ a: 1, b: 2, c: 0 }, { a: 1, b: 3, d: 4 })).toEqual([
      'b: 2 expected, 3 found',
      'd: none expected, 4 found',
    ])
  })
})
