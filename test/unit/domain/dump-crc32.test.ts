import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { base64OfCrc32, combineCrc32 } from '../../../src/domain/dump/crc32.ts'
import { planParts } from '../../../src/domain/dump/parts.ts'
import { fc } from '../../support/fc.ts'

test('the CRC32 of pieces is that of the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (pieces) => {
      const whole = pieces.reduce((sum, piece) => combineCrc32(sum, crc32(piece), piece.length), 0)
      expect(whole).toBe(crc32(Buffer.concat(pieces)))
    }),
  )
  expect(base64OfCrc32(crc32(Buffer.from('123456789')))).toBe('y/Q5Jg==')
})

test('parts fit ten times what is expected, and memory, whatever is expected', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 46 }), (expected) => {
      const { size, concurrency, most } = planParts(expected)
      expect(size).toBeGreaterThanOrEqual(5 * 2 ** 20)
      expect(size * (concurrency + 1)).toBeLessThanOrEqual(128 * 2 ** 20)
      if (expected < 60 * 2 ** 30) expect(most).toBeGreaterThanOrEqual(10 * expected)
    }),
  )
})
