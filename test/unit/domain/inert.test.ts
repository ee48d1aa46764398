import { expect, test } from 'vitest'
import { inert, inertExcerpt, inertJson } from '../../../src/domain/inert.ts'
import { fc, runs } from '../../support/fc.ts'

const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

test('plain text stays as it is, a terminal escape becomes text', () => {
  expect(inert('reports/2026 Zürich 報告.pdf')).toBe('reports/2026 Zürich 報告.pdf')
  expect(inert('\u001B[2J"x"')).toBe(String.raw`"\u001b[2J\"x\""`)
  expect(inert('a\u202Eb')).toBe(String.raw`"a\u202eb"`)
  expect(inert('\u{E0041}')).toBe(String.raw`"\udb40\udc41"`)
  expect(inert('\uD800')).toBe(String.raw`"\ud800"`)
})

test('nothing harmful survives, and JSON means the same', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      (text) => {
        expect(inert(text)).not.toMatch(HARMFUL)
        expect(inertExcerpt(text, 5)).not.toMatch(HARMFUL)
        expect(inertJson({ text })).not.toMatch(HARMFUL)
        expect(JSON.parse(inertJson({ text }))).toEqual({ text })
      },
    ),
    runs(500),
  )
})

test('an excerpt is cut, and never in the middle of a character', () => {
  expect(inertExcerpt('abcdef', 4)).toBe('abc…')
  expect(inertExcerpt('abcd', 4)).toBe('abcd')
  expect(inertExcerpt('ab😀d', 4)).not.toMatch(/\p{Cs}/u)
})
