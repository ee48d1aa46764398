import { jsonReply } from '../http/json.ts'
import type { ControlAction } from './service.ts'

/** `{versions: [...]}`: the version ids of which the faults on order dropped at least one event. */
export const getDropped: ControlAction = (_call, { notifications }) =>
  jsonReply(200, { versions: notifications.dropped() })
