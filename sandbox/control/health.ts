import { jsonReply } from '../http/json.ts'
import type { ControlAction } from './service.ts'

export const getHealth: ControlAction = (_call, { world }) =>
  jsonReply(200, { healthy: true, seed: world.seed, memoryBytes: process.memoryUsage.rss() })
