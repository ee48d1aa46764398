import { ServiceError } from '../http/errors.ts'
import { awsJsonError, awsJsonReply, readJson } from '../http/json.ts'
import { queryError, queryReply, readForm } from '../http/query.ts'
import type { Call, Refusal, Reply, Service, SqsForOthers, WorldCore } from '../types.ts'
import { checkAccess, takesFrom } from './access.ts'
import { ACTIONS } from './actions.ts'
import { queryCode } from './errors.ts'
import { makeMoveTasks } from './move-tasks.ts'
import { NAMESPACE, readQuery, writeQuery } from './query.ts'
import type { SqsRequest } from './request.ts'
import { makeQueueStore } from './store.ts'

const TARGET = 'AmazonSQS.'

/** Who sends what S3 and SNS deliver. */
const AWS_SENDER = 'AIDAJQR6QDGQ7PATMSYEY'

/** SQS: one queue space for each account and region, by the JSON 1.0 and the query protocol. */
export function makeSqs(core: WorldCore): { service: Service; others: SqsForOthers; close(): void } {
  const store = makeQueueStore(core.clock)
  const tasks = makeMoveTasks(core, store)

  const run = async (call: Call, action: string, input: SqsRequest['input']): Promise<object> => {
    const act = ACTIONS[action]
    if (act === undefined)
      throw new ServiceError('InvalidAction', `The action ${action} is not valid for this endpoint.`)
    const request: SqsRequest = { input, call, store, tasks, core }
    checkAccess(request, action)
    return (await act(request)) ?? {}
  }

  const refuse = (call: Call, error: Refusal): Reply =>
    isJson(call)
      ? awsJsonError('com.amazonaws.sqs', error, queryCode(error.code))
      : queryError(NAMESPACE, call.requestId, { ...refusal(error), code: queryCode(error.code) })

  const service: Service = {
    name: 'sqs',
    action: async (call) =>
      isJson(call)
        ? String(call.headers['x-amz-target']).slice(TARGET.length)
        : ((await readForm(call)).get('Action') ?? 'Unknown'),
    async handle(call, action) {
      try {
        if (isJson(call)) return awsJsonReply(await run(call, action, await readJson(call)))
        const reply = await run(call, action, readQuery(await readForm(call), call.path))
        return queryReply(NAMESPACE, action, call.requestId, writeQuery(action, reply))
      } catch (error) {
        if (error instanceof ServiceError) return refuse(call, error)
        throw error
      }
    },
    refuse,
  }

  return {
    service,
    others: {
      exists: (arn) => store.byArn(arn) !== undefined,
      takes(arn, from) {
        const queue = store.byArn(arn)
        return queue !== undefined && takesFrom(queue, from, core.iam.guard)
      },
      send(arn, body, from, attributes) {
        const queue = store.byArn(arn)
        if (queue === undefined || !takesFrom(queue, from, core.iam.guard)) return false
        store.send(queue, { body, attributes, senderId: AWS_SENDER })
        return true
      },
    },
    close: () => store.close(),
  }
}

function isJson(call: Call): boolean {
  return call.headers['x-amz-target'] !== undefined
}

/** An error's own fields (spreading an Error leaves its message out). */
function refusal({ status, code, message }: Refusal): Refusal {
  return { status, code, message }
}
