/**
 * What a bucket tells, and what a topic passes on.
 *
 * Source: Amazon S3 API reference, PutBucketNotificationConfiguration (it replaces the whole configuration, so what stands is
 * read raw and written back); Amazon SNS API reference, Subscribe.
 */
import {
  type Event,
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
} from '@aws-sdk/client-s3'
import { SubscribeCommand } from '@aws-sdk/client-sns'
import { attempt, awsError } from '../../domain/aws-errors.ts'
import { LandfallError } from '../../domain/errors.ts'
import type { SetupBucket } from '../../domain/setup/estate.ts'
import { readArn } from '../../domain/setup/places.ts'
import { during } from './bucket.ts'
import type { SetupAws, StepOf } from './deps.ts'

export async function addTarget({ s3 }: SetupAws, { at, target }: StepOf<'addTarget'>): Promise<void> {
  const Bucket = at.bucket
  const { $metadata: _, ...standing } = await attempt(during(at, 'GetBucketNotification'), () =>
    s3(at).send(new GetBucketNotificationConfigurationCommand({ Bucket })),
  )
  const ours = { Id: target.id, QueueArn: target.arn, Events: [...target.events] as Event[] }
  const NotificationConfiguration: NotificationConfiguration = {
    ...standing,
    QueueConfigurations: [...(standing.QueueConfigurations ?? []).filter(({ Id }) => Id !== target.id), ours],
  }
  try {
    await s3(at).send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
  } catch (error) {
    throw overlap(error, at) ?? awsError(error, during(at, 'PutBucketNotification'))
  }
}

/** Someone told the bucket of another target since the plan. */
function overlap(error: unknown, { bucket, region }: SetupBucket): LandfallError | undefined {
  if (!(error instanceof Error) || !/overlap/i.test(error.message)) return undefined
  return new LandfallError('AWS_ERROR', `${bucket} (${region}) sends these events to another target already`, {
    cause: error,
    hint: 'Run `landfall init plan` again: it offers to subscribe the intake queue to the topic that takes them.',
  })
}

/** As the queue's owner, so that SNS asks for no confirmation; across accounts the topic's policy must let us. */
export async function subscribe({ sns }: SetupAws, { topic, at }: StepOf<'subscribe'>): Promise<void> {
  const { region } = readArn(topic)
  const command = new SubscribeCommand({
    TopicArn: topic,
    Protocol: 'sqs',
    Endpoint: at.arn,
    ReturnSubscriptionArn: true,
  })
  await attempt({ action: 'sns:Subscribe', resource: topic, region }, () =>
    sns({ account: at.account, region }).send(command),
  )
}
