import { ServiceError } from '../http/errors.ts'
import { type Input, objects, optionalObject, optionalText, requiredText } from '../http/input.ts'
import type { XmlNode } from '../http/xml.ts'
import type { Call, WorldCore } from '../types.ts'
import type { Notification } from './deliver.ts'
import type { Subscription, Topic, TopicStore } from './store.ts'

export interface SnsRequest {
  readonly input: Input
  readonly call: Call
  readonly store: TopicStore
  readonly core: WorldCore
  /** Delivers to the topic's queues; answers with the message's id. */
  publish(topic: Topic, notification: Pick<Notification, 'message' | 'subject' | 'attributes'>): string
}

export type SnsAction = (request: SnsRequest) => XmlNode | void

/** Throws NotFound, and InvalidParameter where the topic is in another region than the endpoint that was called. */
export function theTopic({ input, call, store }: SnsRequest): Topic {
  const arn = requiredText(input, 'TopicArn')
  const region = arn.split(':')[3]
  if (region !== undefined && region !== call.region) throw invalidParameter('TopicArn')
  const topic = store.topic(arn)
  if (topic === undefined) throw new ServiceError('NotFound', 'Topic does not exist', 404)
  return topic
}

export function theSubscription({ input, store }: SnsRequest): Subscription {
  const subscription = store.subscription(requiredText(input, 'SubscriptionArn'))
  if (subscription === undefined) throw new ServiceError('NotFound', 'Subscription does not exist', 404)
  return subscription
}

export function invalidParameter(what: string): ServiceError {
  return new ServiceError('InvalidParameter', `Invalid parameter: ${what}`)
}

/** `Attributes.entry.1.key`, `Attributes.entry.1.value`. */
export function readMap(input: Input, name: string): Map<string, string> {
  const entries = objects(optionalObject(input, name) ?? {}, 'entry')
  return new Map(entries.map((entry) => [requiredText(entry, 'key'), optionalText(entry, 'value') ?? '']))
}

export function writeMap(map: Iterable<readonly [string, string]>): XmlNode {
  return { entry: [...map].map(([key, value]) => ({ key, value })) }
}

const PAGE = 100

/** A page of a list that is sorted by ARN; the token is the last ARN of the page before. */
export function page<T extends { arn: string }>(
  input: Input,
  items: readonly T[],
): { items: T[]; next: XmlNode | undefined } {
  const after = typeof input['NextToken'] === 'string' ? input['NextToken'] : ''
  const rest = items.filter(({ arn }) => arn > after)
  return { items: rest.slice(0, PAGE), next: rest.length > PAGE ? rest[PAGE - 1]!.arn : undefined }
}
