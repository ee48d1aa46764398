import { describe, expect, it } from 'vitest'
import { versionId63 } from '../../../src/domain/version.ts'
import { fc } from '../../support/fc.ts'

const name = fc.record({
  key: fc.string({ unit: 'binary', minLength: 1 }),
  versionId: fc.oneof(fc.constant('null'), fc.string({ minLength: 1 })),
  sequencer: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
})

describe('versionId63', () => {
  it('is a decimal integer that Redis can keep in a set of integers', () => {
    fc.assert(
      fc.property(name, (name) => {
        const id = versionId63(name)
        expect(id).toMatch(/^\d+$/)
        expect(BigInt(id)).toBeLessThan(2n ** 63n)
        expect(versionId63({ ...name })).toBe(id)
      }),
    )
  })

  it('tells keys, version ids and their borders apart', () => {
    const ids = [
      { key: 'ab', versionId: 'c' },
      { key: 'a', versionId: 'bc' },
      { key: 'ab', versionId: 'd' },
      { key: 'AB', versionId: 'c' },
    ].map(versionId63)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('takes the sequencer only where the version id is null: other events of one version lack it', () => {
    const of = (versionId: string, sequencer?: string): string => versionId63({ key: 'a', versionId, sequencer })
    expect(of('v1', '00AA')).toBe(of('v1'))
    expect(of('null', '00AA')).not.toBe(of('null', '00AB'))
  })
})
