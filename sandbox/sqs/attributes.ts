import { ServiceError } from '../http/errors.ts'
import { parsePolicy, PolicyError } from '../iam/evaluate/policy.ts'
import type { Queue } from './queue.ts'
import type { QueueStore } from './store.ts'

/** A queue's attributes as numbers; `raw` is what GetQueueAttributes gives back. */
export interface QueueSettings {
  readonly raw: Readonly<Record<string, string>>
  readonly visibilityMs: number
  readonly retentionMs: number
  readonly delayMs: number
  readonly waitMs: number
  readonly maxBytes: number
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined
}

/** Name -> default, lowest and highest value (SQS API reference, CreateQueue and SetQueueAttributes). */
const NUMBERS: Readonly<Record<string, readonly [number, number, number]>> = {
  VisibilityTimeout: [30, 0, 43_200],
  MessageRetentionPeriod: [345_600, 60, 1_209_600],
  DelaySeconds: [0, 0, 900],
  ReceiveMessageWaitTimeSeconds: [0, 0, 20],
  MaximumMessageSize: [1_048_576, 1024, 1_048_576],
  KmsDataKeyReusePeriodSeconds: [300, 60, 86_400],
}

/** Kept and given back, without effect here. An empty value takes them away. */
const TEXTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'SqsManagedSseEnabled']

/** Applies attributes to the previous ones. Throws InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue. */
export function makeSettings(
  attributes: Readonly<Record<string, string>>,
  previous: Readonly<Record<string, string>> = {},
): QueueSettings {
  const raw: Record<string, string> = { ...previous }
  for (const [name, value] of Object.entries(attributes)) {
    const bounds = NUMBERS[name]
    if (bounds !== undefined) checkNumber(name, value, bounds)
    else if (!TEXTS.includes(name)) throw new ServiceError('InvalidAttributeName', `Unknown Attribute ${name}.`)
    if (name === 'Policy' && value !== '') checkPolicy(value)
    if (value === '') delete raw[name]
    else raw[name] = value
  }
  const number = (name: string): number => Number(raw[name] ?? NUMBERS[name]![0])
  return {
    raw,
    visibilityMs: number('VisibilityTimeout') * 1000,
    retentionMs: number('MessageRetentionPeriod') * 1000,
    delayMs: number('DelaySeconds') * 1000,
    waitMs: number('ReceiveMessageWaitTimeSeconds') * 1000,
    maxBytes: number('MaximumMessageSize'),
    redrive: raw['RedrivePolicy'] === undefined ? undefined : parseRedrive(raw['RedrivePolicy']),
  }
}

/** Everything that GetQueueAttributes knows about a queue, by name. */
export function describeQueue(queue: Queue): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts()
  const numbers = ['VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds', 'ReceiveMessageWaitTimeSeconds']
  const defaults = [...numbers, 'MaximumMessageSize'].map((name) => [name, String(NUMBERS[name]![0])])
  return {
    QueueArn: queue.identity.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ...Object.fromEntries(defaults),
    SqsManagedSseEnabled: 'true',
    ...queue.settings.raw,
  }
}

/** SQS refuses a redrive policy whose dead-letter queue is not there, or not in the queue's own region. */
export function checkDeadLetterQueue(settings: QueueSettings, region: string, store: QueueStore): void {
  if (settings.redrive === undefined) return
  const { deadLetterArn } = settings.redrive
  if (deadLetterArn.split(':')[3] !== region || store.byArn(deadLetterArn) === undefined) {
    const value = settings.raw['RedrivePolicy']
    const message = `Value ${value} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`
    throw new ServiceError('InvalidParameterValue', message)
  }
}

function checkPolicy(text: string): void {
  try {
    parsePolicy(text, 'resource')
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    throw new ServiceError('InvalidAttributeValue', 'Invalid value for the parameter Policy.')
  }
}

function checkNumber(name: string, value: string, [, min, max]: readonly [number, number, number]): void {
  if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new ServiceError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
  }
}

function parseRedrive(text: string): QueueSettings['redrive'] {
  const bad = (why: string): never => {
    const message = `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${why}.`
    throw new ServiceError('InvalidParameterValue', message)
  }
  let policy: { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown }
  try {
    policy = JSON.parse(text) as typeof policy
  } catch {
    return bad('Redrive policy is not a valid JSON map')
  }
  const { deadLetterTargetArn } = policy
  if (typeof deadLetterTargetArn !== 'string')
    return bad('Redrive policy does not contain mandatory attribute: deadLetterTargetArn')
  const maxReceiveCount = Number(policy.maxReceiveCount)
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1000) {
    return bad('Invalid value for maxReceiveCount')
  }
  return { deadLetterArn: deadLetterTargetArn, maxReceiveCount }
}
