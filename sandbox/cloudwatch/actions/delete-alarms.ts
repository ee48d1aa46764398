import { ServiceError } from '../../http/errors.ts'
import { texts } from '../../http/input.ts'
import { childrenOf } from '../composite.ts'
import { type CloudWatchAction, invalidValue } from '../request.ts'
import { noSuchAlarm } from './set-alarm-state.ts'

const MOST = 100

/** All or none: a name that is wrong deletes nothing, nor does an alarm that a composite one still needs. */
export const deleteAlarms: CloudWatchAction = ({ input, call, alarms, tags }) => {
  const names = texts(input, 'AlarmNames')
  if (names.length > MOST) throw invalidValue('AlarmNames', `has more than ${MOST} members`)
  const found = names.map((name) => {
    const alarm = alarms.find(call, name)
    if (alarm === undefined) throw noSuchAlarm(name)
    return alarm
  })
  if (found.filter(({ kind }) => kind === 'CompositeAlarm').length > 1)
    throw invalidValue('AlarmNames', 'names more than one composite alarm')
  const gone = new Set(found)
  for (const other of alarms.list(call)) {
    if (gone.has(other) || other.watches.kind !== 'alarms') continue
    const needed = childrenOf(other.watches.rule).find((child) => gone.has(alarms.find(call, child)!))
    if (needed !== undefined) throw new ServiceError('ValidationError', `${other.name} depends on the alarm ${needed}`)
  }
  for (const alarm of found) {
    alarms.remove(alarm)
    tags.forget(alarm.arn)
  }
}
