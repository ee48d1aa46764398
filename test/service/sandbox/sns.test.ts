import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import wrapped from '../../fixtures/events/sns-wrapped.json' with { type: 'json' }
import { randomPrefix } from '../../support/prefix.ts'
import { clientsFor } from '../../support/sandbox.ts'

type Clients = ReturnType<typeof clientsFor>

let ireland: Clients
/** Another account in another region: where a subscriber of the estate may well be. */
let london: Clients

beforeAll(() => {
  ireland = clientsFor(inject('sandboxUrl'))
  london = clientsFor(inject('sandboxUrl'), { account: '222222222222', region: 'eu-west-2' })
})

afterAll(() => {
  ireland.destroy()
  london.destroy()
})

async function createTopic(name = randomPrefix()): Promise<string> {
  return (await ireland.sns.send(new CreateTopicCommand({ Name: name }))).TopicArn!
}

async function createQueue({ sqs }: Clients): Promise<{ url: string; arn: string }> {
  const { QueueUrl: url } = await sqs.send(new CreateQueueCommand({ QueueName: randomPrefix() }))
  const reply = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
  return { url: url!, arn: reply.Attributes!.QueueArn! }
}

async function subscribe(topic: string, queue: string, attributes: Record<string, string> = {}): Promise<string> {
  const input = { TopicArn: topic, Protocol: 'sqs', Endpoint: queue, Attributes: attributes }
  return (await ireland.sns.send(new SubscribeCommand(input))).SubscriptionArn!
}

async function receive({ sqs }: Clients, url: string): Promise<Message[]> {
  const input = { QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }
  return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? []
}

test('a message reaches queues of other regions and accounts, in the envelope of the fixture', async () => {
  const topic = await createTopic()
  const [near, far] = [await createQueue(ireland), await createQueue(london)]
  for (const { arn } of [near, far]) await subscribe(topic, arn)
  const input = { TopicArn: topic, Message: '{"Records":[]}', Subject: 'Amazon S3 Notification' }
  const { MessageId } = await ireland.sns.send(new PublishCommand(input))
  const bodies = [...(await receive(ireland, near.url)), ...(await receive(london, far.url))].map(
    ({ Body }) => JSON.parse(Body!) as Record<string, unknown>,
  )
  expect(bodies).toHaveLength(2)
  for (const body of bodies) {
    expect(Object.keys(body)).toEqual(Object.keys(wrapped))
    expect(body).toMatchObject({ ...input, Type: 'Notification', MessageId })
  }
})

test('raw delivery hands on the message and its attributes as they are', async () => {
  const topic = await createTopic()
  const queue = await createQueue(ireland)
  const subscription = await subscribe(topic, queue.arn, { RawMessageDelivery: 'true' })
  const attributes = { pair: { DataType: 'String', StringValue: 'documents' } }
  const publish = new PublishCommand({ TopicArn: topic, Message: 'plain', MessageAttributes: attributes })
  await ireland.sns.send(publish)
  expect(await receive(ireland, queue.url)).toMatchObject([{ Body: 'plain', MessageAttributes: attributes }])

  const off = { SubscriptionArn: subscription, AttributeName: 'RawMessageDelivery', AttributeValue: 'false' }
  await ireland.sns.send(new SetSubscriptionAttributesCommand(off))
  await ireland.sns.send(publish)
  const [message] = await receive(ireland, queue.url)
  expect(JSON.parse(message!.Body!)).toMatchObject({
    Message: 'plain',
    MessageAttributes: { pair: { Type: 'String' } },
  })
})

test('subscriptions are listed, described, and end', async () => {
  const topic = await createTopic()
  const queue = await createQueue(ireland)
  const arn = await subscribe(topic, queue.arn)
  expect(await subscribe(topic, queue.arn)).toBe(arn)
  const listed = await ireland.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }))
  expect(listed.Subscriptions).toEqual([
    { SubscriptionArn: arn, Owner: '111111111111', Protocol: 'sqs', Endpoint: queue.arn, TopicArn: topic },
  ])
  const described = await ireland.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }))
  expect(described.Attributes).toMatchObject({ RawMessageDelivery: 'false', Endpoint: queue.arn })
  await ireland.sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }))
  await ireland.sns.send(new PublishCommand({ TopicArn: topic, Message: 'to nobody' }))
  expect(await receive(ireland, queue.url)).toEqual([])
})

test('topics belong to one account and region; a filter that would not filter is refused', async () => {
  const name = randomPrefix()
  const topic = await createTopic(name)
  expect(await createTopic(name)).toBe(topic)
  const { Topics } = await ireland.sns.send(new ListTopicsCommand({}))
  expect(Topics?.map(({ TopicArn }) => TopicArn)).toContain(topic)
  expect((await london.sns.send(new ListTopicsCommand({}))).Topics ?? []).not.toContainEqual({ TopicArn: topic })
  await expect(london.sns.send(new GetTopicAttributesCommand({ TopicArn: topic }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  const queue = await createQueue(ireland)
  await expect(subscribe(topic, queue.arn, { FilterPolicy: '{}' })).rejects.toThrow(/has no FilterPolicy/)
  await ireland.sns.send(new DeleteTopicCommand({ TopicArn: topic }))
  await expect(ireland.sns.send(new PublishCommand({ TopicArn: topic, Message: 'x' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
})
