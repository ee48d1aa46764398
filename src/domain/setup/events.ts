/** S3's event types, `*` and all: which a target takes, and which two may not share. Pure (S3 user guide, "Supported event types"). */

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  's3:ObjectCreated:*': ['Put', 'Post', 'Copy', 'CompleteMultipartUpload'].map((one) => `s3:ObjectCreated:${one}`),
  's3:ObjectRemoved:*': ['Delete', 'DeleteMarkerCreated'].map((one) => `s3:ObjectRemoved:${one}`),
  's3:LifecycleExpiration:*': ['Delete', 'DeleteMarkerCreated'].map((one) => `s3:LifecycleExpiration:${one}`),
  's3:Replication:*': [
    'OperationFailedReplication',
    'OperationMissedThreshold',
    'OperationReplicatedAfterThreshold',
    'OperationNotTracked',
  ].map((one) => `s3:Replication:${one}`),
}

/** What a bucket that objects are replicated to tells of. */
export const DESTINATION_EVENTS: readonly string[] = [
  's3:ObjectCreated:*',
  's3:ObjectRemoved:*',
  's3:LifecycleExpiration:*',
]
/** Destinations raise no replication events. */
export const SOURCE_EVENTS: readonly string[] = [...DESTINATION_EVENTS, 's3:Replication:*']

/** Each single event type of them; one that is not known here stays as it is. */
export function single(events: Iterable<string>): ReadonlySet<string> {
  return new Set([...events].flatMap((event) => MEMBERS[event] ?? [event]))
}

/** The shortest way to say them: a family that is there whole by its `*`. */
export function folded(events: ReadonlySet<string>): readonly string[] {
  const whole = Object.entries(MEMBERS).filter(([, members]) => members.every((one) => events.has(one)))
  const covered = new Set(whole.flatMap(([, members]) => members))
  return [...whole.map(([family]) => family), ...[...events].filter((one) => !covered.has(one))]
}
