import { ServiceError } from '../../http/errors.ts'
import { objects, optionalText } from '../../http/input.ts'
import { inBatch } from '../batch.ts'
import { messageSize } from '../message.ts'
import { type SqsAction, theQueue } from '../request.ts'
import { readAttributes, sendOne } from './send-message.ts'

/** All messages of a batch together, as one message alone. */
const MAX_BYTES = 1_048_576

export const sendMessageBatch: SqsAction = (request) => {
  const queue = theQueue(request)
  const size = objects(request.input, 'Entries').reduce(
    (total, entry) => total + messageSize(optionalText(entry, 'MessageBody') ?? '', readAttributes(entry)),
    0,
  )
  if (size > MAX_BYTES) {
    const message = `Batch requests cannot be longer than ${MAX_BYTES} bytes. You have sent ${size} bytes.`
    throw new ServiceError('BatchRequestTooLong', message)
  }
  return inBatch(request.input, (entry) => sendOne(request, queue, entry))
}
