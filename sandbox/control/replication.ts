import { jsonReply } from '../http/json.ts'
import type { ControlAction } from './service.ts'

/**
 * What replication and notifications have done, by bucket:
 * `{replication: {"source": {pending, blocked, completed, failed: {"DstBucketNotFound": 2}}},
 *   notifications: {"bucket": {sent, dropped, duplicated, undeliverable, delayed}}}`
 */
export const getReplication: ControlAction = (_call, { replication, notifications }) =>
  jsonReply(200, { replication: replication.counts(), notifications: notifications.counts() })
