/**
 * One dead-letter queue, walked through: every message once, hidden from others while the walk lasts, and given back at
 * its end, so that a look hides nothing for longer than it takes.
 *
 * Source: Amazon SQS API reference, ReceiveMessage and ChangeMessageVisibilityBatch.
 */
import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { DeadLetter, LetterAttribute } from '../domain/dead-letters.ts'
import { isLandfallError } from '../domain/errors.ts'
import { BATCH, type BatchFailure, makeSqsQueue } from './sqs.ts'
import { makeSqsCall } from './sqs-call.ts'

export interface HeldLetter extends DeadLetter {
  readonly receipt: string
}

export interface DeadLetterQueue {
  readonly name: string
  readonly arn: string
  /** One long poll: up to ten letters, hidden for `holdSeconds`; none only when SQS has none to hand out. */
  receive(holdSeconds: number): Promise<readonly HeldLetter[]>
  /** At most ten. */
  delete(receipts: readonly string[]): Promise<readonly BatchFailure[]>
  /** At most ten; 0 seconds gives them back at once. */
  hide(receipts: readonly string[], seconds: number): Promise<readonly BatchFailure[]>
}

/** A long poll asks all of SQS' servers; a short one may find a queue empty that is not. */
const WAIT_SECONDS = 1

export function makeDeadLetterQueue(needs: {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly client: SQSClient
}): DeadLetterQueue {
  const { name, arn, client } = needs
  const queue = { name, client, url: async () => needs.url }
  const sqs = makeSqsQueue(queue)
  const call = makeSqsCall(queue)
  return {
    name,
    arn,
    delete: (receipts) => sqs.delete(receipts),
    hide: (receipts, seconds) => sqs.hide(receipts, seconds),
    receive: (holdSeconds) =>
      call('ReceiveMessage', WAIT_SECONDS * 1000, async (QueueUrl, abortSignal) => {
        const command = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: BATCH,
          WaitTimeSeconds: WAIT_SECONDS,
          VisibilityTimeout: holdSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        })
        const { Messages } = await client.send(command, { abortSignal })
        return (Messages ?? []).map(heldLetter)
      }),
  }
}

function heldLetter(message: Message): HeldLetter {
  const system = message.Attributes ?? {}
  return {
    id: message.MessageId ?? '',
    receipt: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    sentAt: system.SentTimestamp === undefined ? undefined : Number(system.SentTimestamp),
    receives: Number(system.ApproximateReceiveCount ?? 1),
    source: system.DeadLetterQueueSourceArn,
    trace: system.AWSTraceHeader,
    attributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([key, value]): [string, LetterAttribute] => [
        key,
        {
          type: value.DataType ?? 'String',
          ...(value.StringValue !== undefined && { text: value.StringValue }),
          ...(value.BinaryValue !== undefined && { binary: Buffer.from(value.BinaryValue).toString('base64') }),
        },
      ]),
    ),
  }
}

/** How a walk ended: `round` when letters that it had seen came again before it was through, `full` at SQS' limit of messages in flight. */
export type WalkEnd = 'empty' | 'stopped' | 'round' | 'full'

export interface WalkOptions {
  readonly queue: Pick<DeadLetterQueue, 'receive' | 'hide'>
  readonly holdSeconds: number
  /** Ends the walk before its next request. */
  readonly signal: AbortSignal
}

/** What to do after a batch: go on, or end the walk. */
export type Visit = (letters: readonly HeldLetter[]) => Promise<'on' | 'stop'>

/** So many batches of nothing but letters seen before: the walk has come round. */
const ROUND_AFTER = 3

/**
 * Visits every letter at least once: one that comes again after its hold ended is visited again only where `again` says
 * so. `keep` is asked at the end, for each letter held: false where it is deleted. What is kept is given back, however
 * the walk ends.
 */
export async function walk(
  { queue, holdSeconds, signal }: WalkOptions,
  visit: Visit,
  hooks: {
    readonly keep?: (id: string) => boolean
    /** Asked for letters that come again. */
    readonly again?: (letter: HeldLetter) => boolean
  } = {},
): Promise<WalkEnd> {
  const held = new Map<string, string>()
  let stale = 0
  try {
    while (!signal.aborted) {
      const letters = await receive()
      if (letters === 'full') return 'full'
      if (letters.length === 0) return 'empty'
      const fresh = letters.filter((letter) => !held.has(letter.id) || hooks.again?.(letter) === true)
      for (const { id, receipt } of letters) held.set(id, receipt)
      stale = fresh.length === 0 ? stale + 1 : 0
      if (stale >= ROUND_AFTER) return 'round'
      if (fresh.length > 0 && (await visit(fresh)) === 'stop') return 'stopped'
    }
    return 'stopped'
  } finally {
    await giveBack(
      queue,
      [...held].filter(([id]) => hooks.keep?.(id) ?? true).map(([, receipt]) => receipt),
    )
  }

  async function receive(): Promise<readonly HeldLetter[] | 'full'> {
    try {
      return await queue.receive(holdSeconds)
    } catch (error) {
      if (isLandfallError(error) && error.details['awsCode'] === 'OverLimit') return 'full'
      throw error
    }
  }
}

const GIVE_BACK_AT_ONCE = 5

/** A letter whose giving back fails comes by itself when its hold ends: no error, or the one that ended the walk would be lost. */
async function giveBack(queue: Pick<DeadLetterQueue, 'hide'>, receipts: readonly string[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(receipts.length / BATCH) }, (_, n) =>
    receipts.slice(n * BATCH, (n + 1) * BATCH),
  )
  for (let at = 0; at < batches.length; at += GIVE_BACK_AT_ONCE) {
    const some = batches.slice(at, at + GIVE_BACK_AT_ONCE)
    await Promise.all(some.map((batch) => queue.hide(batch, 0).catch(() => [])))
  }
}

const LEAST_HOLD_SECONDS = 60
/** Letters that a walk certainly gets through in a second. */
const LEAST_PACE = 50
/** SQS' limit. */
const MOST_HOLD_SECONDS = 43_200

/**
 * Long enough that no letter comes again before a walk through so many is over, at so many a second where a rate is set;
 * given back at its end, whatever this is.
 */
export function holdFor(visible: number, rate = Infinity): number {
  const seconds = LEAST_HOLD_SECONDS + Math.ceil(visible / LEAST_PACE + visible / rate)
  return Math.min(MOST_HOLD_SECONDS, seconds)
}
