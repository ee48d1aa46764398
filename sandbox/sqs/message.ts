import { createHash, hash } from 'node:crypto'
import type { Timed } from './heap.ts'

export interface MessageAttribute {
  readonly DataType: string
  readonly StringValue?: string | undefined
  /** Base64. */
  readonly BinaryValue?: string | undefined
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

/** One message of a queue. A million of them must fit, so what can be computed (id, MD5) is not kept. */
export interface Message extends Timed {
  /** Counts through the whole sandbox; names the message (see `messageId`). */
  readonly n: number
  readonly body: string
  readonly attributes: MessageAttributes | undefined
  /** The sender's unique id, as SQS' `SenderId`. */
  readonly senderId: string
  /** Survives the move to a dead-letter queue, as in SQS. */
  readonly sentAt: number
  /** Receives in all queues (`ApproximateReceiveCount`), and in this one, which the redrive policy counts. */
  receives: number
  receivesHere: number
  firstReceivedAt: number
  place: 'ready' | 'delayed' | 'inflight' | 'gone'
  /** ARN of the queue that it was dead-lettered from. */
  deadLetterSource: string | undefined
}

export interface NewMessage {
  readonly body: string
  readonly attributes?: MessageAttributes | undefined
  readonly senderId: string
}

export function makeMessage(n: number, message: NewMessage, now: number): Message {
  return {
    n,
    body: message.body,
    attributes: message.attributes,
    senderId: message.senderId,
    sentAt: now,
    receives: 0,
    receivesHere: 0,
    firstReceivedAt: 0,
    visibleAt: 0,
    slot: -1,
    place: 'gone',
    deadLetterSource: undefined,
  }
}

/** A UUID made from the message's number: unique in one sandbox, and nothing to store. */
export function messageId(n: number): string {
  const mixed = (Math.imul(n ^ 0x5bd1e995, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  const low = n.toString(16).padStart(12, '0')
  return `${mixed}-${low.slice(8)}-4000-8000-${low}`
}

/** Names one receive of one message; a later receive makes it stale. */
export function receiptHandle(message: Message): string {
  return `AQEB${message.n.toString(36)}/${message.receives.toString(36)}=`
}

/** Undefined where it is no handle of this sandbox. */
export function parseReceiptHandle(handle: string): { n: number; receives: number } | undefined {
  const match = /^AQEB([0-9a-z]+)\/([0-9a-z]+)=$/.exec(handle)
  return match === null ? undefined : { n: Number.parseInt(match[1]!, 36), receives: Number.parseInt(match[2]!, 36) }
}

export function md5(text: string): string {
  return hash('md5', text)
}

/** SQS developer guide, "Calculating the MD5 message digest for message attributes". */
export function md5OfAttributes(attributes: MessageAttributes): string {
  const digest = createHash('md5')
  const field = (data: string | Buffer): void => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    digest.update(length).update(bytes)
  }
  for (const name of Object.keys(attributes).sort()) {
    const { DataType, StringValue, BinaryValue } = attributes[name]!
    field(name)
    field(DataType)
    digest.update(Buffer.of(BinaryValue === undefined ? 1 : 2))
    field(BinaryValue === undefined ? (StringValue ?? '') : Buffer.from(BinaryValue, 'base64'))
  }
  return digest.digest('hex')
}

/** What counts against the size limit: the body, and each attribute's name, type and value, in bytes. */
export function messageSize(body: string, attributes: MessageAttributes | undefined): number {
  let size = Buffer.byteLength(body)
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes ?? {})) {
    const value =
      BinaryValue === undefined ? Buffer.byteLength(StringValue ?? '') : Buffer.byteLength(BinaryValue, 'base64')
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType) + value
  }
  return size
}
