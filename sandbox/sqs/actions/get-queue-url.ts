import { optionalText, requiredText } from '../../http/input.ts'
import { noSuchQueue } from '../errors.ts'
import { queueUrl, type SqsAction } from '../request.ts'
import { queueArn } from '../store.ts'

export const getQueueUrl: SqsAction = ({ input, call, store }) => {
  const name = requiredText(input, 'QueueName')
  const account = optionalText(input, 'QueueOwnerAWSAccountId') ?? call.account
  if (store.byArn(queueArn({ name, account, region: call.region })) === undefined) throw noSuchQueue()
  return { QueueUrl: queueUrl(call, { account, name }) }
}
