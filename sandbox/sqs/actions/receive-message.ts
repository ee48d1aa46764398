import { ServiceError } from '../../http/errors.ts'
import { type Input, optionalInteger, texts } from '../../http/input.ts'
import type { WorldCore } from '../../types.ts'
import { md5, md5OfAttributes, type Message, type MessageAttributes, messageId, receiptHandle } from '../message.ts'
import type { Queue, ReceiveOptions } from '../queue.ts'
import { type SqsAction, theQueue } from '../request.ts'

export const receiveMessage: SqsAction = async (request) => {
  const { input, core, call } = request
  const queue = theQueue(request)
  const visibility = optionalInteger(input, 'VisibilityTimeout', 0, 43_200)
  const waitSeconds = optionalInteger(input, 'WaitTimeSeconds', 0, 20)
  const waitMs = waitSeconds === undefined ? queue.settings.waitMs : waitSeconds * 1000
  const options: ReceiveOptions = {
    max: optionalInteger(input, 'MaxNumberOfMessages', 1, 10) ?? 1,
    visibilityMs: visibility === undefined ? queue.settings.visibilityMs : visibility * 1000,
    ...disorder(core, queue.identity.name),
  }
  // A long poll never gets this error: it waits for a delete.
  if (queue.full && waitMs === 0) throw new ServiceError('OverLimit', 'Too many messages in flight.', 403)
  const messages = await queue.poll(options, waitMs, (listener) => call.onGone(listener))
  const show = shower(input)
  return messages.length === 0 ? {} : { Messages: messages.map(show) }
}

/** The faults on order that fit this queue. */
function disorder({ faults, random }: WorldCore, queue: Queue['identity']['name']): Partial<ReceiveOptions> {
  const rule = faults.current.queues?.find((rule) => rule.queue === undefined || rule.queue === queue)
  if (rule === undefined) return {}
  const { reorder = 0, duplicate = 0 } = rule
  return {
    ...(reorder > 1 ? { ahead: () => random.int('sqs-order', reorder) } : {}),
    ...(duplicate > 0 ? { twice: () => random.next('sqs-duplicate') < duplicate } : {}),
  }
}

/** How this request wants to see its messages. */
function shower(input: Input): (message: Message) => object {
  // `AttributeNames` is the older name of the same member; both are in use.
  const system = [...texts(input, 'AttributeNames'), ...texts(input, 'MessageSystemAttributeNames')]
  const own = texts(input, 'MessageAttributeNames')
  return (message) => {
    const attributes = own.length === 0 ? undefined : pickOwn(message.attributes, own)
    return {
      MessageId: messageId(message.n),
      ReceiptHandle: receiptHandle(message),
      MD5OfBody: md5(message.body),
      Body: message.body,
      ...(system.length === 0 ? {} : { Attributes: pickSystem(message, system) }),
      ...(attributes === undefined
        ? {}
        : { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }),
    }
  }
}

function pickSystem(message: Message, names: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
  }
  if (names.includes('All')) return all
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}

/** `All`, `.*`, a name, or a prefix followed by `.*`. */
function pickOwn(attributes: MessageAttributes | undefined, names: readonly string[]): MessageAttributes | undefined {
  const wanted = (name: string): boolean =>
    names.some((pattern) =>
      pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -2)) : pattern === 'All' || pattern === name,
    )
  const picked = Object.entries(attributes ?? {}).filter(([name]) => wanted(name))
  return picked.length === 0 ? undefined : Object.fromEntries(picked)
}
