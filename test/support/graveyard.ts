/** An intake queue with dead letters in it, on a sandbox process, and `landfall dead-letters` as a child process on it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { onTestFinished } from 'vitest'
import created from '../fixtures/events/object-created-put.json' with { type: 'json' }
import { estateDocument, PAIRS, writeEstateFile } from './estate-file.ts'
import { type Ended, spawnLandfall, type LandfallProcess } from './landfall-process.ts'
import { ACCOUNT } from './local-aws.ts'
import { randomPrefix } from './prefix.ts'
import { clientsFor } from './sandbox.ts'

export interface Graveyard {
  readonly sqs: SQSClient
  readonly intake: { readonly name: string; readonly url: string; readonly arn: string }
  readonly dead: { readonly name: string; readonly url: string; readonly arn: string }
  readonly folder: string
  /** Sends to the intake queue and receives until SQS has parked all of them. */
  park(bodies: readonly string[], attributes?: Record<string, MessageAttributeValue>): Promise<void>
  depth(url: string): Promise<{ readonly visible: number; readonly inFlight: number }>
  /** Takes everything visible out of a queue, without deleting it; hidden for a minute. */
  take(url: string): Promise<readonly Message[]>
  /** `landfall dead-letters ...` */
  spawn(args: readonly string[]): LandfallProcess
  run(...args: readonly string[]): Promise<Ended>
  /** `landfall status` */
  status(): Promise<Ended>
  /** Runs with --json, and gives the last line of stdout. */
  json<T>(...args: readonly string[]): Promise<T>
}

export async function makeGraveyard(at: {
  readonly sandboxUrl: string
  readonly redisUrl: string
}): Promise<Graveyard> {
  const clients = clientsFor(at.sandboxUrl)
  const { sqs } = clients
  const folder = await mkdtemp(join(tmpdir(), 'landfall-dead-'))
  onTestFinished(async () => {
    clients.destroy()
    await rm(folder, { recursive: true, force: true })
  })
  const name = randomPrefix()
  const dead = await makeQueue(sqs, `${name}-dead`)
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 })
  const intake = await makeQueue(sqs, name, { RedrivePolicy })
  const document = estateDocument({ redisUrl: at.redisUrl })
  const configFile = await writeEstateFile(join(folder, 'landfall.yaml'), {
    ...document,
    service: { ...document.service, redis: { url: at.redisUrl, durability: 'window' } },
    queues: [{ name, region: 'eu-west-1', account: 'main' }],
  })
  const env = {
    PATH: process.env['PATH'] ?? '',
    XDG_STATE_HOME: join(folder, 'state'),
    AWS_ENDPOINT_URL: at.sandboxUrl,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const spawn = ([sub, ...args]: readonly string[]): LandfallProcess =>
    spawnLandfall({ args: ['dead-letters', sub!, '--config', configFile, ...args], env, cwd: folder })

  async function depth(QueueUrl: string) {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    return {
      visible: Number(Attributes!['ApproximateNumberOfMessages']),
      inFlight: Number(Attributes!['ApproximateNumberOfMessagesNotVisible']),
    }
  }

  async function take(QueueUrl: string, VisibilityTimeout = 60): Promise<Message[]> {
    const all: Message[] = []
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      })
      const { Messages = [] } = await sqs.send(command)
      if (Messages.length === 0) return all
      all.push(...Messages)
    }
  }

  return {
    sqs,
    intake,
    dead,
    folder,
    depth,
    take,
    async park(bodies, attributes) {
      await send(sqs, intake.url, bodies, attributes)
      const received = await take(intake.url)
      for (let from = 0; from < received.length; from += 10) {
        const Entries = received
          .slice(from, from + 10)
          .map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle, VisibilityTimeout: 0 }))
        await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: intake.url, Entries }))
      }
      // SQS parks at the receive that is one too many.
      await take(intake.url)
    },
    spawn,
    run: (...args) => spawn(args).ended,
    status: () => spawnLandfall({ args: ['status', '--config', configFile], env, cwd: folder }).ended,
    async json<T>(...args: readonly string[]): Promise<T> {
      const { stdout, stderr } = await spawn([...args, '--json']).ended
      const last = stdout.trim().split('\n').at(-1) ?? ''
      if (last === '') throw new Error(`nothing on stdout: ${stderr}`)
      return JSON.parse(last) as T
    },
  }
}

export async function send(
  sqs: SQSClient,
  QueueUrl: string,
  bodies: readonly string[],
  MessageAttributes?: Record<string, MessageAttributeValue>,
): Promise<void> {
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies
      .slice(from, from + 10)
      .map((MessageBody, n) => ({ Id: `${n}`, MessageBody, ...(MessageAttributes && { MessageAttributes }) }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }
}

async function makeQueue(sqs: SQSClient, name: string, Attributes: Record<string, string> = {}) {
  const url = (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))).QueueUrl!
  const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
  return { name, url, arn: found.Attributes!['QueueArn']! }
}

/** A good event of the first pair's source. */
export function eventBody(key: string, versionId = `v-${key}`): string {
  const [record] = created.Records
  const bucket = { ...record!.s3.bucket, name: `faults-${PAIRS[0]}-source` }
  const object = { ...record!.s3.object, key: encodeURIComponent(key), versionId }
  return JSON.stringify({ Records: [{ ...record, s3: { ...record!.s3, bucket, object } }] })
}
