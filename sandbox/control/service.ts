import type { MetricStore } from '../cloudwatch/metric-store.ts'
import { ServiceError } from '../http/errors.ts'
import { jsonReply } from '../http/json.ts'
import type { Notifications } from '../notifications/engine.ts'
import type { Replication } from '../replication/engine.ts'
import type { S3Store } from '../s3/store/store.ts'
import type { Call, Reply, Service, World } from '../types.ts'
import type { Stats } from '../stats.ts'
import { ACTIONS } from './actions.ts'

/** What a control action may use. */
export interface ControlNeeds {
  readonly world: World
  readonly store: S3Store
  readonly stats: Stats
  readonly notifications: Notifications
  readonly replication: Replication
  readonly metrics: MetricStore
}

export type ControlAction = (call: Call, needs: ControlNeeds) => Reply | Promise<Reply>

/** `/_sandbox/...`: health, faults on order, request counts. Plain JSON, never signed, never faulty. */
export function makeControl(needs: ControlNeeds): Service {
  const refuse: Service['refuse'] = (_call, error) =>
    jsonReply(error.status, { code: error.code, message: error.message })
  return {
    name: 'control',
    action: (call) => `${call.method} ${call.path.slice('/_sandbox/'.length)}`,
    async handle(call, name) {
      const action = ACTIONS[name]
      const known = `one of ${Object.keys(ACTIONS).join(', ')}`
      if (action === undefined) return refuse(call, new ServiceError('NotFound', `No ${name}: ${known}`, 404))
      try {
        return await action(call, needs)
      } catch (error) {
        if (error instanceof ServiceError) return refuse(call, error)
        throw error
      }
    },
    refuse,
  }
}
