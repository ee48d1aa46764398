/** What stands of one queue. Source: Amazon SQS API reference, GetQueueUrl, GetQueueAttributes, ListQueueTags. */
import { GetQueueAttributesCommand, GetQueueUrlCommand, ListQueueTagsCommand } from '@aws-sdk/client-sqs'
import type { Seen, SeenQueue } from '../../domain/setup/observed.ts'
import type { Aws } from '../clients.ts'
import { ABSENT, look, policyOf, there } from './look.ts'

/** `accountId`: whose queue it is; `account`: whose credentials ask. */
export interface QueueAt {
  readonly name: string
  readonly region: string
  readonly account: string
  readonly accountId: string
  readonly url?: string | undefined
}

const GONE = [
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
  'NonExistentQueue',
  'QueueDeletedRecently',
]

/** Absent is also what SQS says of a queue whose policy does not let us see it. */
export async function observeQueue(aws: Pick<Aws, 'sqs'>, at: QueueAt): Promise<Seen<SeenQueue>> {
  const sqs = aws.sqs(at)
  const during = (action: string) => ({ action: `sqs:${action}`, resource: at.name, region: at.region, none: GONE })
  const seen = await look({
    ...during('GetQueueAttributes'),
    ask: async () => {
      const url = at.url ?? (await urlOf(sqs, at))
      const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))
      return { url, attributes: found.Attributes ?? {} }
    },
  })
  if (seen.is !== 'there') return seen
  const { url, attributes } = seen.value
  const tags = await look({
    ...during('ListQueueTags'),
    ask: async () => (await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags ?? {},
  })
  const { Policy } = attributes
  return there({
    name: at.name,
    region: at.region,
    account: at.account,
    arn: attributes['QueueArn'] ?? `arn:aws:sqs:${at.region}:${at.accountId}:${at.name}`,
    url,
    visibilitySeconds: Number(attributes['VisibilityTimeout'] ?? 30),
    retentionSeconds: Number(attributes['MessageRetentionPeriod'] ?? 345_600),
    waitSeconds: Number(attributes['ReceiveMessageWaitTimeSeconds'] ?? 0),
    policy: Policy === undefined || Policy === '' ? ABSENT : there(policyOf(Policy)),
    kmsKey: attributes['KmsMasterKeyId'] === '' ? undefined : attributes['KmsMasterKeyId'],
    redrive: redriveOf(attributes['RedrivePolicy']),
    tags,
  })
}

async function urlOf(sqs: ReturnType<Aws['sqs']>, { name, accountId }: QueueAt): Promise<string> {
  const found = await sqs.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: accountId }))
  return found.QueueUrl ?? ''
}

function redriveOf(policy: string | undefined): SeenQueue['redrive'] {
  if (policy === undefined || policy === '') return undefined
  const said = JSON.parse(policy) as { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown }
  if (typeof said.deadLetterTargetArn !== 'string') return undefined
  return { deadLetterArn: said.deadLetterTargetArn, maxReceiveCount: Number(said.maxReceiveCount) }
}
