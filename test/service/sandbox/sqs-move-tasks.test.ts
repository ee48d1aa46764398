import {
  CancelMessageMoveTaskCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

interface TestQueue {
  readonly url: string
  readonly arn: string
}

async function createQueue(deadLetters?: TestQueue): Promise<TestQueue> {
  const policy = JSON.stringify({ deadLetterTargetArn: deadLetters?.arn, maxReceiveCount: 1 })
  const Attributes = deadLetters === undefined ? {} : { RedrivePolicy: policy }
  const { QueueUrl: url } = await sqs.send(new CreateQueueCommand({ QueueName: randomPrefix(), Attributes }))
  const input = { QueueUrl: url, AttributeNames: ['QueueArn' as const] }
  const reply = await sqs.send(new GetQueueAttributesCommand(input))
  return { url: url!, arn: reply.Attributes!.QueueArn! }
}

async function receive(queue: TestQueue, visibility = 30): Promise<Message[]> {
  const input = { QueueUrl: queue.url, MaxNumberOfMessages: 10, VisibilityTimeout: visibility }
  const command = new ReceiveMessageCommand({ ...input, MessageSystemAttributeNames: ['All'] })
  return (await sqs.send(command)).Messages ?? []
}

/** A queue and its dead-letter queue, which holds `count` of its messages. */
async function deadLetters(count: number): Promise<{ source: TestQueue; dead: TestQueue }> {
  const dead = await createQueue()
  const source = await createQueue(dead)
  const Entries = Array.from({ length: count }, (_, n) => ({ Id: `m${n}`, MessageBody: `letter ${n}` }))
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: source.url, Entries }))
  await receive(source, 0)
  expect(await receive(source)).toEqual([]) // this receive is one too many, and moves them
  return { source, dead }
}

async function tasksOf(dead: TestQueue) {
  const command = new ListMessageMoveTasksCommand({ SourceArn: dead.arn, MaxResults: 10 })
  return (await sqs.send(command)).Results ?? []
}

test('dead letters go back to where they came from, as new messages', async () => {
  const { source, dead } = await deadLetters(3)
  const before = await receive(dead, 0)
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn }))
  await expect
    .poll(() => tasksOf(dead))
    .toMatchObject([
      {
        Status: 'COMPLETED',
        SourceArn: dead.arn,
        ApproximateNumberOfMessagesMoved: 3,
        ApproximateNumberOfMessagesToMove: 3,
      },
    ])
  const back = await receive(source)
  expect(back.map(({ Body }) => Body!).toSorted(byText)).toEqual(['letter 0', 'letter 1', 'letter 2'])
  expect(back[0]!.Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
  const ids = new Set(before.map(({ MessageId }) => MessageId))
  expect(back.some(({ MessageId }) => ids.has(MessageId))).toBe(false)
  expect(await receive(dead)).toEqual([])
})

test('a destination of its own, and a rate that holds until the task is cancelled', async () => {
  const { dead } = await deadLetters(10)
  const elsewhere = await createQueue()
  const input = { SourceArn: dead.arn, DestinationArn: elsewhere.arn, MaxNumberOfMessagesPerSecond: 1 }
  const { TaskHandle } = await sqs.send(new StartMessageMoveTaskCommand(input))
  expect(await tasksOf(dead)).toMatchObject([{ Status: 'RUNNING', TaskHandle, MaxNumberOfMessagesPerSecond: 1 }])
  await expect(sqs.send(new StartMessageMoveTaskCommand(input))).rejects.toMatchObject({ name: 'UnsupportedOperation' })
  await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
  await expect.poll(() => tasksOf(dead)).toMatchObject([{ Status: 'CANCELLED' }])
  const [left, moved] = [await receive(dead), await receive(elsewhere)]
  expect(left.length + moved.length).toBe(10)
  expect(left.length).toBeGreaterThan(5)
})

test('only true dead-letter queues are moved, and only to queues that exist', async () => {
  const plain = await createQueue()
  const start = (input: { SourceArn: string; DestinationArn?: string }) =>
    sqs.send(new StartMessageMoveTaskCommand(input))
  await expect(start({ SourceArn: plain.arn })).rejects.toThrow(/must be configured as a Dead Letter Queue/)
  await expect(start({ SourceArn: `${plain.arn}x` })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  const { dead } = await deadLetters(1)
  const nowhere = { SourceArn: dead.arn, DestinationArn: `${plain.arn}x` }
  await expect(start(nowhere)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})
