import { queueUrl, type SqsAction, theQueue } from '../request.ts'

/** The member's name is in lower case in SQS, too. */
export const listDeadLetterSourceQueues: SqsAction = (request) => ({
  queueUrls: request.store
    .sourcesOf(theQueue(request).identity.arn)
    .map(({ identity }) => queueUrl(request.call, identity)),
})
