/** What the page says of one dump: is the last backup good? */
import { describe, expect, it, test } from 'vitest'
import type { DumpPlan } from '../../src/web/api.ts'
import type { DumpHealth } from '../../src/domain/dump/health.ts'
import { cellsOf, daysOf, faultsOf, levelOf, sentenceOf } from '../../src/web/page/dump.js'

const NOW = Date.parse('2026-11-24T06:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR

const plan: DumpPlan = {
  dump: 'production',
  freshMs: 26 * HOUR,
  drillEveryMs: 8 * DAY,
  smallest: 0.5,
  largest: 3,
  replicaLateMs: HOUR,
}
const good: DumpHealth = {
  dump: 'production',
  newest: NOW - 3 * HOUR,
  newestState: 'verified',
  newestVerified: NOW - 3 * HOUR,
  newestDrilled: NOW - 2 * DAY,
  bytes: 1536,
  sizeRatio: 1,
  unverified: 0,
  failed: 0,
  replicated: true,
}
const of = (health: DumpHealth | undefined) => ({ plan, health, now: NOW })

describe('one dump', () => {
  it('that is good', () => {
    expect(faultsOf(of(good))).toEqual([])
    expect(sentenceOf(of(good))).toBe('production, 3 h ago, verified, restored 2 d ago')
    expect(cellsOf(of(good))).toEqual(['3 h ago', '1.5 KiB', '3 h ago', 'all', '2 d ago', 'none'])
  })

  it.each<[string, Partial<DumpHealth>, 'alarm' | 'watch' | 'good', string]>([
    ['old', { newest: NOW - 3 * DAY, newestVerified: NOW - 3 * DAY }, 'alarm', 'no new one for 3 d'],
    ['none', { newest: undefined }, 'alarm', 'production: no dump is there'],
    ['broken', { newestState: 'failed', failed: 1 }, 'alarm', 'production, 3 h ago, BROKEN'],
    ['unverified for long', { newestState: 'unverified', newestVerified: NOW - 2 * DAY }, 'alarm', 'none verified for'],
    ['just made', { newestState: 'unverified', newestVerified: NOW - 25 * HOUR }, 'good', 'not verified yet'],
    ['never verified', { newestState: 'unverified', newestVerified: undefined }, 'alarm', 'none is verified'],
    ['on its way', { unreplicatedSince: NOW - HOUR }, 'good', 'verified'],
    ['not replicated', { unreplicatedSince: NOW - 2 * HOUR }, 'alarm', 'one of 2 h ago has no replica'],
    ['broken before', { failed: 2 }, 'watch', '2 dumps of this week broken'],
    ['never restored', { newestDrilled: undefined }, 'watch', 'none was ever restored'],
    ['restored long ago', { newestDrilled: NOW - 9 * DAY }, 'watch', 'none restored for 9 d'],
    ['shrunk', { sizeRatio: 0.12 }, 'watch', 'shrank to 12 % of the one before'],
    ['grown', { sizeRatio: 4.1 }, 'watch', 'grew to 410 % of the one before'],
  ])('%s', (_name, change, level, text) => {
    const asked = of({ ...good, ...change })
    expect(levelOf(faultsOf(asked))).toBe(level)
    expect(sentenceOf(asked)).toContain(text)
  })

  it('whose bucket has not answered', () => {
    expect(levelOf(faultsOf(of(undefined)))).toBe('watch')
    expect(cellsOf(of(undefined)).at(-1)).toBe('its bucket has not answered yet')
  })

  it('is named so that the name does nothing', () => {
    const said = sentenceOf({ ...of(good), plan: { ...plan, dump: 'a\u202Eb\u001B[2J' } })
    expect(said).not.toMatch(/\p{Cc}|\p{Cf}/u)
  })
})

test('days are those of UTC, each with a text', () => {
  const days = daysOf({ ...good, days: { last: Date.parse('2026-11-24T00:00:00Z'), letters: ['D', '.', 'F'] } })
  expect(days.map(({ day, name }) => `${day}: ${name}`)).toEqual([
    '22 Nov: restored in a drill',
    '23 Nov: none is there',
    '24 Nov: failed its verification',
  ])
  expect(daysOf(undefined)).toEqual([])
})
