import { requiredText } from '../../http/input.ts'
import type { CloudWatchAction } from '../request.ts'
import { readActions, readAlarmName } from './put-metric-alarm.ts'

/** Kept and described. Its rule is not evaluated: its state is what SetAlarmState makes it. */
export const putCompositeAlarm: CloudWatchAction = ({ input, call, alarms }) => {
  const { account, region } = call
  requiredText(input, 'AlarmRule')
  const name = readAlarmName(input)
  const actions = readActions(input)
  alarms.put({ account, region, name, kind: 'CompositeAlarm', document: input, rule: undefined, actions })
}
