import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { clientsFor } from '../../support/sandbox.ts'

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

let sandbox: Sandbox
let sqs: ReturnType<typeof clientsFor>['sqs']

beforeAll(async () => {
  sandbox = await startSandbox()
  sqs = clientsFor(sandbox.url).sqs
})

afterAll(async () => {
  sqs.destroy()
  await sandbox.close()
})

async function createQueue(attributes: Record<string, string> = {}, name = randomPrefix()): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  return QueueUrl!
}

async function receive(url: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const input = { QueueUrl: url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], ...more }
  return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? []
}

async function send(url: string, ...bodies: string[]): Promise<void> {
  for (const body of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }))
}

async function attributesOf(url: string): Promise<Record<string, string>> {
  const reply = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))
  return reply.Attributes!
}

async function arnOf(url: string): Promise<string> {
  return (await attributesOf(url))['QueueArn']!
}

describe('queues', () => {
  test('the same name is another queue in every account and region', async () => {
    const name = randomPrefix()
    const places = [
      { account: '111111111111', region: 'eu-west-1' },
      { account: '111111111111', region: 'eu-west-2' },
      { account: '222222222222', region: 'eu-west-1' },
    ]
    for (const place of places) {
      const clients = clientsFor(sandbox.url, place)
      const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: name }))
      expect(QueueUrl).toBe(`${sandbox.url}/${place.account}/${name}`)
      const body = JSON.stringify(place)
      await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }))
      const { Messages } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
      expect(Messages?.map(({ Body }) => Body)).toEqual([body])
      clients.destroy()
    }
  })

  test('GetQueueUrl finds the queue of another account', async () => {
    const name = randomPrefix()
    const other = clientsFor(sandbox.url, { account: '222222222222' })
    await other.sqs.send(new CreateQueueCommand({ QueueName: name }))
    other.destroy()
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: name }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    })
    const input = { QueueName: name, QueueOwnerAWSAccountId: '222222222222' }
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand(input))
    expect(QueueUrl).toMatch(`/222222222222/${name}`)
    await send(QueueUrl!, 'across accounts')
    expect(await receive(QueueUrl!)).toHaveLength(1)
  })

  test('CreateQueue is idempotent, unless an attribute differs', async () => {
    const name = randomPrefix()
    const first = await createQueue({ VisibilityTimeout: '7' }, name)
    expect(await createQueue({ VisibilityTimeout: '7' }, name)).toBe(first)
    expect(await createQueue({}, name)).toBe(first)
    await expect(createQueue({ VisibilityTimeout: '8' }, name)).rejects.toMatchObject({ name: 'QueueNameExists' })
  })

  test('attributes are kept, checked and given back', async () => {
    const url = await createQueue()
    expect(await attributesOf(url)).toMatchObject({
      VisibilityTimeout: '30',
      MessageRetentionPeriod: '345600',
      MaximumMessageSize: '1048576',
      ReceiveMessageWaitTimeSeconds: '0',
      ApproximateNumberOfMessages: '0',
    })
    const set = (attributes: Record<string, string>) =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }))
    await set({ MessageRetentionPeriod: '1209600' })
    expect((await attributesOf(url))['MessageRetentionPeriod']).toBe('1209600')
    await expect(set({ VisibilityTimeout: '43201' })).rejects.toMatchObject({ name: 'InvalidAttributeValue' })
    await expect(set({ Visibility: '1' })).rejects.toMatchObject({ name: 'InvalidAttributeName' })
    const nowhere = JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:111111111111:no', maxReceiveCount: 3 })
    await expect(set({ RedrivePolicy: nowhere })).rejects.toThrow(/Dead letter target does not exist/)
  })

  test('ListQueues pages by prefix; tags are kept; a deleted queue is gone', async () => {
    const prefix = randomPrefix()
    const urls = []
    for (const n of ['c', 'a', 'b']) urls.push(await createQueue({}, `${prefix}-${n}`))
    const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2 }))
    expect(first.QueueUrls?.map((url) => url.slice(-1))).toEqual(['a', 'b'])
    const input = { QueueNamePrefix: prefix, MaxResults: 2, NextToken: first.NextToken }
    expect((await sqs.send(new ListQueuesCommand(input))).QueueUrls).toEqual([urls[0]])

    await sqs.send(new TagQueueCommand({ QueueUrl: urls[0], Tags: { team: 'assets', stage: 'preview' } }))
    await sqs.send(new UntagQueueCommand({ QueueUrl: urls[0], TagKeys: ['stage'] }))
    const { Tags } = await sqs.send(new ListQueueTagsCommand({ QueueUrl: urls[0] }))
    expect(Tags).toEqual({ team: 'assets' })

    await sqs.send(new DeleteQueueCommand({ QueueUrl: urls[0] }))
    await expect(send(urls[0]!, 'late')).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
  })
})

describe('messages', () => {
  test('sent, received once, deleted', async () => {
    const url = await createQueue()
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'grüße ✓ 🚀' }))
    const [message] = await receive(url)
    expect(message).toMatchObject({ Body: 'grüße ✓ 🚀', MessageId: sent.MessageId })
    expect(message!.Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
    expect(Math.abs(Number(message!.Attributes!.SentTimestamp) - Date.now())).toBeLessThan(60_000)
    expect(await receive(url)).toEqual([])
    expect(await attributesOf(url)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '1' })
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message!.ReceiptHandle }))
    expect(await attributesOf(url)).toMatchObject({
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessages: '0',
    })
  })

  test('message attributes come back only when asked for, with their MD5', async () => {
    const url = await createQueue()
    const attributes = {
      pair: { DataType: 'String', StringValue: 'documents' },
      size: { DataType: 'Number', StringValue: '12' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
    }
    const sent = await sqs.send(
      new SendMessageCommand({ QueueUrl: url, MessageBody: 'x', MessageAttributes: attributes }),
    )
    // By the algorithm of the developer guide, computed apart from this code.
    expect(sent.MD5OfMessageAttributes).toBe('7f8b380ab2c975ecae44ae9d12766a31')
    const [plain] = await receive(url, { VisibilityTimeout: 0 })
    expect(plain!.MessageAttributes).toBeUndefined()
    const [full] = await receive(url, { MessageAttributeNames: ['All'] })
    expect(full!.MessageAttributes).toEqual(attributes)
    expect(full!.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes)
  })

  test('visible again when the timeout ends, and the first receipt handle is worth nothing then', async () => {
    const url = await createQueue({ VisibilityTimeout: '1' })
    await send(url, 'again')
    const [first] = await receive(url)
    const [second] = await receive(url, { WaitTimeSeconds: 5, VisibilityTimeout: 30 })
    expect(second!.Attributes).toMatchObject({ ApproximateReceiveCount: '2' })
    expect(second!.MessageId).toBe(first!.MessageId)
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first!.ReceiptHandle }))
    expect(await attributesOf(url)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '1' })
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: second!.ReceiptHandle }))
    expect(await attributesOf(url)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '0' })
  })

  test('ChangeMessageVisibility gives a message back at once, and refuses one that is not in flight', async () => {
    const url = await createQueue()
    await send(url, 'back')
    const [message] = await receive(url)
    const input = { QueueUrl: url, ReceiptHandle: message!.ReceiptHandle, VisibilityTimeout: 0 }
    await sqs.send(new ChangeMessageVisibilityCommand(input))
    await expect(sqs.send(new ChangeMessageVisibilityCommand(input))).rejects.toThrow(/not available for visibility/)
    expect(await receive(url)).toHaveLength(1)
  })

  test('delayed messages are counted apart and come when their time is up', async () => {
    const url = await createQueue()
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'later', DelaySeconds: 1 }))
    expect(await receive(url)).toEqual([])
    expect(await attributesOf(url)).toMatchObject({ ApproximateNumberOfMessagesDelayed: '1' })
    expect(await receive(url, { WaitTimeSeconds: 5 })).toHaveLength(1)
  })

  test('PurgeQueue empties it, what is in flight included', async () => {
    const url = await createQueue({ VisibilityTimeout: '1' })
    await send(url, 'a', 'b')
    await receive(url, { MaxNumberOfMessages: 1 })
    await sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
    expect(await receive(url, { WaitTimeSeconds: 2 })).toEqual([])
  })
})

describe('batches', () => {
  const entries = (count: number, body = 'x') =>
    Array.from({ length: count }, (_, n) => ({ Id: `m${n}`, MessageBody: `${body}${n}` }))

  test('ten are sent, received and deleted', async () => {
    const url = await createQueue()
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries(10) }))
    expect(sent.Successful).toHaveLength(10)
    const messages = await receive(url)
    expect(messages.map(({ Body }) => Body!).toSorted(byText)).toEqual(
      entries(10).map(({ MessageBody }) => MessageBody),
    )
    const handles = messages.map(({ ReceiptHandle }, n) => ({ Id: `d${n}`, ReceiptHandle }))
    handles[9] = { Id: 'd9', ReceiptHandle: 'nonsense' }
    const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }))
    expect(deleted.Successful).toHaveLength(9)
    expect(deleted.Failed).toMatchObject([{ Id: 'd9', Code: 'ReceiptHandleIsInvalid', SenderFault: true }])
    expect(await attributesOf(url)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '1' })
  })

  test.each([
    ['EmptyBatchRequest', []],
    ['TooManyEntriesInBatchRequest', entries(11)],
    ['BatchEntryIdsNotDistinct', [...entries(1), ...entries(1)]],
    ['InvalidBatchEntryId', [{ Id: 'a b', MessageBody: 'x' }]],
    ['BatchRequestTooLong', entries(2, 'x'.repeat(600_000))],
  ])('%s', async (name, Entries) => {
    const url = await createQueue()
    await expect(sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))).rejects.toMatchObject({ name })
    expect(await receive(url)).toEqual([])
  })

  test('a message of 1 MiB passes, one byte more does not', async () => {
    const url = await createQueue()
    await send(url, 'x'.repeat(1_048_576))
    await expect(send(url, 'x'.repeat(1_048_577))).rejects.toThrow(/shorter than 1048576 bytes/)
    await expect(send(url, 'a\u0000b')).rejects.toMatchObject({ name: 'InvalidMessageContents' })
    expect(await receive(url)).toHaveLength(1)
  })
})

describe('long polls', () => {
  test('an arrival wakes the one that waits longest, alone', async () => {
    const url = await createQueue()
    const finished: string[] = []
    const poll = async (name: string, seconds: number): Promise<Message[]> => {
      const messages = await receive(url, { WaitTimeSeconds: seconds })
      finished.push(name)
      return messages
    }
    const first = poll('first', 20)
    await polling(1)
    const second = poll('second', 1)
    await polling(2)
    await send(url, 'hello')
    expect(await first).toMatchObject([{ Body: 'hello' }])
    expect(await second).toEqual([])
    expect(finished).toEqual(['first', 'second'])
  })

  test('one whose client hung up takes no message with it', async () => {
    const url = await createQueue()
    const abort = new AbortController()
    const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 })
    const poll = sqs.send(command, { abortSignal: abort.signal })
    await polling(1)
    abort.abort()
    await expect(poll).rejects.toThrow()
    await polling(0)
    await send(url, 'still here')
    expect(await receive(url, { WaitTimeSeconds: 5 })).toMatchObject([{ Attributes: { ApproximateReceiveCount: '1' } }])
  })

  /** Resolves when that many ReceiveMessage calls have reached the sandbox and wait there. */
  async function polling(count: number): Promise<void> {
    await expect.poll(() => sandbox.stats.serving('sqs', 'ReceiveMessage')).toBe(count)
  }
})

describe('dead letters', () => {
  test('received too often, a message moves on, and keeps its sent time and its count', async () => {
    const dead = await createQueue()
    const policy = JSON.stringify({ deadLetterTargetArn: await arnOf(dead), maxReceiveCount: 2 })
    const url = await createQueue({ RedrivePolicy: policy })
    await send(url, 'poison')
    const [first] = await receive(url, { VisibilityTimeout: 0 })
    expect(await receive(url, { VisibilityTimeout: 0 })).toHaveLength(1)
    expect(await receive(url)).toEqual([])
    const [letter] = await receive(dead)
    expect(letter).toMatchObject({ Body: 'poison', MessageId: first!.MessageId })
    expect(letter!.Attributes).toMatchObject({
      SentTimestamp: first!.Attributes!.SentTimestamp,
      ApproximateReceiveCount: '3',
      DeadLetterQueueSourceArn: await arnOf(url),
    })
    const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }))
    expect(queueUrls).toEqual([url])
  })
})
