/** SNS's envelope, for subscriptions without raw message delivery. Source: Amazon SNS guide, "HTTP/HTTPS headers and JSON format". */
import { LandfallError } from '../errors.ts'
import type { Fields } from './fields.ts'

/** Whether this is SNS's envelope; with raw delivery it is not, and the body is the event itself. */
export function isSns(body: Fields): boolean {
  return typeof body['Type'] === 'string' && (typeof body['Message'] === 'string' || 'TopicArn' in body)
}

/** The wrapped message. Throws MESSAGE_UNREADABLE for SNS's other kinds. */
export function unwrapSns(body: Fields): string {
  const { Type: type, Message: message } = body
  if (type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation') {
    throw new LandfallError('MESSAGE_UNREADABLE', `an SNS ${type}, not an event: confirm the subscription by hand`)
  }
  if (type !== 'Notification' || typeof message !== 'string') {
    throw new LandfallError('MESSAGE_UNREADABLE', 'an SNS envelope without a Notification in it')
  }
  return message
}
