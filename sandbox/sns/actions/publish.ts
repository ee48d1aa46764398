import { type Input, objects, optionalObject, optionalText, requiredText } from '../../http/input.ts'
import type { SentAttributes } from '../../types.ts'
import { invalidParameter, type SnsAction, theTopic } from '../request.ts'

const MAX_BYTES = 262_144

export const publish: SnsAction = (request) => {
  const { input } = request
  // SNS takes TargetArn for a topic, too.
  const topic = theTopic({ ...request, input: { ...input, TopicArn: input['TopicArn'] ?? input['TargetArn'] } })
  const message = requiredText(input, 'Message')
  if (Buffer.byteLength(message) > MAX_BYTES) throw invalidParameter('Message too long')
  const subject = optionalText(input, 'Subject')
  return { MessageId: request.publish(topic, { message, subject, attributes: readAttributes(input) }) }
}

/** `MessageAttributes.entry.1.Name`, `.Value.DataType`, `.Value.StringValue`. */
function readAttributes(input: Input): SentAttributes | undefined {
  const entries = objects(optionalObject(input, 'MessageAttributes') ?? {}, 'entry')
  if (entries.length === 0) return undefined
  const read = entries.map((entry) => {
    const value = optionalObject(entry, 'Value') ?? {}
    const text = optionalText(value, 'StringValue')
    const binary = optionalText(value, 'BinaryValue')
    const attribute = {
      DataType: requiredText(value, 'DataType'),
      ...(text === undefined ? {} : { StringValue: text }),
      ...(binary === undefined ? {} : { BinaryValue: binary }),
    }
    return [requiredText(entry, 'Name'), attribute] as const
  })
  return Object.fromEntries(read)
}
