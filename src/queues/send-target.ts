/** Where letters are sent back to: one intake queue, in batches, each letter acknowledged or refused by itself. */
import { type SendMessageBatchRequestEntry, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { COPY_OF, type DeadLetter } from '../domain/dead-letters.ts'
import { BATCH } from './sqs.ts'
import { makeSqsCall } from './sqs-call.ts'

export interface Refused {
  readonly id: string
  /** In SQS' words. */
  readonly why: string
}

export interface SendTarget {
  readonly name: string
  readonly arn: string
  /** Resolves to the letters that SQS did not take; all others are as durable as SQS makes them. Throws where the request failed. */
  send(letters: readonly DeadLetter[]): Promise<readonly Refused[]>
}

/** SQS' limit for all messages of one request together, 1 MiB, less what an entry adds. */
const MOST_BYTES = 1_000_000
/** A letter above this goes without the attribute that marks it: it might be refused for its size. */
const MARK_UP_TO_BYTES = 200_000
/** SQS' limit. */
const MOST_ATTRIBUTES = 10

export function makeSendTarget(needs: {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly client: SQSClient
}): SendTarget {
  const { name, arn, client } = needs
  const call = makeSqsCall({ name, url: async () => needs.url })

  async function sendSome(letters: readonly DeadLetter[]): Promise<readonly Refused[]> {
    const Entries = letters.map(entryOf)
    const { Successful = [], Failed = [] } = await call('SendMessageBatch', 0, (QueueUrl, abortSignal) =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries }), { abortSignal }),
    )
    const taken = new Set(Successful.map(({ Id }) => Id))
    const whys = new Map(Failed.map(({ Id, Code, Message }) => [Id, Message ?? Code ?? 'refused']))
    // Only what SQS names as taken is taken.
    return letters.flatMap(({ id }, at) =>
      taken.has(String(at)) ? [] : [{ id, why: whys.get(String(at)) ?? 'not acknowledged' }],
    )
  }

  return {
    name,
    arn,
    async send(letters) {
      const refused: Refused[] = []
      for (const some of batches(letters)) refused.push(...(await sendSome(some)))
      return refused
    },
  }
}

/** In order, within SQS' limits; a letter too big for any batch is alone in one. */
export function batches(letters: readonly DeadLetter[]): readonly (readonly DeadLetter[])[] {
  const all: DeadLetter[][] = []
  let bytes = 0
  for (const letter of letters) {
    const size = sizeOf(letter)
    const last = all.at(-1)
    if (last === undefined || last.length === BATCH || bytes + size > MOST_BYTES) {
      all.push([letter])
      bytes = size
    } else {
      last.push(letter)
      bytes += size
    }
  }
  return all
}

function entryOf(letter: DeadLetter, at: number): SendMessageBatchRequestEntry {
  const attributes = Object.entries(letter.attributes).filter(([key]) => key !== COPY_OF)
  const mark = attributes.length < MOST_ATTRIBUTES && sizeOf(letter) <= MARK_UP_TO_BYTES
  const MessageAttributes = Object.fromEntries([
    ...attributes.map(([key, { type, text, binary }]) => [
      key,
      {
        DataType: type,
        ...(text !== undefined && { StringValue: text }),
        ...(binary !== undefined && { BinaryValue: Buffer.from(binary, 'base64') }),
      },
    ]),
    ...(mark ? [[COPY_OF, { DataType: 'String', StringValue: letter.id }]] : []),
  ]) as NonNullable<SendMessageBatchRequestEntry['MessageAttributes']>
  return {
    Id: String(at),
    MessageBody: letter.body,
    MessageAttributes,
    ...(letter.trace !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: letter.trace } },
    }),
  }
}

function sizeOf({ body, attributes }: DeadLetter): number {
  return Object.entries(attributes).reduce(
    (sum, [key, { type, text = '', binary = '' }]) =>
      sum + Buffer.byteLength(key) + Buffer.byteLength(type) + Buffer.byteLength(text) + binary.length,
    Buffer.byteLength(body),
  )
}
