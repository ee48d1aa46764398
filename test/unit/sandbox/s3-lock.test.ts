import { describe, expect, it } from 'vitest'
import { changeOf, heldBy, type Retention, withDefault } from '../../../sandbox/s3/store/lock.ts'
import { fc } from '../../support/fc.ts'

const NOW = Date.UTC(2026, 10, 24)
const governance = (until: number): Retention => ({ mode: 'GOVERNANCE', until })
const compliance = (until: number): Retention => ({ mode: 'COMPLIANCE', until })

describe('what keeps a version', () => {
  it('a hold, or a retention until its time is up', () => {
    expect(heldBy(undefined, NOW)).toBeUndefined()
    expect(heldBy({ hold: 'ON' }, NOW)).toBe('hold')
    expect(heldBy({ hold: 'OFF' }, NOW)).toBeUndefined()
    expect(heldBy({ retention: compliance(NOW + 1) }, NOW)).toBe('COMPLIANCE')
    expect(heldBy({ retention: compliance(NOW) }, NOW)).toBeUndefined()
    expect(heldBy({ retention: governance(NOW + 1), hold: 'ON' }, NOW)).toBe('hold')
  })
})

describe('a default retention', () => {
  it('counts days and years of the calendar, and gives way to a retention of its own', () => {
    const days = withDefault(undefined, { mode: 'GOVERNANCE', days: 30 }, NOW)
    expect(days).toEqual({ retention: governance(Date.UTC(2026, 11, 24)) })
    const years = withDefault({ hold: 'ON' }, { mode: 'COMPLIANCE', years: 2 }, NOW)
    expect(years).toEqual({ hold: 'ON', retention: compliance(Date.UTC(2028, 10, 24)) })
    const own = { retention: governance(NOW + 1) }
    expect(withDefault(own, { mode: 'COMPLIANCE', years: 2 }, NOW)).toBe(own)
  })
})

describe('a change of retention', () => {
  const retention = fc.record({
    mode: fc.constantFrom('GOVERNANCE' as const, 'COMPLIANCE' as const),
    until: fc.integer({ min: NOW - 1000, max: NOW + 1000 }),
  })

  it('compliance is never weakened, and governance only by who may bypass it', () => {
    fc.assert(
      fc.property(retention, fc.option(retention, { nil: undefined }), (from, to) => {
        const change = changeOf(from, to, NOW)
        const weaker =
          to === undefined || to.until < from.until || (from.mode === 'COMPLIANCE' && to.mode !== from.mode)
        if (from.until <= NOW || !weaker) expect(change).toBe('free')
        else expect(change).toBe(from.mode === 'COMPLIANCE' ? 'never' : 'bypass')
      }),
    )
  })
})
