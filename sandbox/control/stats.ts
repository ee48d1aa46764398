import { jsonReply } from '../http/json.ts'
import type { ControlAction } from './service.ts'

/** `{totals: {s3: {HeadObject: 12}}, requests: [{service, action, region, status, count}]}` */
export const getStats: ControlAction = (_call, { stats }) =>
  jsonReply(200, { totals: stats.totals(), requests: stats.rows() })

export const resetStats: ControlAction = (_call, { stats }) => {
  stats.reset()
  return { status: 204 }
}
