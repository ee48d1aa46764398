import { inBatch } from '../batch.ts'
import { type SqsAction, theQueue } from '../request.ts'
import { deleteOne } from './delete-message.ts'

export const deleteMessageBatch: SqsAction = (request) => {
  const queue = theQueue(request)
  return inBatch(request.input, (entry) => deleteOne(queue, entry))
}
