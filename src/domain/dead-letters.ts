/**
 * A message in a dead-letter queue, read as intake would read it today: what it holds, why it was parked, and whether it
 * would be taken now. Pure; what moves messages is in queues/.
 *
 * Source: Amazon SQS developer guide, "Using dead-letter queues in Amazon SQS".
 */
import { hash } from 'node:crypto'
import { isLandfallError } from './errors.ts'
import { type BucketEvent, parseMessage } from './events/index.ts'
import { type PairRoute } from './routing.ts'

export interface LetterAttribute {
  /** `String`, `Number`, `Binary`, or one of these with a label of the sender's own. */
  readonly type: string
  readonly text?: string | undefined
  /** Base64. */
  readonly binary?: string | undefined
}

/** As SQS hands it over. Its id is the one that it had on the intake queue: parking keeps it. */
export interface DeadLetter {
  readonly id: string
  readonly body: string
  /** When it was first sent, ms: parking does not change that, so the dead-letter queue's retention counts from here. */
  readonly sentAt?: number | undefined
  /** In all queues, looks into the dead-letter queue included. */
  readonly receives: number
  /** ARN of the queue that SQS parked it from; absent: somebody sent it here by hand. */
  readonly source?: string | undefined
  readonly attributes: Readonly<Record<string, LetterAttribute>>
  /** X-Ray's header, which travels beside the attributes. */
  readonly trace?: string | undefined
}

/**
 * The attribute that a copy carries which Landfall sent back: the id of the letter it is a copy of. A copy that a crash
 * made twice is known by it; the ledger counts its versions once in any case.
 */
export const COPY_OF = 'LandfallDeadLetter'

/**
 * Names a letter beyond doubt, for a journal: by its id alone, another queue's letter (or a sandbox' that began anew) could
 * pass for one that was sent already, and would be deleted.
 */
export function letterKey(queueArn: string, { id, sentAt, body }: Pick<DeadLetter, 'id' | 'sentAt' | 'body'>): string {
  return hash('sha256', JSON.stringify([queueArn, id, sentAt, body]), 'base64url')
}

export interface LetterView {
  readonly id: string
  readonly sentAt?: number | undefined
  readonly receives: number
  readonly bytes: number
  readonly source?: string | undefined
  /** Whether intake would take and delete it today. */
  readonly parses: boolean
  /** Why it was parked, or must have been: one sentence. May quote the message: print it with `inert`. */
  readonly reason: string
  /** Each record that cannot be read, with its reason. */
  readonly faults: readonly string[]
  readonly form?: 's3' | 'sns' | 'eventbridge' | 'test' | undefined
  /** What could be read of it. */
  readonly events: readonly BucketEvent[]
  /** Events with names that Landfall does not act on. */
  readonly ignored: number
  /** Pairs that its events are about. */
  readonly pairs: readonly string[]
  /** Buckets of its events that no pair names. */
  readonly strangers: readonly string[]
  /** The letter that this is a copy of: it was sent back once, and parked again. */
  readonly copyOf?: string | undefined
}

type Buckets = Pick<PairRoute, 'name' | 'source' | 'destination'>

/** Made once for an estate. */
export function makeReadLetter(pairs: readonly Buckets[]): (letter: DeadLetter) => LetterView {
  const byBucket = new Map<string, string[]>()
  for (const { name, source, destination } of pairs) {
    for (const { bucket } of [source, destination]) byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), name])
  }

  return (letter) => {
    const read = parse(letter.body)
    const buckets = [...new Set(read.events.map(({ bucket }) => bucket))]
    return {
      id: letter.id,
      sentAt: letter.sentAt,
      receives: letter.receives,
      bytes: Buffer.byteLength(letter.body),
      source: letter.source,
      ...read,
      parses: read.faults.length === 0,
      reason: reasonOf(letter, read.faults),
      pairs: [...new Set(buckets.flatMap((bucket) => byBucket.get(bucket) ?? []))],
      strangers: buckets.filter((bucket) => !byBucket.has(bucket)),
      copyOf: letter.attributes[COPY_OF]?.text,
    }
  }
}

function parse(body: string): Pick<LetterView, 'form' | 'events' | 'ignored' | 'faults'> {
  try {
    const { form, events, ignored, faults } = parseMessage(body)
    return { form, events, faults, ignored: [...ignored.values()].reduce((sum, count) => sum + count, 0) }
  } catch (error) {
    if (!isLandfallError(error) || error.disposition !== 'poison') throw error
    return { events: [], ignored: 0, faults: [error.message] }
  }
}

function reasonOf(letter: DeadLetter, faults: readonly string[]): string {
  const [first] = faults
  if (first !== undefined) return faults.length === 1 ? first : `${first} (and ${faults.length - 1} more)`
  if (letter.source === undefined) return 'parses today; sent to this queue by hand'
  // SQS keeps no reason. What parses was read by another version, or received and not acknowledged too often.
  return 'parses today; it was received too often without being acknowledged, or an older Landfall could not read it'
}

/** What a command is about. Every given condition must hold; an empty one selects everything. */
export interface LetterSelection {
  readonly parses?: boolean | undefined
  readonly pair?: string | undefined
  /** Part of the reason, in any case. */
  readonly reason?: string | undefined
  /** Ids, or how they begin. */
  readonly ids?: readonly string[] | undefined
}

export function selectsAll(selection: LetterSelection): boolean {
  return Object.values(selection).every((condition) => condition === undefined)
}

export function isSelected(view: LetterView, { parses, pair, reason, ids }: LetterSelection): boolean {
  return (
    (parses === undefined || view.parses === parses) &&
    (pair === undefined || view.pairs.includes(pair)) &&
    (reason === undefined || view.reason.toLowerCase().includes(reason.toLowerCase())) &&
    (ids === undefined || ids.some((id) => view.id.startsWith(id)))
  )
}

/** One line of an export. Beside the copy itself it says what Landfall made of it, for whoever reads the file. */
export interface ExportedLetter extends DeadLetter {
  /** ARN of the dead-letter queue. */
  readonly deadLetterQueue: string
  readonly parses: boolean
  readonly reason: string
}

export function exportedLetter(deadLetterQueue: string, letter: DeadLetter, view: LetterView): ExportedLetter {
  const { id, body, sentAt, receives, source, attributes, trace } = letter
  const { parses, reason } = view
  return { deadLetterQueue, id, sentAt, receives, source, parses, reason, attributes, trace, body }
}

/** The `letterKey` of an export's line; undefined where it is no such line. */
export function keyOfExported(line: string): string | undefined {
  let data: unknown
  try {
    data = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof data !== 'object' || data === null) return undefined
  const { deadLetterQueue, id, body, sentAt } = data as Readonly<Record<string, unknown>>
  if (typeof deadLetterQueue !== 'string' || typeof id !== 'string' || typeof body !== 'string') return undefined
  return letterKey(deadLetterQueue, { id, body, sentAt: typeof sentAt === 'number' ? sentAt : undefined })
}
