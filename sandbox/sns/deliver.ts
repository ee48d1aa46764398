import type { Sender, SentAttributes, SqsForOthers } from '../types.ts'
import type { Subscription, Topic } from './store.ts'

export interface Notification {
  readonly messageId: string
  readonly message: string
  readonly subject?: string | undefined
  readonly attributes?: SentAttributes | undefined
  readonly time: number
}

/**
 * Hands a message to every subscribed queue: as it is where the subscription wants it raw, else in SNS' envelope. A queue
 * that is gone loses it, as in SNS after its retries (no subscription here has a dead-letter queue).
 */
export function deliver(sqs: SqsForOthers, topic: Topic, notification: Notification): void {
  const from: Sender = { service: 'sns.amazonaws.com', arn: topic.arn, account: topic.account }
  for (const subscription of topic.subscriptions) {
    if (subscription.raw) sqs.send(subscription.endpoint, notification.message, from, notification.attributes)
    else sqs.send(subscription.endpoint, envelope(subscription, notification), from)
  }
}

/** SNS developer guide, "Parsing message formats" (HTTP/S and SQS notification JSON). */
function envelope({ arn, topic }: Subscription, notification: Notification): string {
  const endpoint = `https://sns.${topic.region}.amazonaws.com`
  const attributes = Object.entries(notification.attributes ?? {}).map(([name, attribute]) => [
    name,
    { Type: attribute.DataType, Value: attribute.StringValue ?? attribute.BinaryValue },
  ])
  return JSON.stringify({
    Type: 'Notification',
    MessageId: notification.messageId,
    TopicArn: topic.arn,
    Subject: notification.subject,
    Message: notification.message,
    Timestamp: new Date(notification.time).toISOString(),
    SignatureVersion: '1',
    Signature: 'U0FOREJPWA==',
    SigningCertURL: `${endpoint}/SimpleNotificationService-sandbox.pem`,
    UnsubscribeURL: `${endpoint}/?Action=Unsubscribe&SubscriptionArn=${arn}`,
    MessageAttributes: attributes.length === 0 ? undefined : Object.fromEntries(attributes),
  })
}
