import { type Input, requiredText } from '../http/input.ts'
import type { Call, WorldCore } from '../types.ts'
import { noSuchQueue } from './errors.ts'
import type { MoveTasks } from './move-tasks.ts'
import type { Queue } from './queue.ts'
import { queueArn, type QueueStore } from './store.ts'

/** What an action gets: its input in the JSON protocol's shape, whichever protocol it came by. */
export interface SqsRequest {
  readonly input: Input
  readonly call: Call
  readonly store: QueueStore
  readonly tasks: MoveTasks
  readonly core: WorldCore
}

export type SqsAction = (request: SqsRequest) => object | void | Promise<object | void>

/** The queue's URL below the endpoint that the client called, so that the client can call it again. */
export function queueUrl(call: Call, place: { account: string; name: string }): string {
  return `http://${call.host}/${place.account}/${place.name}`
}

/** The queue that `QueueUrl` names (by its path, in the call's region). Throws QueueDoesNotExist. */
export function theQueue({ input, call, store }: SqsRequest): Queue {
  const url = requiredText(input, 'QueueUrl')
  const match = /\/(\d{12})\/([\w-]+)\/?$/.exec(url)
  const queue =
    match === null ? undefined : store.byArn(queueArn({ region: call.region, account: match[1]!, name: match[2]! }))
  if (queue === undefined) throw noSuchQueue()
  return queue
}
