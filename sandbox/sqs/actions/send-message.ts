import { ServiceError } from '../../http/errors.ts'
import { type Input, optionalInteger, optionalObject, requiredText } from '../../http/input.ts'
import { md5, md5OfAttributes, type MessageAttributes, messageId, messageSize } from '../message.ts'
import type { Queue } from '../queue.ts'
import { type SqsAction, type SqsRequest, theQueue } from '../request.ts'

export const sendMessage: SqsAction = (request) => sendOne(request, theQueue(request), request.input)

/** Also one entry of SendMessageBatch. */
export function sendOne({ store, core, call }: SqsRequest, queue: Queue, input: Input): object {
  const body = requiredText(input, 'MessageBody')
  const attributes = readAttributes(input)
  checkCharacters(body)
  if (messageSize(body, attributes) > queue.settings.maxBytes) {
    const why = `One or more parameters are invalid. Reason: Message must be shorter than ${queue.settings.maxBytes} bytes.`
    throw new ServiceError('InvalidParameterValue', why)
  }
  const delay = optionalInteger(input, 'DelaySeconds', 0, 900)
  const senderId = core.accounts.principal(call.accessKey).userId
  const delayMs = delay === undefined ? undefined : delay * 1000
  const { n } = store.send(queue, { body, attributes, senderId }, delayMs)
  return {
    MessageId: messageId(n),
    MD5OfMessageBody: md5(body),
    ...(attributes === undefined ? {} : { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
  }
}

export function readAttributes(input: Input): MessageAttributes | undefined {
  const attributes = optionalObject(input, 'MessageAttributes')
  if (attributes === undefined || Object.keys(attributes).length === 0) return undefined
  if (Object.keys(attributes).length > 10) {
    throw new ServiceError(
      'InvalidParameterValue',
      'Number of message attributes [11 or more] exceeds the allowed maximum [10].',
    )
  }
  for (const name of Object.keys(attributes)) requiredText(optionalObject(attributes, name)!, 'DataType')
  return attributes as MessageAttributes
}

/** The characters that SQS takes: those of XML 1.0. */
function checkCharacters(body: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(body) || !body.isWellFormed()) {
    throw new ServiceError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    )
  }
}
