import type { SandboxClock, SnsForOthers } from '../types.ts'
import { type AlarmRule, type AlarmState, evaluateAlarm, evaluationData } from './alarm.ts'
import type { MetricStore, Place } from './metric-store.ts'

export interface Alarm extends Place {
  readonly name: string
  readonly arn: string
  readonly kind: 'MetricAlarm' | 'CompositeAlarm'
  /** PutMetricAlarm's or PutCompositeAlarm's input, which DescribeAlarms gives back. */
  readonly document: Readonly<Record<string, unknown>>
  /** Absent for composite alarms and metric math: they are kept, and their state is set by hand. */
  readonly rule: AlarmRule | undefined
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>
  readonly configuredAt: number
  state: AlarmState
  reason: string
  changedAt: number
  /** A state that SetAlarmState set stays until the next period. */
  heldUntil: number
}

export interface AlarmStore {
  put(alarm: Omit<Alarm, 'arn' | 'configuredAt' | 'state' | 'reason' | 'changedAt' | 'heldUntil'>): void
  find(place: Place, name: string): Alarm | undefined
  list(place: Place): Alarm[]
  remove(alarm: Alarm): void
  change(alarm: Alarm, state: AlarmState, reason: string): void
  /** Brings every metric alarm's state up to the given time. */
  evaluate(at: number): void
}

interface Needs {
  readonly clock: SandboxClock
  readonly metrics: MetricStore
  readonly sns: SnsForOthers
}

export function makeAlarmStore({ clock, metrics, sns }: Needs): AlarmStore {
  const alarms = new Map<string, Alarm>()

  const change: AlarmStore['change'] = (alarm, state, reason) => {
    const before = alarm.state
    if (before === state) return
    alarm.state = state
    alarm.reason = reason
    alarm.changedAt = clock.now()
    if (alarm.document['ActionsEnabled'] === false) return
    for (const arn of alarm.actions[state]) sns.publish(arn, actionMessage(alarm, before), `${state}: "${alarm.name}"`)
  }

  return {
    put(given) {
      const now = clock.now()
      const arn = `arn:aws:cloudwatch:${given.region}:${given.account}:alarm:${given.name}`
      const before = alarms.get(arn)
      alarms.set(arn, {
        ...given,
        arn,
        configuredAt: now,
        state: before?.state ?? 'INSUFFICIENT_DATA',
        reason: before?.reason ?? 'Unchecked: Initial alarm creation',
        changedAt: before?.changedAt ?? now,
        heldUntil: 0,
      })
    },
    find: (place, name) => alarms.get(`arn:aws:cloudwatch:${place.region}:${place.account}:alarm:${name}`),
    list: ({ account, region }) =>
      [...alarms.values()]
        .filter((alarm) => alarm.account === account && alarm.region === region)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    remove: (alarm) => void alarms.delete(alarm.arn),
    change,
    evaluate(at) {
      for (const alarm of alarms.values()) {
        if (alarm.rule === undefined || at < alarm.heldUntil) continue
        const data = evaluationData(alarm.rule, alarm, metrics, at)
        change(alarm, evaluateAlarm(alarm.rule, data, at, alarm.state), reasonFor(alarm.rule, data.length))
      }
    },
  }
}

function reasonFor(rule: AlarmRule, datapoints: number): string {
  const { statistic, comparison, threshold, datapointsToAlarm: m, evaluationPeriods: n } = rule
  return `Threshold Crossed: ${m} of ${n} datapoints of ${statistic}, ${comparison} ${threshold} (${datapoints} in range)`
}

/** What CloudWatch publishes to an alarm's topic. */
function actionMessage(alarm: Alarm, before: AlarmState): string {
  return JSON.stringify({
    AlarmName: alarm.name,
    AlarmDescription: alarm.document['AlarmDescription'] ?? null,
    AWSAccountId: alarm.account,
    NewStateValue: alarm.state,
    NewStateReason: alarm.reason,
    StateChangeTime: new Date(alarm.changedAt).toISOString(),
    Region: alarm.region,
    AlarmArn: alarm.arn,
    OldStateValue: before,
  })
}
