/** What stands of one topic. Source: Amazon SNS API reference, GetTopicAttributes, ListSubscriptionsByTopic, GetSubscriptionAttributes. */
import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  paginateListSubscriptionsByTopic,
  type SNSClient,
  type Subscription,
} from '@aws-sdk/client-sns'
import type { Seen, SeenSubscription, SeenTopic } from '../../domain/setup/observed.ts'
import type { Aws, Place } from '../clients.ts'
import { ABSENT, look, policyOf, there } from './look.ts'

const GONE = ['NotFound', 'NotFoundException']

export async function observeTopic(
  aws: Pick<Aws, 'sns'>,
  { arn, place }: { readonly arn: string; readonly place: Place },
): Promise<Seen<SeenTopic>> {
  const sns = aws.sns(place)
  const during = (action: string) => ({ action: `sns:${action}`, resource: arn, region: place.region, none: GONE })
  const seen = await look({
    ...during('GetTopicAttributes'),
    ask: async () => (await sns.send(new GetTopicAttributesCommand({ TopicArn: arn }))).Attributes ?? {},
  })
  if (seen.is !== 'there') return seen
  const { Policy, KmsMasterKeyId } = seen.value
  return there({
    arn,
    policy: Policy === undefined || Policy === '' ? ABSENT : there(policyOf(Policy)),
    kmsKey: KmsMasterKeyId === '' ? undefined : KmsMasterKeyId,
    subscriptions: await look({ ...during('ListSubscriptionsByTopic'), ask: () => subscriptions(sns, arn) }),
  })
}

async function subscriptions(client: SNSClient, TopicArn: string): Promise<readonly SeenSubscription[]> {
  const found: SeenSubscription[] = []
  for await (const { Subscriptions } of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
    for (const one of Subscriptions ?? []) found.push(await subscriptionOf(client, one))
  }
  return found
}

/** Only queues' attributes are asked for: nothing is decided by those of others. */
async function subscriptionOf(
  sns: SNSClient,
  { Protocol, Endpoint, SubscriptionArn }: Subscription,
): Promise<SeenSubscription> {
  const one = { protocol: Protocol ?? '', endpoint: Endpoint ?? '' }
  // Not confirmed: it has no ARN yet, and nothing is delivered.
  if (SubscriptionArn?.startsWith('arn:') !== true) return { ...one, raw: false, filtered: false, pending: true }
  if (Protocol !== 'sqs') return { ...one, raw: false, filtered: false, pending: false }
  const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))
  const filter = Attributes?.['FilterPolicy']
  return {
    ...one,
    raw: Attributes?.['RawMessageDelivery'] === 'true',
    filtered: filter !== undefined && filter !== '' && filter !== '{}',
    pending: Attributes?.['PendingConfirmation'] === 'true',
  }
}
