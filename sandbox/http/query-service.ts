import type { Call, Refusal, Reply, Service, ServiceName } from '../types.ts'
import { ServiceError } from './errors.ts'
import { nestForm } from './form.ts'
import type { Input } from './input.ts'
import { queryError, queryReply, readForm } from './query.ts'
import type { XmlNode } from './xml.ts'

interface QueryServiceOptions {
  readonly name: ServiceName
  /** XML namespace of the answers. */
  readonly namespace: string
  /** What this service calls a parameter that is missing or wrong. */
  readonly invalidCode: string
  /** Undefined where there is no such action. */
  readonly run: (action: string, input: Input, call: Call) => { readonly result: XmlNode | void } | undefined
}

/** A service that speaks the query protocol alone: SNS, STS, IAM. */
export function makeQueryService(options: QueryServiceOptions): Service {
  const refuse = (call: Call, { status, code, message }: Refusal): Reply => {
    const ours = code === 'InvalidParameterValue' || code === 'MissingParameter' ? options.invalidCode : code
    return queryError(options.namespace, call.requestId, { status, code: ours, message })
  }
  return {
    name: options.name,
    action: async (call) => (await readForm(call)).get('Action') ?? 'Unknown',
    async handle(call, action) {
      try {
        const done = options.run(action, nestForm(await readForm(call)), call)
        if (done === undefined) {
          throw new ServiceError('InvalidAction', `Could not find operation ${action}.`)
        }
        return queryReply(options.namespace, action, call.requestId, done.result ?? undefined)
      } catch (error) {
        if (error instanceof ServiceError) return refuse(call, error)
        throw error
      }
    },
    refuse,
  }
}
