import { type Input, requiredText } from '../../http/input.ts'
import { badHandle } from '../errors.ts'
import type { Queue } from '../queue.ts'
import { type SqsAction, theQueue } from '../request.ts'

export const deleteMessage: SqsAction = (request) => deleteOne(theQueue(request), request.input)

/** Also one entry of DeleteMessageBatch. */
export function deleteOne(queue: Queue, input: Input): object {
  const handle = requiredText(input, 'ReceiptHandle')
  if (queue.delete(handle) === 'invalid') throw badHandle(handle)
  return {}
}
