/**
 * One bucket event, whichever wire form it came in. Parsers make these; workers/intake.ts routes them by bucket.
 *
 * Source: Amazon S3 user guide, "Event message structure" and "EventBridge event message structure".
 */

/**
 * - `created`: an object version was written
 * - `marker`: a delete marker was written (by a user, or by a lifecycle rule: see `lifecycle`)
 * - `purged`: a version id was deleted for good
 * - `replication`: S3's own word about one version's replication (`replication` is set)
 */
export type BucketEventKind = 'created' | 'marker' | 'purged' | 'replication'

export type ReplicationNotice = 'failed' | 'missed-threshold' | 'after-threshold' | 'not-tracked'

export interface BucketEvent {
  readonly kind: BucketEventKind
  /** The event's name without the `s3:` prefix, e.g. `ObjectCreated:Put`. */
  readonly name: string
  readonly bucket: string
  readonly region?: string | undefined
  /** Decoded. Up to 1,024 bytes of UTF-8, any characters. */
  readonly key: string
  /** `null` (the string) where the bucket has no versioning. */
  readonly versionId: string
  readonly size?: number | undefined
  /** Without quotes. */
  readonly etag?: string | undefined
  readonly sequencer?: string | undefined
  /** Milliseconds since the epoch, S3's clock. */
  readonly time: number
  /** `userIdentity.principalId`, e.g. `AWS:AROAEXAMPLE:s3-replication`; for EventBridge the `requester`. */
  readonly principal?: string | undefined
  /** Done by a lifecycle rule, not by a person or a program. */
  readonly lifecycle: boolean
  readonly replication?:
    | {
        readonly notice: ReplicationNotice
        readonly ruleId?: string | undefined
        readonly destinationBucket?: string | undefined
        /** `OBJECT_PUT`, `OBJECT_DELETE`, ... */
        readonly operation?: string | undefined
        /** When the source's request was made, in ms. */
        readonly requestTime?: number | undefined
        readonly failureReason?: string | undefined
      }
    | undefined
}

/** What one message body holds. A body that is none of the known forms is a `LandfallError` of disposition `poison`. */
export interface ParsedMessage {
  readonly form: 's3' | 'sns' | 'eventbridge' | 'test'
  readonly events: readonly BucketEvent[]
  /** Event names that Landfall does not act on, with how often each occurred: counted and acknowledged. */
  readonly ignored: ReadonlyMap<string, number>
  /**
   * Records that could not be read, each with its reason. The others are in `events` and are booked; the message
   * itself must stay on the queue, so that its redrive policy parks it where a person sees it.
   */
  readonly faults: readonly string[]
}
