import { texts } from '../../http/input.ts'
import type { CloudWatchAction } from '../request.ts'
import { noSuchAlarm } from './set-alarm-state.ts'

/** All or none: a name that is wrong deletes nothing. */
export const deleteAlarms: CloudWatchAction = ({ input, call, alarms }) => {
  const found = texts(input, 'AlarmNames').map((name) => {
    const alarm = alarms.find(call, name)
    if (alarm === undefined) throw noSuchAlarm(name)
    return alarm
  })
  for (const alarm of found) alarms.remove(alarm)
}
