import { textMap, texts } from '../../http/input.ts'
import { type SqsAction, theQueue } from '../request.ts'

export const tagQueue: SqsAction = (request) => {
  Object.assign(theQueue(request).tags, textMap(request.input, 'Tags'))
}

export const untagQueue: SqsAction = (request) => {
  const queue = theQueue(request)
  for (const name of texts(request.input, 'TagKeys')) delete queue.tags[name]
}

export const listQueueTags: SqsAction = (request) => ({ Tags: theQueue(request).tags })
