/** Queues, their settings and policies. Source: Amazon SQS API reference, CreateQueue, GetQueueAttributes, SetQueueAttributes. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { attempt, type During } from '../../domain/aws-errors.ts'
import type { QueuePlace, QueueSettings } from '../../domain/setup/change.ts'
import { readArn } from '../../domain/setup/places.ts'
import { policyOf } from '../observe/look.ts'
import { queueUrl } from '../sqs.ts'
import type { SetupAws, StepOf } from './deps.ts'

type Attributes = Partial<Record<QueueAttributeName, string>>

/** CreateQueue answers the same queue where it stands with the same settings. */
export async function createQueue({ sqs }: SetupAws, { at, settings }: StepOf<'createQueue'>): Promise<void> {
  const command = new CreateQueueCommand({ QueueName: at.name, Attributes: attributesOf(settings) })
  await attempt(during(at, 'CreateQueue'), () => sqs(at).send(command))
}

export async function setQueue(aws: SetupAws, { at, settings }: StepOf<'setQueue'>): Promise<void> {
  await set(aws, at, await urlOf(aws, at), attributesOf(settings))
}

/** Statements of ours of the same name give way: the new ones hold what they allowed. */
export async function addQueueStatements(aws: SetupAws, step: StepOf<'addQueueStatements'>): Promise<void> {
  const { at, statements } = step
  const url = await urlOf(aws, at)
  const { Attributes } = await attempt(during(at, 'GetQueueAttributes'), () =>
    aws.sqs(at).send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['Policy'] })),
  )
  const text = Attributes?.['Policy']
  const standing = text === undefined || text === '' ? undefined : policyOf(text)
  const ours = new Set(statements.map(({ Sid }) => Sid))
  const kept = (standing?.Statement ?? []).filter(({ Sid, Effect }) => !(ours.has(Sid) && Effect === 'Allow'))
  const document = { Version: '2012-10-17', ...standing, Statement: [...kept, ...statements] }
  await set(aws, at, url, { Policy: JSON.stringify(document) })
}

async function set({ sqs }: SetupAws, at: QueuePlace, QueueUrl: string, Attributes: Attributes): Promise<void> {
  await attempt(during(at, 'SetQueueAttributes'), () =>
    sqs(at).send(new SetQueueAttributesCommand({ QueueUrl, Attributes })),
  )
}

async function urlOf({ sqs }: SetupAws, at: QueuePlace): Promise<string> {
  return queueUrl(sqs(at), { ...at, consumers: 1 }, readArn(at.arn).accountId)
}

function attributesOf({ retentionSeconds, visibilitySeconds, waitSeconds, redrive }: QueueSettings): Attributes {
  return {
    ...(retentionSeconds !== undefined && { MessageRetentionPeriod: String(retentionSeconds) }),
    ...(visibilitySeconds !== undefined && { VisibilityTimeout: String(visibilitySeconds) }),
    ...(waitSeconds !== undefined && { ReceiveMessageWaitTimeSeconds: String(waitSeconds) }),
    ...(redrive !== undefined && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: redrive.deadLetterArn,
        maxReceiveCount: redrive.maxReceiveCount,
      }),
    }),
  }
}

function during({ name, region }: QueuePlace, action: string): During {
  return { action: `sqs:${action}`, resource: name, region }
}
