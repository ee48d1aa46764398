/** From a message's body to bucket events, whichever way the message came. */
import { LandfallError } from '../errors.ts'
import type { BucketEvent, ParsedMessage } from './event.ts'
import { readEventBridge } from './eventbridge.ts'
import { RecordFault, excerpt, isFields, type Fields } from './fields.ts'
import { readS3Record, type Ignored } from './s3.ts'
import { isSns, unwrapSns } from './sns.ts'

export type { BucketEvent, BucketEventKind, ParsedMessage, ReplicationNotice } from './event.ts'
export { compareSequencers } from './sequencer.ts'

/** Names come from outside: a hostile message must not fill the log or a counter's table with its own text. */
const LONGEST_NAME = 100
const MOST_NAMES = 50

/**
 * Reads one message's body. Records that can't be read are in `faults`, their neighbours in `events`.
 * Throws MESSAGE_UNREADABLE (poison) for a body that is none of the known forms.
 */
export function parseMessage(body: string): ParsedMessage {
  const fields = parseJson(body, 'the body')
  if (!isSns(fields)) return parseFields(fields)
  const parsed = parseFields(parseJson(unwrapSns(fields), 'the message in the SNS envelope'))
  return parsed.form === 'test' ? parsed : { ...parsed, form: 'sns' }
}

function parseFields(fields: Fields): ParsedMessage {
  if (Array.isArray(fields['Records'])) return collect('s3', fields['Records'], readS3Record)
  if (fields['Event'] === 's3:TestEvent') return { form: 'test', events: [], ignored: new Map(), faults: [] }
  if (typeof fields['detail-type'] === 'string' && isFields(fields['detail'])) {
    if (fields['source'] !== 'aws.s3') {
      throw new LandfallError('MESSAGE_UNREADABLE', `an EventBridge event whose source is ${excerpt(fields['source'])}`)
    }
    return collect('eventbridge', [fields], readEventBridge)
  }
  throw new LandfallError('MESSAGE_UNREADABLE', 'JSON, but no S3 event, SNS notification or EventBridge event')
}

/**
 * A message with so many faults is read no further: it is parked anyway. Half a million broken records fit into one, and
 * reading them all would block the process for seconds, in which its other messages outlast their visibility.
 */
const MOST_FAULTS = 100

function collect<T>(
  form: ParsedMessage['form'],
  records: readonly T[],
  read: (record: T) => BucketEvent | Ignored,
): ParsedMessage {
  const events: BucketEvent[] = []
  const faults: string[] = []
  const ignored = new Map<string, number>()
  for (const [index, record] of records.entries()) {
    try {
      const result = read(record)
      if ('ignored' in result) countName(ignored, result.ignored)
      else events.push(result)
    } catch (error) {
      if (!(error instanceof RecordFault)) throw error
      faults.push(records.length === 1 ? error.message : `record ${index}: ${error.message}`)
      if (faults.length === MOST_FAULTS) break
    }
  }
  return { form, events, ignored, faults }
}

function countName(names: Map<string, number>, name: string): void {
  const short = name.slice(0, LONGEST_NAME)
  const row = names.has(short) || names.size < MOST_NAMES ? short : 'other'
  names.set(row, (names.get(row) ?? 0) + 1)
}

function parseJson(json: string, what: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new LandfallError('MESSAGE_UNREADABLE', `${what} is not JSON`, { cause })
  }
  if (!isFields(value)) throw new LandfallError('MESSAGE_UNREADABLE', `${what} is JSON, but no object`)
  return value
}
