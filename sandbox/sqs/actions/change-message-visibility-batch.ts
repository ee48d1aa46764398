import { inBatch } from '../batch.ts'
import { type SqsAction, theQueue } from '../request.ts'
import { changeOne } from './change-message-visibility.ts'

export const changeMessageVisibilityBatch: SqsAction = (request) => {
  const queue = theQueue(request)
  return inBatch(request.input, (entry) => changeOne(queue, entry))
}
