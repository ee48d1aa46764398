/** Whether a caller may do what it asks of a queue (SQS developer guide, "Amazon SQS API permissions"). */
import { ServiceError } from '../http/errors.ts'
import { optionalText } from '../http/input.ts'
import type { Guard } from '../iam/guard.ts'
import { fixedKeys } from '../iam/context.ts'
import { sentence } from '../iam/words.ts'
import type { Sender } from '../types.ts'
import type { Queue } from './queue.ts'
import { queueUrl, type SqsRequest } from './request.ts'
import { queueArn } from './store.ts'

/** About no queue. */
const OF_ACCOUNT = new Set(['ListQueues'])
/** These name a queue by its ARN. */
const BY_ARN = new Set(['StartMessageMoveTask', 'ListMessageMoveTasks', 'CancelMessageMoveTask'])

/** @throws ServiceError `AccessDenied` */
export function checkAccess(request: SqsRequest, action: string): void {
  const { call, core } = request
  const { guard } = core.iam
  if (!guard.mayConcern(call.who)) return
  const arn = OF_ACCOUNT.has(action) ? undefined : arnOf(request, action)
  const owner = arn?.split(':')[4] ?? call.account
  if (!guard.concerns(call.who, owner)) return
  // A batch is what it is a batch of.
  const grant = `sqs:${action.replace(/Batch$/, '')}`
  const denied = guard.denial({
    call,
    who: call.who,
    action: grant,
    resource: arn ?? '*',
    owner,
    policy: arn === undefined ? undefined : request.store.byArn(arn)?.settings.raw['Policy'],
  })
  if (denied === undefined) return
  // SQS writes actions in lower case; of another account's queue it says no more than this.
  const message = denied.foreign
    ? `Access to the resource ${arn === undefined ? call.path : queueUrl(call, placeOf(arn))} is denied.`
    : sentence({ ...denied, action: grant.toLowerCase() })
  throw new ServiceError('AccessDenied', message, 403)
}

function arnOf({ input, call }: SqsRequest, action: string): string {
  if (BY_ARN.has(action)) {
    const handle = optionalText(input, 'TaskHandle')
    return (
      optionalText(input, 'SourceArn') ?? (handle === undefined ? '*' : `arn:aws:sqs:${call.region}:${call.account}:*`)
    )
  }
  const match = /\/(\d{12})\/([\w-]+)\/?$/.exec(optionalText(input, 'QueueUrl') ?? '')
  const account = match?.[1] ?? optionalText(input, 'QueueOwnerAWSAccountId') ?? call.account
  return queueArn({ region: call.region, account, name: match?.[2] ?? optionalText(input, 'QueueName') ?? '' })
}

function placeOf(arn: string): { readonly account: string; readonly name: string } {
  const [account = '', name = ''] = arn.split(':').slice(4)
  return { account, name }
}

/** Whether what another service sends may come in: asked where the queue's account is strict. */
export function takesFrom(queue: Queue, from: Sender, guard: Guard): boolean {
  const { account: owner, arn } = queue.identity
  if (!guard.guards(owner)) return true
  const denied = guard.denial({
    service: from.service,
    action: 'sqs:SendMessage',
    resource: arn,
    owner,
    policy: queue.settings.raw['Policy'],
    keys: fixedKeys({ 'aws:sourcearn': from.arn, 'aws:sourceaccount': from.account }),
  })
  return denied === undefined
}
