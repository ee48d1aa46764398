/** The two configuration documents that other parts of the sandbox act on, as plain data. */

/** One rule of a bucket's replication configuration (S3 API reference, `ReplicationRule`). */
export interface ReplicationRule {
  readonly id: string
  /** `V1` rules have a `Prefix` and no `Filter`; they replicate user-made delete markers and have no metrics. */
  readonly schema: 'V1' | 'V2'
  readonly enabled: boolean
  /** Higher wins where two rules name one destination; 0 for V1. */
  readonly priority: number
  readonly prefix: string
  /** All must be on the object. */
  readonly tags: Readonly<Record<string, string>>
  readonly destination: {
    /** The bucket's name, out of its ARN. */
    readonly bucket: string
    readonly account: string | undefined
    readonly storageClass: string | undefined
    readonly kmsKey: string | undefined
  }
  readonly deleteMarkers: boolean
  /** Raises the `s3:Replication:*` events. */
  readonly metrics: boolean
  /** Minutes of Replication Time Control; absent: off. */
  readonly timeControlMinutes: number | undefined
  /** `SourceSelectionCriteria/SseKmsEncryptedObjects`. */
  readonly sseKms: boolean
  readonly replicaModifications: boolean
}

export interface ReplicationConfiguration {
  /** ARN of the role that S3 assumes. */
  readonly role: string
  readonly rules: readonly ReplicationRule[]
}

export interface NotificationTarget {
  readonly id: string
  readonly kind: 'queue' | 'topic' | 'function'
  readonly arn: string
  /** With the `s3:` prefix, as configured; `*` at the end covers a family. */
  readonly events: readonly string[]
  readonly prefix: string
  readonly suffix: string
}

export interface NotificationConfiguration {
  readonly targets: readonly NotificationTarget[]
  readonly eventBridge: boolean
}
