/**
 * Events that come by EventBridge: one a message, keys **not** URL-encoded, times in whole seconds, and the requester is
 * an account, not a principal. Source: Amazon S3 user guide, "EventBridge event message structure".
 */
import type { BucketEvent, BucketEventKind } from './event.ts'
import {
  RecordFault,
  bucketName,
  count,
  etag,
  eventTime,
  excerpt,
  inside,
  plainKey,
  sequencer,
  text,
  versionId,
  type Fields,
} from './fields.ts'
import type { Ignored } from './s3.ts'

/** Throws `RecordFault` where the event can't be read. */
export function readEventBridge(event: Fields): BucketEvent | Ignored {
  const name = String(event['detail-type'])
  const detail = inside(event, 'detail')
  const kind = kindOf(name, detail)
  if (kind === undefined) return { ignored: name }
  const object = inside(detail, 'object')
  return {
    kind,
    name,
    bucket: bucketName(inside(detail, 'bucket')['name']),
    region: text(event['region']),
    key: plainKey(object['key']),
    versionId: versionId(object['version-id']),
    size: count(object['size']),
    etag: etag(object['etag']),
    sequencer: sequencer(object['sequencer']),
    time: eventTime(event['time']),
    principal: text(detail['requester']),
    lifecycle: detail['reason'] === 'Lifecycle Expiration',
  }
}

function kindOf(name: string, detail: Fields): BucketEventKind | undefined {
  if (name === 'Object Created') return 'created'
  if (name !== 'Object Deleted') return undefined
  const type = detail['deletion-type']
  if (type === 'Delete Marker Created') return 'marker'
  if (type === 'Permanently Deleted') return 'purged'
  // Guessing would either book a marker that is none or drop one.
  throw new RecordFault(`deletion-type is ${excerpt(type)}`)
}
