export interface Topic {
  readonly arn: string
  readonly name: string
  readonly account: string
  readonly region: string
  /** As given; GetTopicAttributes adds what it computes. */
  readonly attributes: Map<string, string>
  readonly subscriptions: Set<Subscription>
}

export interface Subscription {
  readonly arn: string
  readonly topic: Topic
  readonly protocol: 'sqs'
  /** The queue's ARN; its region and account may be others than the topic's. */
  readonly endpoint: string
  readonly owner: string
  raw: boolean
}

export interface TopicStore {
  topic(arn: string): Topic | undefined
  subscription(arn: string): Subscription | undefined
  create(place: { name: string; account: string; region: string }): Topic
  remove(topic: Topic): void
  /** One account's topics in one region, by ARN. */
  topics(account: string, region: string): Topic[]
  subscribe(topic: Topic, endpoint: string, owner: string): Subscription
  unsubscribe(subscription: Subscription): void
  subscriptions(account: string, region: string): Subscription[]
}

/** Topics and their subscriptions, of every account and region. `newId` makes the last part of a subscription's ARN. */
export function makeTopicStore(newId: () => string): TopicStore {
  const topics = new Map<string, Topic>()
  const subscriptions = new Map<string, Subscription>()
  return {
    topic: (arn) => topics.get(arn),
    subscription: (arn) => subscriptions.get(arn),
    create({ name, account, region }) {
      const arn = `arn:aws:sns:${region}:${account}:${name}`
      const topic: Topic = { arn, name, account, region, attributes: new Map(), subscriptions: new Set() }
      topics.set(arn, topic)
      return topic
    },
    remove(topic) {
      topics.delete(topic.arn)
      for (const { arn } of topic.subscriptions) subscriptions.delete(arn)
    },
    topics: (account, region) => [...topics.values()].filter(isAt(account, region)).sort(byArn),
    subscribe(topic, endpoint, owner) {
      const arn = `${topic.arn}:${newId()}`
      const subscription: Subscription = { arn, topic, protocol: 'sqs', endpoint, owner, raw: false }
      subscriptions.set(arn, subscription)
      topic.subscriptions.add(subscription)
      return subscription
    },
    unsubscribe(subscription) {
      subscriptions.delete(subscription.arn)
      subscription.topic.subscriptions.delete(subscription)
    },
    subscriptions: (account, region) =>
      [...subscriptions.values()].filter(({ topic }) => isAt(account, region)(topic)).sort(byArn),
  }
}

function isAt(account: string, region: string): (topic: Topic) => boolean {
  return (topic) => topic.account === account && topic.region === region
}

function byArn(a: { arn: string }, b: { arn: string }): number {
  return a.arn < b.arn ? -1 : 1
}
