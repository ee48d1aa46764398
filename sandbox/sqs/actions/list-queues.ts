import { optionalInteger, optionalText } from '../../http/input.ts'
import { queueUrl, type SqsAction } from '../request.ts'

export const listQueues: SqsAction = ({ input, call, store }) => {
  const prefix = optionalText(input, 'QueueNamePrefix') ?? ''
  const max = optionalInteger(input, 'MaxResults', 1, 1000) ?? 1000
  const after = optionalText(input, 'NextToken') ?? ''
  const names = store
    .list(call.account, call.region)
    .map(({ identity }) => identity.name)
    .filter((name) => name.startsWith(prefix) && name > after)
  const page = names.slice(0, max)
  return {
    QueueUrls: page.map((name) => queueUrl(call, { account: call.account, name })),
    ...(names.length > max ? { NextToken: page.at(-1) } : {}),
  }
}
