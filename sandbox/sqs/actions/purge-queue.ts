import { type SqsAction, theQueue } from '../request.ts'

export const purgeQueue: SqsAction = (request) => theQueue(request).purge()
