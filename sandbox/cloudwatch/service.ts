import { ServiceError } from '../http/errors.ts'
import { nestForm } from '../http/form.ts'
import type { Input } from '../http/input.ts'
import { awsJsonError, awsJsonReply, readJson } from '../http/json.ts'
import { queryError, queryReply, readForm } from '../http/query.ts'
import type { Call, Refusal, Reply, Service, SnsForOthers, WorldCore } from '../types.ts'
import { checkAccess } from './access.ts'
import { ACTIONS } from './actions.ts'
import { makeAlarmStore } from './alarm-store.ts'
import { makeDashboardStore } from './dashboard-store.ts'
import type { MetricStore } from './metric-store.ts'
import { makeTagStore } from './tag-store.ts'
import { toJson, toXml } from './wire.ts'

const TARGET = 'GraniteServiceVersion20100801.'
const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/'
const EVALUATE_EVERY_MS = 10_000

/** The JSON protocol's names of errors that were called otherwise in the query protocol. */
const JSON_CODES: Readonly<Record<string, string>> = {
  InvalidParameterValue: 'InvalidParameterValueException',
  MissingParameter: 'MissingRequiredParameterException',
  InvalidParameterInput: 'DashboardInvalidInputError',
}

/** CloudWatch: metrics, alarms and dashboards, by JSON 1.0 and the query protocol. */
export function makeCloudWatch(core: WorldCore & { sns: SnsForOthers; metrics: MetricStore }): Service {
  const { metrics } = core
  const alarms = makeAlarmStore({ clock: core.clock, metrics, sns: core.sns })
  const dashboards = makeDashboardStore()
  const tags = makeTagStore()

  const tick = (): void => {
    alarms.evaluate(core.clock.now())
    core.clock.after(EVALUATE_EVERY_MS, tick)
  }
  core.clock.after(EVALUATE_EVERY_MS, tick)

  const run = (call: Call, action: string, input: Input): object => {
    const act = ACTIONS[action]
    if (act === undefined) throw new ServiceError('InvalidAction', `Could not find operation ${action}.`)
    checkAccess(action, input, call, core)
    return act({ input, call, core, metrics, alarms, dashboards, tags }) ?? {}
  }

  const refuse = (call: Call, { status, code, message }: Refusal): Reply =>
    isJson(call)
      ? awsJsonError('com.amazonaws.cloudwatch', { status, message, code: JSON_CODES[code] ?? code }, code)
      : queryError(NAMESPACE, call.requestId, { status, code, message })

  return {
    name: 'cloudwatch',
    action: async (call) =>
      isJson(call)
        ? String(call.headers['x-amz-target']).slice(TARGET.length)
        : ((await readForm(call)).get('Action') ?? 'Unknown'),
    async handle(call, action) {
      try {
        if (isJson(call)) return awsJsonReply(toJson(run(call, action, await readJson(call))))
        const reply = run(call, action, nestForm(await readForm(call)))
        return queryReply(NAMESPACE, action, call.requestId, toXml(reply))
      } catch (error) {
        if (error instanceof ServiceError) return refuse(call, error)
        throw error
      }
    },
    refuse,
  }
}

function isJson(call: Call): boolean {
  return call.headers['x-amz-target'] !== undefined
}
