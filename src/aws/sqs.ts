/**
 * The intake queues as SQS knows them: where they are, how they are set, how deep they stand.
 *
 * Source: Amazon SQS API reference, GetQueueUrl and GetQueueAttributes.
 */
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Estate, IntakeQueue } from '../config/estate.ts'
import type { QueueDepth } from '../ports.ts'
import { abortable, accountOf, type Aws } from './clients.ts'
import { attempt } from '../domain/aws-errors.ts'

export interface ResolvedQueue extends IntakeQueue {
  readonly url: string
  readonly arn: string
  /** As set on the queue; a receive may override it. */
  readonly visibilitySeconds: number
  readonly retentionSeconds: number
  /** Absent: a message that can't be read comes back until it expires, and then is lost. */
  readonly deadLetter?: { readonly arn: string; readonly maxReceiveCount: number } | undefined
}

export interface Queues {
  /** For queues/, which may not import this room: app.ts hands it over. */
  client(queue: Pick<IntakeQueue, 'account' | 'region'>): SQSClient
  /** One queue's URL and settings: two requests, one where the configuration has the URL. Throws QUEUE_MISSING ... */
  resolve(queue: IntakeQueue): Promise<ResolvedQueue>
  /** All of the estate's, in its order; throws the first fault. URLs are kept for `depths`. */
  resolveAll(): Promise<readonly ResolvedQueue[]>
  /** One request. SQS' numbers are approximate, and up to a minute behind. Rejects within seconds, whatever SQS does. */
  depth(queue: IntakeQueue): Promise<QueueDepth>
  /** `depth` of all of the estate's, in its order; throws the first fault. */
  depths(): Promise<readonly QueueDepth[]>
}

/** A depth is one number of many in a report, which must not wait for a region that hangs. */
const DEPTH_MS = 5_000

export function makeQueues(needs: { readonly estate: Estate; readonly aws: Pick<Aws, 'sqs'> }): Queues {
  const { estate, aws } = needs
  const urls = new Map<IntakeQueue, string>()

  async function urlOf(queue: IntakeQueue): Promise<string> {
    const known = queue.url ?? urls.get(queue)
    if (known !== undefined) return known
    const url = await queueUrl(aws.sqs(queue), queue, accountOf(estate, queue.account).id)
    urls.set(queue, url)
    return url
  }

  async function attributes(
    queue: IntakeQueue,
    names: QueueAttributeName[],
    signal?: AbortSignal,
  ): Promise<Readonly<Partial<Record<QueueAttributeName, string>>>> {
    const url = await urlOf(queue)
    const found = await attempt({ action: 'sqs:GetQueueAttributes', resource: queue.name, region: queue.region }, () =>
      aws.sqs(queue).send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }), abortable(signal)),
    )
    return found.Attributes ?? {}
  }

  async function resolve(queue: IntakeQueue): Promise<ResolvedQueue> {
    const found = await attributes(queue, ['QueueArn', 'VisibilityTimeout', 'MessageRetentionPeriod', 'RedrivePolicy'])
    return {
      ...queue,
      url: await urlOf(queue),
      arn: found.QueueArn ?? arnOf(queue, accountOf(estate, queue.account).id),
      visibilitySeconds: Number(found.VisibilityTimeout ?? 30),
      retentionSeconds: Number(found.MessageRetentionPeriod ?? 345_600),
      deadLetter: deadLetterOf(found.RedrivePolicy),
    }
  }

  async function depth(queue: IntakeQueue): Promise<QueueDepth> {
    const names: QueueAttributeName[] = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ]
    const found = await attributes(queue, names, AbortSignal.timeout(DEPTH_MS))
    return {
      queue: queue.name,
      visible: Number(found.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(found.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(found.ApproximateNumberOfMessagesDelayed ?? 0),
    }
  }

  return {
    client: (queue) => aws.sqs(queue),
    resolve,
    resolveAll: () => Promise.all(estate.queues.map(resolve)),
    depth,
    depths: () => Promise.all(estate.queues.map(depth)),
  }
}

/** Throws QUEUE_MISSING, which SQS also answers where the queue is there and its policy does not let us see it. */
export async function queueUrl(sqs: SQSClient, queue: IntakeQueue, accountId: string): Promise<string> {
  const resource = `${queue.name} of account ${queue.account} (${accountId})`
  const found = await attempt({ action: 'sqs:GetQueueUrl', resource, region: queue.region }, () =>
    sqs.send(new GetQueueUrlCommand({ QueueName: queue.name, QueueOwnerAWSAccountId: accountId })),
  )
  return found.QueueUrl ?? ''
}

export function arnOf(queue: Pick<IntakeQueue, 'name' | 'region'>, accountId: string): string {
  return `arn:aws:sqs:${queue.region}:${accountId}:${queue.name}`
}

function deadLetterOf(policy: string | undefined): ResolvedQueue['deadLetter'] {
  if (policy === undefined || policy === '') return undefined
  const parsed = JSON.parse(policy) as { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown }
  if (typeof parsed.deadLetterTargetArn !== 'string') return undefined
  return { arn: parsed.deadLetterTargetArn, maxReceiveCount: Number(parsed.maxReceiveCount) }
}
