import type { SandboxClock, SnsForOthers } from '../types.ts'
import { type AlarmRule, type AlarmState, evaluateAlarm, evaluationData, type Watched } from './alarm.ts'
import { holds, type Rule } from './composite.ts'
import type { MetricStore, Place } from './metric-store.ts'

export interface Alarm extends Place {
  readonly name: string
  readonly arn: string
  readonly kind: 'MetricAlarm' | 'CompositeAlarm'
  /** PutMetricAlarm's or PutCompositeAlarm's input, which DescribeAlarms gives back. */
  readonly document: Readonly<Record<string, unknown>>
  readonly watches: Watches
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>
  readonly configuredAt: number
  state: AlarmState
  reason: string
  changedAt: number
  /** A state that SetAlarmState set stays until the next period. */
  heldUntil: number
}

export type Watches =
  | { readonly kind: 'metrics'; readonly rule: AlarmRule; readonly what: Watched }
  | { readonly kind: 'alarms'; readonly rule: Rule }

export interface AlarmStore {
  /** `made`: there was none of this name before. */
  put(alarm: Omit<Alarm, 'arn' | 'kind' | 'configuredAt' | 'state' | 'reason' | 'changedAt' | 'heldUntil'>): {
    readonly made: boolean
    readonly arn: string
  }
  /** By name or by ARN. */
  find(place: Place, name: string): Alarm | undefined
  list(place: Place): Alarm[]
  remove(alarm: Alarm): void
  change(alarm: Alarm, state: AlarmState, reason: string): void
  /** Brings every alarm's state up to the given time. */
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
    const { region, account, name } = alarm
    const arn = `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`
    const from = { service: 'cloudwatch.amazonaws.com', arn, account }
    for (const topic of alarm.actions[state]) {
      sns.publish(topic, actionMessage(alarm, before), from, `${state}: "${name}"`)
    }
  }

  const find: AlarmStore['find'] = (place, name) =>
    alarms.get(name.startsWith('arn:') ? name : `arn:aws:cloudwatch:${place.region}:${place.account}:alarm:${name}`)

  /** True where the state changed. */
  function combine(alarm: Alarm): boolean {
    if (alarm.watches.kind !== 'alarms') return false
    const { rule } = alarm.watches
    const state = holds(rule, (child) => find(alarm, child)?.state) ? 'ALARM' : 'OK'
    if (state === alarm.state) return false
    change(alarm, state, `${String(alarm.document['AlarmRule'])} was evaluated to ${state}`)
    return true
  }

  return {
    put(given) {
      const now = clock.now()
      const arn = `arn:aws:cloudwatch:${given.region}:${given.account}:alarm:${given.name}`
      const before = alarms.get(arn)
      alarms.set(arn, {
        ...given,
        arn,
        kind: given.watches.kind === 'alarms' ? 'CompositeAlarm' : 'MetricAlarm',
        configuredAt: now,
        state: before?.state ?? 'INSUFFICIENT_DATA',
        reason: before?.reason ?? 'Unchecked: Initial alarm creation',
        changedAt: before?.changedAt ?? now,
        heldUntil: 0,
      })
      return { made: before === undefined, arn }
    },
    find,
    list: ({ account, region }) =>
      [...alarms.values()]
        .filter((alarm) => alarm.account === account && alarm.region === region)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    remove: (alarm) => void alarms.delete(alarm.arn),
    change,
    evaluate(at) {
      const due = [...alarms.values()].filter((alarm) => at >= alarm.heldUntil)
      for (const alarm of due) {
        if (alarm.watches.kind !== 'metrics') continue
        const { rule, what } = alarm.watches
        const data = evaluationData(rule, what, alarm, metrics, at)
        change(alarm, evaluateAlarm(rule, data, at, alarm.state), reasonFor(rule, data.length))
      }
      // One composite may look at another: as often as there are levels, and no more in a circle.
      const composites = due.filter(({ watches }) => watches.kind === 'alarms')
      for (let level = 0; level < composites.length; level += 1) {
        if (!composites.map((alarm) => combine(alarm)).includes(true)) break
      }
    },
  }
}

function reasonFor(rule: AlarmRule, datapoints: number): string {
  const { comparison, threshold, datapointsToAlarm: m, evaluationPeriods: n } = rule
  return `Threshold Crossed: ${m} of ${n} datapoints, ${comparison} ${threshold} (${datapoints} in range)`
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
