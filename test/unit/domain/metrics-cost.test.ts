import { expect, test } from 'vitest'
import { costOf, PRICES } from '../../../src/domain/metrics-cost.ts'
import { METRICS } from '../../../src/domain/metrics.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const pairs = (count: number) => Array.from({ length: count }, (_, n) => smallPair(`p${n}`))

test('one pair and two queues, counted by hand', () => {
  const { rows, dollars } = costOf(smallEstate())
  const of = (scope: string): number => METRICS.filter((metric) => metric.scope === scope).length
  expect(rows.filter(({ what }) => what === 'metrics').map(({ by, count }) => [by, count])).toEqual([
    // But for the two of S3's own requests, which this pair does not name.
    ['dimension Pair', of('pair') - 2],
    ['dimension Queue', 2 * of('queue')],
    ['dimension Dump', 0],
    ['no dimension', of('service')],
  ])
  // Each minute: the table, the lags, the heartbeat.
  expect(rows.find(({ what }) => what === 'PutMetricData requests')).toMatchObject({ count: 3 * 43_200, dollars: 1.3 })
  // Four windows of two metrics each, and the composite.
  expect(rows.find(({ by }) => by === 'budget-burning')?.dollars).toBe(8 * PRICES.alarmMetric + PRICES.composite)
  expect(rows.find(({ what }) => what === 'dashboards')).toMatchObject({ count: 2, dollars: 6 })
  expect(dollars).toBeCloseTo(
    rows.reduce((sum, row) => sum + row.dollars, 0),
    9,
  )
})

test("a pair that names S3's request metrics has two more, and they are asked for every five minutes", () => {
  const counted = smallPair('p', { alarms: { rpoMs: 1_800_000, requestsFilter: 'all' } })
  const [byPair] = costOf(smallEstate({ pairs: [counted] })).rows
  expect(byPair!.count).toBe(METRICS.filter(({ scope }) => scope === 'pair').length)
  const reads = costOf(smallEstate({ pairs: [counted] })).rows.find(({ what }) => what === 'GetMetricData metrics')
  expect(reads).toMatchObject({ count: 2 * 12 * 24 * 30, dollars: 0.17 })
})

test('beyond ten thousand metrics the next ones are cheaper', () => {
  const [byPair] = costOf(smallEstate({ pairs: pairs(500) })).rows
  expect(byPair!.dollars).toBeCloseTo(10_000 * 0.3 + (byPair!.count - 10_000) * 0.1, 6)
})
