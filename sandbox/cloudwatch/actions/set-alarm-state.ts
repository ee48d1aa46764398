import { ServiceError } from '../../http/errors.ts'
import { requiredText } from '../../http/input.ts'
import type { AlarmState } from '../alarm.ts'
import { floor, MINUTE_MS } from '../metric-store.ts'
import { type CloudWatchAction, invalidValue } from '../request.ts'

const STATES: readonly string[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] satisfies AlarmState[]

/** For a while: from its next period on the data decides again. */
export const setAlarmState: CloudWatchAction = ({ input, call, core, alarms }) => {
  const name = requiredText(input, 'AlarmName')
  const state = requiredText(input, 'StateValue')
  if (!STATES.includes(state)) throw invalidValue('StateValue', `must be one of ${STATES.join(', ')}`)
  const alarm = alarms.find(call, name)
  if (alarm === undefined) throw noSuchAlarm(name)
  alarms.change(alarm, state as AlarmState, requiredText(input, 'StateReason'))
  const periodMs = alarm.watches.kind === 'metrics' ? alarm.watches.rule.periodMs : MINUTE_MS
  alarm.heldUntil = floor(core.clock.now(), periodMs) + periodMs
}

export function noSuchAlarm(name: string): ServiceError {
  return new ServiceError('ResourceNotFound', `No alarm ${name}`, 404)
}
