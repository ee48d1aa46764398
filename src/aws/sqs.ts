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
  /** `GetQueueUrl` once, none where the configuration has the URL. Throws QUEUE_MISSING ... */
  url(queue: IntakeQueue): Promise<string>
  /** One queue's URL and settings: two requests, one where the configuration has the URL. Throws QUEUE_MISSING ... */
  resolve(queue: IntakeQueue): Promise<ResolvedQueue>
  /** All of the estate's, in its order; throws the first fault. URLs are kept for `depths`. */
  resolveAll(): Promise<readonly ResolvedQueue[]>
  /**
   * One request, and one more for its dead-letter queue, whose number is left out where there is none or it does
   * not answer. SQS' numbers are approximate, and up to a minute behind. Rejects within seconds, whatever SQS does.
   */
  depth(queue: IntakeQueue): Promise<QueueDepth>
  /** `depth` of all of the estate's, in its order; throws the first fault. */
  depths(): Promise<readonly QueueDepth[]>
  /** The dead-letter queues of these intake queues, each once, with the intake queues that feed it. */
  deadLetters(queues: readonly IntakeQueue[]): Promise<DeadLetters>
}

/** A queue that intake queues park their messages in. */
export interface DeadLetterPlace extends IntakeQueue {
  readonly url: string
  readonly arn: string
  readonly retentionSeconds: number
  /** The intake queues whose redrive policy names it. */
  readonly feeders: readonly ResolvedQueue[]
  /** It has a redrive policy of its own: then looking into it counts as a reception, and may move a message on. */
  readonly parksFurther: boolean
  readonly depth: QueueDepth
}

export interface DeadLetters {
  readonly places: readonly DeadLetterPlace[]
  /** Intake queues without one. */
  readonly without: readonly IntakeQueue[]
}

/** A depth is one number of many in a report, which must not wait for a region that hangs. */
const DEPTH_MS = 5_000
const DEPTH: readonly QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
]
const SETTINGS: readonly QueueAttributeName[] = [
  'QueueArn',
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'RedrivePolicy',
]

type Attributes = Readonly<Partial<Record<QueueAttributeName, string>>>

export function makeQueues(needs: { readonly estate: Estate; readonly aws: Pick<Aws, 'sqs'> }): Queues {
  const { estate, aws } = needs
  const urls = new Map<IntakeQueue, string>()
  /** Dead-letter queues by ARN, as found once, for `depth`: looked up again when one does not answer. */
  const graves = new Map<string, IntakeQueue>()

  async function urlOf(queue: IntakeQueue): Promise<string> {
    const known = queue.url ?? urls.get(queue)
    if (known !== undefined) return known
    const url = await queueUrl(aws.sqs(queue), queue, accountOf(estate, queue.account).id)
    urls.set(queue, url)
    return url
  }

  async function attributes(
    queue: IntakeQueue,
    names: readonly QueueAttributeName[],
    signal?: AbortSignal,
  ): Promise<Attributes> {
    const url = await urlOf(queue)
    const found = await attempt({ action: 'sqs:GetQueueAttributes', resource: queue.name, region: queue.region }, () =>
      aws
        .sqs(queue)
        .send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }), abortable(signal)),
    )
    return found.Attributes ?? {}
  }

  async function resolve(queue: IntakeQueue): Promise<ResolvedQueue> {
    const found = await attributes(queue, SETTINGS)
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
    const signal = AbortSignal.timeout(DEPTH_MS)
    const found = await attributes(queue, [...DEPTH, 'RedrivePolicy'], signal)
    const grave = deadLetterOf(found.RedrivePolicy)
    const deadLetters = grave === undefined ? undefined : await visibleAt(queue, grave.arn, signal)
    return { ...depthOf(queue.name, found), deadLetters }
  }

  /** Undefined rather than an error: the depth of an intake queue is worth having without that of another queue. */
  async function visibleAt(queue: IntakeQueue, arn: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const grave = graves.get(arn) ?? (await graveAt(queue, arn))
      graves.set(arn, grave)
      return depthOf(grave.name, await attributes(grave, DEPTH, signal)).visible
    } catch {
      graves.delete(arn)
      return undefined
    }
  }

  /** SQS lets a dead-letter queue be in another account than its source, never in another region. */
  async function graveAt(queue: IntakeQueue, arn: string): Promise<IntakeQueue> {
    const [region = queue.region, accountId = '', name = arn] = arn.split(':').slice(3)
    const at = { name, region, account: queue.account, consumers: 0 }
    return { ...at, url: await queueUrl(aws.sqs(at), at, accountId) }
  }

  async function deadLetters(queues: readonly IntakeQueue[]): Promise<DeadLetters> {
    const resolved = await Promise.all(queues.map(resolve))
    const byArn = Map.groupBy(
      resolved.filter((queue) => queue.deadLetter !== undefined),
      (queue) => queue.deadLetter!.arn,
    )
    const places = [...byArn].map(async ([arn, feeders]): Promise<DeadLetterPlace> => {
      const grave = await graveAt(feeders[0]!, arn)
      const found = await attributes(grave, [...SETTINGS, ...DEPTH])
      return {
        ...grave,
        url: await urlOf(grave),
        arn,
        retentionSeconds: Number(found.MessageRetentionPeriod ?? 345_600),
        feeders,
        parksFurther: deadLetterOf(found.RedrivePolicy) !== undefined,
        depth: depthOf(grave.name, found),
      }
    })
    return {
      places: await Promise.all(places),
      without: resolved.filter((queue) => queue.deadLetter === undefined),
    }
  }

  return {
    client: (queue) => aws.sqs(queue),
    url: urlOf,
    resolve,
    resolveAll: () => Promise.all(estate.queues.map(resolve)),
    depth,
    depths: () => Promise.all(estate.queues.map(depth)),
    deadLetters,
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

function depthOf(queue: string, found: Attributes): QueueDepth {
  return {
    queue,
    visible: Number(found.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(found.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(found.ApproximateNumberOfMessagesDelayed ?? 0),
  }
}

function deadLetterOf(policy: string | undefined): ResolvedQueue['deadLetter'] {
  if (policy === undefined || policy === '') return undefined
  const parsed = JSON.parse(policy) as { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown }
  if (typeof parsed.deadLetterTargetArn !== 'string') return undefined
  return { arn: parsed.deadLetterTargetArn, maxReceiveCount: Number(parsed.maxReceiveCount) }
}
