/**
 * The event documents that S3 sends. S3 user guide, "Event message structure".
 */
import type { BucketChange, NotificationTest } from '../types.ts'

/** The MD5 of nothing: what S3 tells of a delete marker. */
const EMPTY_ETAG = 'd41d8cd98f00b204e9800998ecf8427e'

export interface Origin {
  readonly account: string
  readonly versioning: 'Enabled' | 'Suspended' | undefined
  /** Of the target in the bucket's configuration. */
  readonly configurationId: string
}

/** One record a message, as S3 sends today. */
export function s3Event(change: BucketChange, origin: Origin): string {
  return JSON.stringify({ Records: [record(change, origin)] })
}

function record(change: BucketChange, origin: Origin): object {
  const { version, eventName } = change
  return {
    eventVersion: eventVersion(eventName),
    eventSource: 'aws:s3',
    awsRegion: change.region,
    eventTime: new Date(change.time).toISOString(),
    eventName,
    userIdentity: { principalId: change.principal },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {
      'x-amz-request-id': change.requestId,
      'x-amz-id-2': hostId(change.requestId),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: origin.configurationId,
      bucket: {
        name: change.bucket,
        ownerIdentity: { principalId: ownerId(origin.account) },
        arn: `arn:aws:s3:::${change.bucket}`,
      },
      object: {
        key: encodeKey(version.key),
        size: version.size,
        eTag: version.etag === '' ? EMPTY_ETAG : version.etag,
        // A bucket that never was versioned has no version ids to tell.
        ...(origin.versioning === undefined ? {} : { versionId: version.versionId }),
        ...(hasSequencer(change) ? { sequencer: version.sequencer } : {}),
      },
    },
    ...(change.replicationEventData === undefined ? {} : { replicationEventData: change.replicationEventData }),
  }
}

/** What a target gets when it is configured, in place of a record. */
export function testEvent(test: Pick<NotificationTest, 'bucket' | 'time' | 'requestId'>): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: new Date(test.time).toISOString(),
    Bucket: test.bucket,
    RequestId: test.requestId,
    HostId: hostId(test.requestId),
  })
}

/** Until 2.4 the version told the type of event. */
function eventVersion(eventName: string): string {
  if (eventName.startsWith('Object') && !/^Object(Tagging|Acl):/.test(eventName)) return '2.1'
  return eventName.startsWith('Replication:') ? '2.2' : '2.3'
}

/** It orders the creates and deletes of one key; other events carry none. */
function hasSequencer({ kind }: BucketChange): boolean {
  return kind !== 'tagged'
}

/** As a form encodes: `+` for a space, and only letters, digits and `/ . - * _` as they are. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll(/[!'()~]/g, (char) => `%${char.codePointAt(0)!.toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
}

/** Made from the request's id, so that telling it twice tells the same. */
function hostId(requestId: string): string {
  return Buffer.from(`${requestId}${requestId}`).toString('base64')
}

/** The owner's canonical id, in the short form that events show. */
function ownerId(account: string): string {
  return `A${BigInt(account).toString(36).toUpperCase().padStart(13, '0')}`
}
