import { describe, expect, it } from 'vitest'
import { compareChecksums } from '../../../src/domain/content.ts'
import type { Checksum } from '../../../src/domain/look.ts'

const full = (algorithm: string, value: string): Checksum => ({ algorithm, type: 'FULL_OBJECT', value })
const parts = (algorithm: string, value: string): Checksum => ({ algorithm, type: 'COMPOSITE', value })
const compare = (source: Checksum[], replica: Checksum[], sameParts = true): string =>
  compareChecksums(source, replica, { sameParts })

describe('compareChecksums', () => {
  it('compares only the same algorithm and type', () => {
    expect(compare([full('SHA256', 'a')], [full('SHA256', 'a')])).toBe('equal')
    expect(compare([full('SHA256', 'a')], [full('SHA256', 'b')])).toBe('different')
    expect(compare([full('SHA256', 'a')], [full('CRC32', 'a')])).toBe('unproven')
    expect(compare([full('CRC32', 'a')], [parts('CRC32', 'b-2')])).toBe('unproven')
    expect(compare([], [full('CRC32', 'a')])).toBe('unproven')
  })

  it('reads the type off the value where S3 does not tell it', () => {
    const untold = (value: string): Checksum => ({ algorithm: 'SHA256', type: undefined, value })
    expect(compare([untold('a-2')], [parts('SHA256', 'a-2')])).toBe('equal')
    expect(compare([untold('a')], [full('SHA256', 'b')])).toBe('different')
    expect(compare([untold('a-2')], [full('SHA256', 'b')])).toBe('unproven')
  })

  it('lets composite values differ where the parts may', () => {
    expect(compare([parts('SHA256', 'a-2')], [parts('SHA256', 'b-2')])).toBe('different')
    expect(compare([parts('SHA256', 'a-2')], [parts('SHA256', 'b-3')])).toBe('unproven')
    expect(compare([parts('SHA256', 'a-2')], [parts('SHA256', 'b-2')], false)).toBe('unproven')
  })

  it('lets one difference outweigh any equality', () => {
    const both = [full('CRC32', 'a'), full('SHA256', 'a')]
    expect(compare(both, [full('CRC32', 'a'), full('SHA256', 'b')])).toBe('different')
    expect(compare(both, [full('SHA256', 'b'), full('CRC32', 'a')])).toBe('different')
  })
})
