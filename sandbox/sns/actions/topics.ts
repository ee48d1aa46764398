import { ServiceError } from '../../http/errors.ts'
import { optionalText, requiredText } from '../../http/input.ts'
import { parsePolicy, PolicyError } from '../../iam/evaluate/policy.ts'
import { invalidParameter, page, readMap, type SnsAction, theTopic, writeMap } from '../request.ts'
import type { Topic } from '../store.ts'

/** Creating a topic that is there already answers with it. */
export const createTopic: SnsAction = ({ input, call, store }) => {
  const name = requiredText(input, 'Name')
  if (!/^[\w-]{1,256}$/.test(name)) throw new ServiceError('InvalidParameter', 'Invalid parameter: Topic Name')
  const arn = `arn:aws:sns:${call.region}:${call.account}:${name}`
  const topic = store.topic(arn) ?? store.create({ name, account: call.account, region: call.region })
  for (const [attribute, value] of readMap(input, 'Attributes')) setAttribute(topic, attribute, value)
  return { TopicArn: topic.arn }
}

/** Deleting a topic that is not there is no error, as in SNS. */
export const deleteTopic: SnsAction = ({ input, store }) => {
  const topic = store.topic(requiredText(input, 'TopicArn'))
  if (topic !== undefined) store.remove(topic)
}

export const listTopics: SnsAction = ({ input, call, store }) => {
  const { items, next } = page(input, store.topics(call.account, call.region))
  return { Topics: { member: items.map(({ arn }) => ({ TopicArn: arn })) }, NextToken: next }
}

export const getTopicAttributes: SnsAction = (request) => {
  const topic = theTopic(request)
  const attributes = new Map([
    ['TopicArn', topic.arn],
    ['Owner', topic.account],
    ['SubscriptionsConfirmed', String(topic.subscriptions.size)],
    ['SubscriptionsPending', '0'],
    ['SubscriptionsDeleted', '0'],
    ['DisplayName', ''],
    ...topic.attributes,
  ])
  return { Attributes: writeMap(attributes) }
}

export const setTopicAttributes: SnsAction = (request) => {
  const name = requiredText(request.input, 'AttributeName')
  setAttribute(theTopic(request), name, optionalText(request.input, 'AttributeValue') ?? '')
}

/** @throws ServiceError `InvalidParameter` for a policy that is none */
function setAttribute(topic: Topic, name: string, value: string): void {
  try {
    if (name === 'Policy' && value !== '') parsePolicy(value, 'resource')
  } catch (error) {
    if (error instanceof PolicyError) throw invalidParameter(`Policy Error: ${error.message}`)
    throw error
  }
  topic.attributes.set(name, value)
}
