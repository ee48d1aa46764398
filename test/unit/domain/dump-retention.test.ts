import { describe, expect, test } from 'vitest'
import { DUMP_STATES } from '../../../src/domain/dump/catalog.ts'
import { isoWeek, planRetention, type Retained, type RetentionCounts } from '../../../src/domain/dump/retention.ts'
import { fc, runs } from '../../support/fc.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.parse('2026-11-24T02:30:00Z')
const COUNTS: RetentionCounts = { last: 3, daily: 7, weekly: 4, monthly: 12, yearly: 2 }

const nightly = (nights: number, state: Retained['state'] = 'verified'): Retained[] =>
  Array.from({ length: nights }, (_, night) => ({
    id: `night-${night}`,
    at: Date.parse('2026-11-24T02:00:00Z') - night * DAY,
    state,
  }))

const plan = (dumps: readonly Retained[], retention = COUNTS, now = NOW) =>
  planRetention({ dumps, retention, freshMs: 26 * HOUR, now })

describe('grandfather, father, son', () => {
  test('a year of nights: the last days, a dump a week and a month, and nothing else', () => {
    const { kept, pruned } = plan(nightly(400))
    const days = kept.map(({ dump }) => new Date(dump.at).toISOString().slice(0, 10))
    expect(days.slice(0, 7)).toEqual([
      '2026-11-24',
      '2026-11-23',
      '2026-11-22',
      '2026-11-21',
      '2026-11-20',
      '2026-11-19',
      '2026-11-18',
    ])
    // Sundays end ISO weeks; 24 November is a Tuesday.
    expect(days).toEqual(expect.arrayContaining(['2026-11-15', '2026-11-08', '2026-10-31', '2026-09-30', '2025-12-31']))
    expect(kept.length + pruned.length).toBe(400)
    expect(kept[0]).toEqual({
      dump: expect.objectContaining({ id: 'night-0' }) as unknown,
      why: ['the last verified', 'last 1', 'daily 2026-11-24', 'weekly 2026-W48', 'monthly 2026-11', 'yearly 2026'],
    })
    expect(kept.length).toBe(7 + 2 + 11)
  })

  test('a verified dump stands for its day before a newer one that is not', () => {
    const [today, yesterday] = nightly(2)
    const failed = { id: 'failed', at: yesterday!.at + HOUR, state: 'failed' } as const
    const unverified = { id: 'unverified', at: yesterday!.at + 2 * HOUR, state: 'unverified' } as const
    const { kept, pruned } = plan([today!, yesterday!, failed, unverified], { ...COUNTS, last: 1 })
    expect(kept.map(({ dump }) => dump.id)).toEqual(['night-0', 'night-1'])
    expect(pruned.map(({ id }) => id)).toEqual(['unverified', 'failed'])
  })

  test('what failed among the last is kept to be looked at', () => {
    const [today, yesterday] = nightly(2)
    const failed = { id: 'failed', at: today!.at - HOUR, state: 'failed' } as const
    expect(plan([today!, yesterday!, failed]).kept.map(({ why }) => why.at(-1))).toContain('failed, among the last')
  })

  test('nothing goes where nothing is verified, or the newest is stale', () => {
    expect(plan(nightly(100, 'unverified'))).toMatchObject({ pruned: [], refused: 'no dump is verified' })
    expect(plan(nightly(100), COUNTS, NOW + 2 * DAY)).toMatchObject({ pruned: [], refused: 'the newest dump is stale' })
    const old = nightly(100).map((dump, night) => (night < 2 ? { ...dump, state: 'unverified' as const } : dump))
    expect(plan(old)).toMatchObject({ pruned: [], refused: 'the newest verified dump is stale' })
    expect(plan([])).toEqual({ kept: [], pruned: [] })
  })

  test('a name from the future keeps itself, and makes nothing fresh', () => {
    const ahead = { id: 'ahead', at: NOW + 400 * DAY, state: 'verified' } as const
    const result = plan([...nightly(10), ahead], { ...COUNTS, daily: 1, weekly: 0, monthly: 0, yearly: 0 }, NOW)
    expect(result.kept[0]).toEqual({
      dump: ahead,
      why: ['its name lies in the future', 'newer than the last verified'],
    })
    expect(plan([...nightly(10), ahead], COUNTS, NOW + 3 * DAY).refused).toBe('the newest dump is stale')
  })

  test.each([
    ['2026-01-01', '2026-W01'],
    ['2027-01-01', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2024-12-30', '2025-W01'],
    ['1969-12-28', '1969-W52'],
  ])('%s is in week %s', (day, week) => {
    expect(isoWeek(Date.parse(`${day}T12:00:00Z`))).toBe(week)
  })
})

describe('over any history', () => {
  const dump = fc.record({
    at: fc.integer({ min: -900 * 24, max: 48 }).map((hours) => NOW + hours * HOUR),
    state: fc.constantFrom(...DUMP_STATES),
    lockedUntil: fc.option(
      fc.integer({ min: -30, max: 30 }).map((days) => NOW + days * DAY),
      { nil: undefined },
    ),
    lockUnknown: fc.boolean().map((unknown) => unknown || undefined),
  })
  const history = fc
    .array(dump, { maxLength: 120 })
    .map((dumps) => dumps.map((one, index): Retained => ({ ...one, id: `d${index}` })))
  const counts = fc.record({
    last: fc.integer({ min: 1, max: 9 }),
    daily: fc.nat(20),
    weekly: fc.nat(10),
    monthly: fc.nat(14),
    yearly: fc.nat(4),
  })
  const fresh = fc.integer({ min: 1, max: 400 }).map((hours) => hours * HOUR)
  const any = (check: (dumps: Retained[], retention: RetentionCounts, freshMs: number) => void): void =>
    fc.assert(fc.property(history, counts, fresh, check), runs(500))

  test('every dump is kept for a reason, or pruned: one of both', () =>
    any((dumps, retention, freshMs) => {
      const { kept, pruned } = planRetention({ dumps, retention, freshMs, now: NOW })
      expect([...kept.map(({ dump }) => dump.id), ...pruned.map(({ id }) => id)].sort()).toEqual(
        dumps.map(({ id }) => id).sort(),
      )
      for (const { why } of kept) expect(why.length).toBeGreaterThan(0)
    }))

  test('never the last verified, never what is locked or newer, never from a stale or unverified history', () =>
    any((dumps, retention, freshMs) => {
      const { pruned } = planRetention({ dumps, retention, freshMs, now: NOW })
      const past = dumps.filter(({ at }) => at <= NOW + HOUR)
      const good = past.filter(({ state }) => state === 'verified').map(({ at }) => at)
      const newestGood = Math.max(...good)
      for (const one of pruned) {
        expect(one.lockedUntil ?? 0).toBeLessThanOrEqual(NOW)
        expect(one.lockUnknown).toBeUndefined()
        expect(one.at).toBeLessThanOrEqual(newestGood)
      }
      if (good.length === 0 || NOW - newestGood > freshMs) expect(pruned).toEqual([])
      if (NOW - Math.max(...past.map(({ at }) => at)) > freshMs) expect(pruned).toEqual([])
      const left = good.length - pruned.filter(({ state }) => state === 'verified').length
      expect(left).toBeGreaterThanOrEqual(Math.min(good.length, retention.last))
    }))

  test('pruning twice prunes nothing more, and more generous counts never keep less', () =>
    any((dumps, retention, freshMs) => {
      const { kept } = planRetention({ dumps, retention, freshMs, now: NOW })
      const again = planRetention({ dumps: kept.map(({ dump }) => dump), retention, freshMs, now: NOW })
      expect(again.pruned).toEqual([])
      const more = planRetention({
        dumps,
        retention: { ...retention, daily: retention.daily + 1, yearly: retention.yearly + 1, last: retention.last + 1 },
        freshMs,
        now: NOW,
      })
      const ids = new Set(more.kept.map(({ dump }) => dump.id))
      for (const { dump } of kept) expect(ids).toContain(dump.id)
    }))
})
