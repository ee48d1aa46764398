import { describe, expect, it } from 'vitest'
import { parseManifest } from '../../../sandbox/s3control/manifest.ts'
import { fc } from '../../support/fc.ts'

const FIELDS = ['Bucket', 'Key', 'VersionId'] as const

describe('a CSV manifest', () => {
  it('gives back any key that was URL-encoded', () => {
    const row = fc.record({
      key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }),
      versionId: fc.stringMatching(/^[A-Za-z0-9._]{1,32}$/),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, quoted) => {
        const cell = (text: string) => (quoted ? `"${text}"` : text)
        const lines = rows.map(({ key, versionId }) => ['docs', encodeURIComponent(key), versionId].map(cell).join(','))
        expect(parseManifest(lines.join(end) + end, FIELDS)).toEqual({ bucket: 'docs', rows })
      }),
    )
  })

  it('may have columns in any order, and ones to ignore', () => {
    expect(parseManifest('k,x,docs', ['Key', 'Ignore', 'Bucket'])).toEqual({
      bucket: 'docs',
      rows: [{ key: 'k', versionId: undefined }],
    })
    expect(parseManifest('docs,a+b', ['Bucket', 'Key']).rows[0]?.key).toBe('a b')
  })

  it.each([
    ['', 'empty'],
    ['docs,k', 'Line 1: 3 columns expected, 2 found'],
    ['docs,k,v\nother,k,v', 'Line 2: all objects must be in one bucket'],
    ['docs,k,v\ndocs,k,', 'Line 2: a version id is missing'],
    ['docs,100%,v', 'Line 1: the key is not URL-encoded'],
  ])('%j is refused: %s', (text, why) => {
    expect(() => parseManifest(text, FIELDS)).toThrow(why)
  })
})
