/**
 * Alarms under test: series in, state out. The definitions go through CloudWatch's own wire form into the sandbox's
 * CloudWatch (its actions and stores, without HTTP), whose clock is the test's.
 */
import { ACTIONS } from '../../sandbox/cloudwatch/actions.ts'
import { makeAlarmStore } from '../../sandbox/cloudwatch/alarm-store.ts'
import { makeDashboardStore } from '../../sandbox/cloudwatch/dashboard-store.ts'
import { makeMetricStore } from '../../sandbox/cloudwatch/metric-store.ts'
import type { CloudWatchRequest } from '../../sandbox/cloudwatch/request.ts'
import { makeTagStore } from '../../sandbox/cloudwatch/tag-store.ts'
import { compositeInput, metricInput } from '../../src/aws/alarm-wire.ts'
import type { Alarm } from '../../src/domain/alarms/definition.ts'
import type { MetricName } from '../../src/domain/metrics.ts'

const NAMESPACE = 'Landfall'
const START = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000

export interface AlarmBench {
  /** The minutes that have gone by. */
  readonly minute: number
  /** One minute: what is published in it, by metric; then the alarms are evaluated at its end. */
  minutePasses(
    values: Partial<Record<MetricName, number | readonly number[]>>,
    dimensions?: Record<string, string>,
  ): void
  /** The same again and again. */
  minutesPass(
    count: number,
    values: (n: number) => Partial<Record<MetricName, number>>,
    dimensions?: Record<string, string>,
  ): void
  state(name: string): string
  /** Names that are in ALARM. */
  on(): readonly string[]
  /** What topics were told: `ALARM: "name"`. */
  readonly told: readonly string[]
}

export function makeAlarmBench(alarms: readonly Alarm[]): AlarmBench {
  let minute = 0
  const now = (): number => START + minute * MINUTE
  const told: string[] = []
  const metrics = makeMetricStore()
  const clock = { now, after: () => () => {} }
  const sns = {
    exists: () => true,
    takes: () => true,
    publish(_arn: string, _body: string, _from: object, subject = '') {
      told.push(subject)
      return true
    },
  }
  const store = makeAlarmStore({ clock, metrics, sns })
  const place = { account: '111111111111', region: 'eu-west-2' }
  const common = { metrics, alarms: store, dashboards: makeDashboardStore(), tags: makeTagStore() }
  const act = (action: string, input: object): void => {
    const call = { ...place, headers: {} }
    ACTIONS[action]!({ input, call, core: { clock }, ...common } as unknown as CloudWatchRequest)
  }
  // As JSON, as they would travel.
  const wire = (input: object): object => JSON.parse(JSON.stringify(input)) as object
  for (const alarm of alarms) {
    if (alarm.kind === 'metric') act('PutMetricAlarm', wire(metricInput(alarm, NAMESPACE)))
    else act('PutCompositeAlarm', wire(compositeInput(alarm)))
  }

  const bench: AlarmBench = {
    get minute() {
      return minute
    },
    minutePasses(values, dimensions = {}) {
      const MetricData = Object.entries(values).map(([MetricName, value]) => ({
        MetricName,
        Timestamp: now() / 1000,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        ...(typeof value === 'number' ? { Value: value } : { Values: value }),
      }))
      if (MetricData.length > 0) act('PutMetricData', { Namespace: NAMESPACE, MetricData })
      minute += 1
      store.evaluate(now())
    },
    minutesPass(count, values, dimensions) {
      for (let n = 0; n < count; n += 1) bench.minutePasses(values(n), dimensions)
    },
    state: (name) => store.find(place, name)?.state ?? 'absent',
    on: () =>
      store
        .list(place)
        .filter(({ state }) => state === 'ALARM')
        .map(({ name }) => name),
    told,
  }
  return bench
}
