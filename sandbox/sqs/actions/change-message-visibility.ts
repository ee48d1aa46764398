import { type Input, missing, optionalInteger, requiredText } from '../../http/input.ts'
import { badHandle, notInFlight } from '../errors.ts'
import type { Queue } from '../queue.ts'
import { type SqsAction, theQueue } from '../request.ts'

export const changeMessageVisibility: SqsAction = (request) => changeOne(theQueue(request), request.input)

/** Also one entry of ChangeMessageVisibilityBatch. */
export function changeOne(queue: Queue, input: Input): object {
  const handle = requiredText(input, 'ReceiptHandle')
  const seconds = optionalInteger(input, 'VisibilityTimeout', 0, 43_200)
  if (seconds === undefined) throw missing('VisibilityTimeout')
  const outcome = queue.changeVisibility(handle, seconds * 1000)
  if (outcome === 'invalid') throw badHandle(handle)
  if (outcome === 'unavailable') throw notInFlight(handle)
  return {}
}
