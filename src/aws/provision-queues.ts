/**
 * One intake queue with its dead-letter queue and a policy that lets S3 send.
 *
 * Source: Amazon SQS API reference, CreateQueue and SetQueueAttributes; Amazon S3 user guide, "Granting permissions to
 * publish event notification messages to a destination".
 */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { BucketPlace, Estate, IntakeQueue } from '../config/estate.ts'
import { isLandfallError } from '../domain/errors.ts'
import { accountOf } from './clients.ts'
import { attempt, type During } from '../domain/aws-errors.ts'
import { arnOf, queueUrl } from './sqs.ts'

const DAY = 86_400
/** A message keeps its first enqueue time when it is parked, so the dead-letter queue must keep longer. */
const RETENTION_SECONDS = { intake: 7 * DAY, deadLetter: 14 * DAY } as const
const MAX_RECEIVE_COUNT = 10
const SID = 'LandfallLetsS3Send'

interface QueuePlan {
  readonly estate: Estate
  readonly queue: IntakeQueue
  /** Buckets that notify this queue. */
  readonly senders: readonly BucketPlace[]
}

/** An existing queue keeps its settings: only a missing redrive policy, and our statement of its policy, are set. */
export async function provisionQueue(sqs: SQSClient, plan: QueuePlan): Promise<'created' | 'updated' | 'kept'> {
  const { estate, queue } = plan
  const accountId = accountOf(estate, queue.account).id
  const url = queue.url ?? (await existingUrl(sqs, queue, accountId))
  if (url !== undefined) return complete(sqs, plan, { url, accountId })
  await create(sqs, plan, accountId)
  return 'created'
}

async function existingUrl(sqs: SQSClient, queue: IntakeQueue, accountId: string): Promise<string | undefined> {
  try {
    return await queueUrl(sqs, queue, accountId)
  } catch (error) {
    if (isLandfallError(error) && error.code === 'QUEUE_MISSING') return undefined
    throw error
  }
}

async function create(sqs: SQSClient, { estate, queue, senders }: QueuePlan, accountId: string): Promise<void> {
  const deadLetterArn = await createDeadLetterQueue(sqs, queue, accountId)
  const arn = arnOf(queue, accountId)
  const command = new CreateQueueCommand({
    QueueName: queue.name,
    Attributes: {
      VisibilityTimeout: String(estate.service.intake.visibilitySeconds),
      MessageRetentionPeriod: String(RETENTION_SECONDS.intake),
      ReceiveMessageWaitTimeSeconds: String(estate.service.intake.waitSeconds),
      RedrivePolicy: redrivePolicy(deadLetterArn),
      ...(senders.length === 0 ? {} : { Policy: policyWith(undefined, estate, arn, senders) }),
    },
  })
  await attempt(at(queue, 'CreateQueue'), () => sqs.send(command))
}

/** CreateQueue answers the same queue where it stands with the same settings. */
async function createDeadLetterQueue(sqs: SQSClient, queue: IntakeQueue, accountId: string): Promise<string> {
  const name = deadLetterName(queue)
  const dead = { ...queue, name }
  if ((await existingUrl(sqs, dead, accountId)) === undefined) {
    const command = new CreateQueueCommand({
      QueueName: name,
      Attributes: { MessageRetentionPeriod: String(RETENTION_SECONDS.deadLetter) },
    })
    await attempt(at(dead, 'CreateQueue'), () => sqs.send(command))
  }
  return arnOf(dead, accountId)
}

async function complete(
  sqs: SQSClient,
  { estate, queue, senders }: QueuePlan,
  { url, accountId }: { readonly url: string; readonly accountId: string },
): Promise<'updated' | 'kept'> {
  const found = await attempt(at(queue, 'GetQueueAttributes'), () =>
    sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['Policy', 'RedrivePolicy'] })),
  )
  const { Policy: policy, RedrivePolicy: redrive } = found.Attributes ?? {}
  const changes: Record<string, string> = {}
  const wanted = policyWith(policy, estate, arnOf(queue, accountId), senders)
  if (senders.length > 0 && !sameJson(policy, wanted)) changes.Policy = wanted
  if (redrive === undefined || redrive === '') {
    changes.RedrivePolicy = redrivePolicy(await createDeadLetterQueue(sqs, queue, accountId))
  }
  if (Object.keys(changes).length === 0) return 'kept'
  const command = new SetQueueAttributesCommand({ QueueUrl: url, Attributes: changes })
  await attempt(at(queue, 'SetQueueAttributes'), () => sqs.send(command))
  return 'updated'
}

function at({ name, region }: Pick<IntakeQueue, 'name' | 'region'>, action: string): During {
  return { action: `sqs:${action}`, resource: name, region }
}

export function deadLetterName(queue: Pick<IntakeQueue, 'name'>): string {
  return `${queue.name}-dead-letters`
}

function redrivePolicy(deadLetterTargetArn: string): string {
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVE_COUNT })
}

interface PolicyDocument {
  readonly Version: string
  readonly Statement: readonly { readonly Sid?: string }[]
}

/** The policy that stands, with our statement in place of an older one of ours. */
function policyWith(
  standing: string | undefined,
  estate: Estate,
  arn: string,
  senders: readonly BucketPlace[],
): string {
  const document: PolicyDocument =
    standing === undefined || standing === ''
      ? { Version: '2012-10-17', Statement: [] }
      : (JSON.parse(standing) as PolicyDocument)
  const ours = {
    Sid: SID,
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn,
    // Both: bucket names are global, and a name that its owner freed may be taken by a stranger.
    Condition: {
      ArnEquals: { 'aws:SourceArn': senders.map(({ bucket }) => `arn:aws:s3:::${bucket}`).sort() },
      StringEquals: { 'aws:SourceAccount': [...new Set(senders.map((at) => accountOf(estate, at.account).id))].sort() },
    },
  }
  return JSON.stringify({ ...document, Statement: [...document.Statement.filter(({ Sid }) => Sid !== SID), ours] })
}

function sameJson(a: string | undefined, b: string): boolean {
  return a !== undefined && a !== '' && JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b))
}
