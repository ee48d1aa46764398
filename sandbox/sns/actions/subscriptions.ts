import { ServiceError } from '../../http/errors.ts'
import { optionalText, requiredText } from '../../http/input.ts'
import { invalidParameter, page, readMap, type SnsAction, theSubscription, theTopic, writeMap } from '../request.ts'
import type { Subscription } from '../store.ts'

/** Subscribes a queue, of any region and account. It is confirmed at once: the sandbox asks no owner. */
export const subscribe: SnsAction = (request) => {
  const { input, call, store } = request
  const topic = theTopic(request)
  if (requiredText(input, 'Protocol') !== 'sqs') throw invalidParameter('Protocol: the sandbox delivers to sqs only')
  const endpoint = requiredText(input, 'Endpoint')
  if (!/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[\w-]+$/.test(endpoint)) throw invalidParameter('SQS endpoint ARN')
  const subscription =
    [...topic.subscriptions].find((other) => other.endpoint === endpoint) ??
    store.subscribe(topic, endpoint, call.account)
  for (const [name, value] of readMap(input, 'Attributes')) setAttribute(subscription, name, value)
  return { SubscriptionArn: subscription.arn }
}

export const unsubscribe: SnsAction = (request) => request.store.unsubscribe(theSubscription(request))

export const listSubscriptionsByTopic: SnsAction = (request) => {
  const topic = theTopic(request)
  const { items, next } = page(
    request.input,
    [...topic.subscriptions].sort((a, b) => (a.arn < b.arn ? -1 : 1)),
  )
  return { Subscriptions: { member: items.map(summary) }, NextToken: next }
}

export const listSubscriptions: SnsAction = ({ input, call, store }) => {
  const { items, next } = page(input, store.subscriptions(call.account, call.region))
  return { Subscriptions: { member: items.map(summary) }, NextToken: next }
}

export const getSubscriptionAttributes: SnsAction = (request) => {
  const subscription = theSubscription(request)
  return {
    Attributes: writeMap([
      ...Object.entries(summary(subscription)),
      ['RawMessageDelivery', String(subscription.raw)],
      ['PendingConfirmation', 'false'],
      ['ConfirmationWasAuthenticated', 'true'],
    ]),
  }
}

export const setSubscriptionAttributes: SnsAction = (request) => {
  const name = requiredText(request.input, 'AttributeName')
  setAttribute(theSubscription(request), name, optionalText(request.input, 'AttributeValue') ?? '')
}

function summary({ arn, owner, protocol, endpoint, topic }: Subscription): Record<string, string> {
  return { SubscriptionArn: arn, Owner: owner, Protocol: protocol, Endpoint: endpoint, TopicArn: topic.arn }
}

/** Refuses what it would have to ignore: a filter that filters nothing would be worse than an error. */
function setAttribute(subscription: Subscription, name: string, value: string): void {
  if (name !== 'RawMessageDelivery') {
    throw new ServiceError('InvalidParameter', `Invalid parameter: AttributeName: the sandbox has no ${name}`)
  }
  subscription.raw = value === 'true'
}
