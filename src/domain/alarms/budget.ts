/**
 * Alarms on how fast a pair's error budget burns: of the versions received within a window, how many turned late,
 * against what the objective allows in 30 days.
 *
 * Two windows each (Google, "The Site Reliability Workbook", chapter 5): the long one says that it matters, the short
 * one that it is still going on. Fast: 2 % of the budget in an hour. Slow: 5 % in six hours.
 */
import { BUDGET_CAUSE } from './causes.ts'
import type { Alarm, MetricAlarm } from './definition.ts'
import type { MetricNames } from '../metrics.ts'
import { alarmed, type AlarmEstate, type Budget, describe, periodOf, type Subject } from './parts.ts'
import { told } from './told.ts'

const SPEEDS = [
  { burn: 14.4, long: ['1h', 3600], short: ['5m', 300] },
  { burn: 6, long: ['6h', 21_600], short: ['30m', 1800] },
] as const

const COUNTERS = { late: 'LateEver', received: 'Received' } satisfies Record<string, MetricNames['pair']['counter']>

/** Four metric alarms that tell nobody, and one composite that does. */
export function budgetAlarms(needs: {
  readonly estate: AlarmEstate
  readonly subject: Subject
  readonly lateAfterMs: number
  readonly budget: Budget
}): readonly Alarm[] {
  const { estate, subject, budget, lateAfterMs } = needs
  const promise = `${Number((budget.objective * 100).toPrecision(12))} % within ${told(lateAfterMs)}`
  const alarms = SPEEDS.flatMap(({ burn, long, short }) =>
    [long, short].map(([window, seconds]): MetricAlarm => {
      const least = window === long[0] ? budget.least : 1
      return {
        kind: 'metric',
        name: `${subject.stem}budget-${window}`,
        cause: BUDGET_CAUSE.cause,
        description: describe(
          estate,
          BUDGET_CAUSE,
          `${subject.what}: within ${window}, more than ${burn} times as many versions turned late as ${promise} allows. Part of ${subject.stem}${BUDGET_CAUSE.cause}.`,
        ),
        watched: {
          late: { metric: COUNTERS.late, dimensions: subject.dimensions, statistic: 'Maximum' },
          received: { metric: COUNTERS.received, dimensions: subject.dimensions, statistic: 'Maximum' },
        },
        // What turns late now was received before: with the traffic gone, the late ones are all there are.
        expression: `IF(DIFF(late) >= ${least}, DIFF(late) / MAX([DIFF(received), DIFF(late)]), 0)`,
        periodSeconds: periodOf(estate, seconds),
        m: 1,
        n: 1,
        comparison: 'above',
        // More than all of them cannot turn late: for a modest objective everything late is the most there can be.
        threshold: Math.min(0.999, Number((burn * (1 - budget.objective)).toPrecision(6))),
        missing: 'notBreaching',
        topics: [],
      }
    }),
  )
  const name = (window: string): string => `${subject.stem}budget-${window}`
  const both = SPEEDS.map(({ long, short }) => `(${alarmed(name(long[0]))} AND ${alarmed(name(short[0]))})`)
  return [
    ...alarms,
    {
      kind: 'composite',
      name: `${subject.stem}${BUDGET_CAUSE.cause}`,
      cause: BUDGET_CAUSE.cause,
      description: describe(
        estate,
        BUDGET_CAUSE,
        `${subject.what}: versions turn late so fast that ${promise} over 30 days will not be kept.`,
      ),
      rule: both.join(' OR '),
      children: alarms.map((alarm) => alarm.name),
      topics: estate.service.alarms.topics,
    },
  ]
}
