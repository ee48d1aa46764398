import { requiredText } from '../../http/input.ts'
import { childrenOf, parseRule } from '../composite.ts'
import { type CloudWatchAction, invalidValue } from '../request.ts'
import { readTags } from '../tag-store.ts'
import { readActions, readAlarmName } from './put-metric-alarm.ts'

const MOST_CHILDREN = 100

/** Its children have to be there before it. */
export const putCompositeAlarm: CloudWatchAction = ({ input, call, alarms, tags }) => {
  const { account, region } = call
  const rule = parseRule(requiredText(input, 'AlarmRule'))
  if (rule === undefined) throw invalidValue('AlarmRule', 'is no rule')
  const children = childrenOf(rule)
  if (children.length > MOST_CHILDREN) throw invalidValue('AlarmRule', `names more than ${MOST_CHILDREN} alarms`)
  const absent = children.filter((child) => alarms.find(call, child) === undefined)
  if (absent.length > 0) throw invalidValue('AlarmRule', `names alarms that do not exist: ${absent.join(', ')}`)
  const name = readAlarmName(input)
  const actions = readActions(input)
  const given = readTags(input)
  const { made, arn } = alarms.put({
    account,
    region,
    name,
    document: input,
    actions,
    watches: { kind: 'alarms', rule },
  })
  if (made) tags.add(arn, given)
}
