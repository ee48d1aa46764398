import { textMap } from '../../http/input.ts'
import { checkDeadLetterQueue, makeSettings } from '../attributes.ts'
import { type SqsAction, theQueue } from '../request.ts'

export const setQueueAttributes: SqsAction = (request) => {
  const queue = theQueue(request)
  const settings = makeSettings(textMap(request.input, 'Attributes'), queue.settings.raw)
  checkDeadLetterQueue(settings, queue.identity.region, request.store)
  queue.settings = settings
  queue.modifiedAt = request.core.clock.now()
}
