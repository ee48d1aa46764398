import { type SqsAction, theQueue } from '../request.ts'

export const deleteQueue: SqsAction = (request) => request.store.remove(theQueue(request))
