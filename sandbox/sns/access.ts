/** Whether a caller, or S3, may do what it asks of a topic (SNS developer guide, "Using identity-based policies"). */
import { type Input, optionalText } from '../http/input.ts'
import { checkCall } from '../iam/check.ts'
import { fixedKeys } from '../iam/context.ts'
import type { Guard } from '../iam/guard.ts'
import type { Call, Sender, WorldCore } from '../types.ts'
import type { Topic, TopicStore } from './store.ts'

/** @throws ServiceError `AccessDenied` */
export function checkAccess(action: string, input: Input, call: Call, store: TopicStore, { iam }: WorldCore): void {
  if (!iam.guard.mayConcern(call.who)) return
  const subscription = store.subscription(optionalText(input, 'SubscriptionArn') ?? '')
  const name = optionalText(input, 'Name')
  const arn =
    optionalText(input, 'TopicArn') ??
    optionalText(input, 'TargetArn') ??
    subscription?.topic.arn ??
    (name === undefined ? '*' : `arn:aws:sns:${call.region}:${call.account}:${name}`)
  const topic = store.topic(arn)
  const owner = topic?.account ?? call.account
  const policy = topic?.attributes.get('Policy')
  checkCall(iam, call, { action: `sns:${action}`, resource: arn, owner, policy })
}

/** Whether what S3 publishes may come in: asked where the topic's account is strict. */
export function takesFrom(topic: Topic, from: Sender, guard: Guard): boolean {
  if (!guard.guards(topic.account)) return true
  const denied = guard.denial({
    service: from.service,
    action: 'sns:Publish',
    resource: topic.arn,
    owner: topic.account,
    policy: topic.attributes.get('Policy'),
    keys: fixedKeys({ 'aws:sourcearn': from.arn, 'aws:sourceaccount': from.account }),
  })
  return denied === undefined
}
