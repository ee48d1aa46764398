import { optionalInteger, optionalText, texts } from '../../http/input.ts'
import type { AlarmRule } from '../alarm.ts'
import type { Alarm } from '../alarm-store.ts'
import { type CloudWatchAction, paginate } from '../request.ts'

/** Evaluates first, so that nobody has to wait for the next tick to see what the data says. */
export const describeAlarms: CloudWatchAction = ({ input, call, core, alarms }) => {
  alarms.evaluate(core.clock.now())
  const names = texts(input, 'AlarmNames')
  const prefix = optionalText(input, 'AlarmNamePrefix') ?? ''
  const state = optionalText(input, 'StateValue')
  const types = texts(input, 'AlarmTypes')
  const kinds = types.length === 0 ? ['MetricAlarm'] : types
  const found = alarms
    .list(call)
    .filter((alarm) => kinds.includes(alarm.kind) && alarm.name.startsWith(prefix))
    .filter((alarm) => names.length === 0 || names.includes(alarm.name))
    .filter((alarm) => state === undefined || alarm.state === state)
  const { page, ...next } = paginate(input, found, optionalInteger(input, 'MaxRecords', 1, 100) ?? 50)
  return {
    MetricAlarms: page.filter(({ kind }) => kind === 'MetricAlarm').map(describe),
    CompositeAlarms: page.filter(({ kind }) => kind === 'CompositeAlarm').map(describe),
    ...next,
  }
}

function describe(alarm: Alarm): object {
  const { Tags: _tags, ...document } = alarm.document
  return {
    ActionsEnabled: true,
    ...document,
    ...(alarm.watches.kind === 'metrics'
      ? describeRule(alarm.watches.rule, alarm.document['Metrics'] === undefined)
      : {}),
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    StateValue: alarm.state,
    StateReason: alarm.reason,
    StateUpdatedTimestamp: new Date(alarm.changedAt),
  }
}

/** The rule's numbers as numbers: an alarm that came by the query protocol has them as text. */
function describeRule(rule: AlarmRule, ofOneMetric: boolean): object {
  return {
    ...(ofOneMetric ? { Period: rule.periodMs / 1000 } : {}),
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    Threshold: rule.threshold,
  }
}
