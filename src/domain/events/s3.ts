/** S3's own event records. Source: Amazon S3 user guide, "Event message structure". */
import type { BucketEvent, BucketEventKind, ReplicationNotice } from './event.ts'
import {
  RecordFault,
  bucketName,
  encodedKey,
  etag,
  eventTime,
  excerpt,
  inside,
  isFields,
  sequencer,
  count,
  text,
  time,
  versionId,
  type Fields,
} from './fields.ts'

interface Meaning {
  readonly kind: BucketEventKind
  readonly lifecycle: boolean
  readonly notice?: ReplicationNotice
}

const CREATED: Meaning = { kind: 'created', lifecycle: false }

/** `ObjectCreated:*` aside, which is taken whole: S3 may add ways to write an object, and each writes a version. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['ObjectRemoved:Delete', { kind: 'purged', lifecycle: false }],
  ['ObjectRemoved:DeleteMarkerCreated', { kind: 'marker', lifecycle: false }],
  ['LifecycleExpiration:Delete', { kind: 'purged', lifecycle: true }],
  ['LifecycleExpiration:DeleteMarkerCreated', { kind: 'marker', lifecycle: true }],
  ['Replication:OperationFailedReplication', { kind: 'replication', lifecycle: false, notice: 'failed' }],
  ['Replication:OperationMissedThreshold', { kind: 'replication', lifecycle: false, notice: 'missed-threshold' }],
  [
    'Replication:OperationReplicatedAfterThreshold',
    { kind: 'replication', lifecycle: false, notice: 'after-threshold' },
  ],
  ['Replication:OperationNotTracked', { kind: 'replication', lifecycle: false, notice: 'not-tracked' }],
])

/** The name of an event that Landfall does not act on: to be counted, never refused. */
export interface Ignored {
  readonly ignored: string
}

/** One record. Throws `RecordFault` where it can't be read. */
export function readS3Record(record: unknown): BucketEvent | Ignored {
  if (!isFields(record)) throw new RecordFault('the record is no object')
  const version = record['eventVersion']
  if (version !== undefined && version !== null && !String(text(version)).startsWith('2.')) {
    throw new RecordFault(`eventVersion is ${excerpt(text(version))}, known is 2.x`)
  }
  const name = eventName(record['eventName'])
  const meaning = name.startsWith('ObjectCreated:') ? CREATED : MEANINGS.get(name)
  if (meaning === undefined) return { ignored: name }

  const s3 = inside(record, 's3')
  const object = inside(s3, 'object')
  return {
    kind: meaning.kind,
    name,
    bucket: bucketName(inside(s3, 'bucket')['name']),
    region: text(record['awsRegion']),
    key: encodedKey(object['key']),
    versionId: versionId(object['versionId']),
    size: count(object['size']),
    etag: etag(object['eTag']),
    sequencer: sequencer(object['sequencer']),
    time: eventTime(record['eventTime']),
    principal: text(inside(record, 'userIdentity')['principalId']),
    lifecycle: meaning.lifecycle,
    ...(meaning.notice !== undefined && {
      replication: readNotice(meaning.notice, inside(record, 'replicationEventData')),
    }),
  }
}

/** Without the `s3:` prefix, which other servers keep in the record. */
function eventName(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new RecordFault('no eventName')
  return value.startsWith('s3:') ? value.slice(3) : value
}

function readNotice(notice: ReplicationNotice, data: Fields): BucketEvent['replication'] {
  return {
    notice,
    ruleId: text(data['replicationRuleId']),
    destinationBucket: text(data['destinationBucket'])?.replace(/^arn:[^:]*:s3:::/, ''),
    operation: text(data['s3Operation']),
    requestTime: time(data['requestTime']),
    failureReason: text(data['failureReason']),
  }
}
