/**
 * The envelopes that S3 sends to EventBridge. S3 user guide, "EventBridge event message structure": keys are not
 * URL-encoded, and replication is not among the events.
 */
import { seededUuid } from '../http/uuid.ts'
import type { BucketChange, SandboxRandom } from '../types.ts'

const CREATED: Readonly<Record<string, string>> = {
  'ObjectCreated:Put': 'PutObject',
  'ObjectCreated:Post': 'POST Object',
  'ObjectCreated:Copy': 'CopyObject',
  'ObjectCreated:CompleteMultipartUpload': 'CompleteMultipartUpload',
}

/** Undefined for the changes that EventBridge is not told of. */
export function eventBridgeEvent(change: BucketChange, account: string, random: SandboxRandom): string | undefined {
  const type = detailType(change)
  if (type === undefined) return undefined
  const { version } = change
  const created = change.kind === 'created'
  return JSON.stringify({
    version: '0',
    id: seededUuid(random, 'notification.eventbridge'),
    'detail-type': type,
    source: 'aws.s3',
    account,
    // Whole seconds: EventBridge tells no more.
    time: new Date(change.time).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: change.region,
    resources: [`arn:aws:s3:::${change.bucket}`],
    detail: {
      version: '0',
      bucket: { name: change.bucket },
      object: {
        key: version.key,
        ...(created ? { size: version.size } : {}),
        ...(version.etag === '' ? {} : { etag: version.etag }),
        ...(version.versionId === 'null' ? {} : { 'version-id': version.versionId }),
        sequencer: version.sequencer,
      },
      'request-id': change.requestId,
      requester: change.lifecycle ? 's3.amazonaws.com' : account,
      'source-ip-address': '127.0.0.1',
      reason: reason(change),
      ...(created
        ? {}
        : { 'deletion-type': change.kind === 'marker' ? 'Delete Marker Created' : 'Permanently Deleted' }),
    },
  })
}

function detailType({ kind }: BucketChange): string | undefined {
  if (kind === 'created') return 'Object Created'
  return kind === 'marker' || kind === 'purged' ? 'Object Deleted' : undefined
}

function reason(change: BucketChange): string {
  if (change.lifecycle) return 'Lifecycle Expiration'
  return change.kind === 'created' ? (CREATED[change.eventName] ?? 'PutObject') : 'DeleteObject'
}
