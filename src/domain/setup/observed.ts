/**
 * What AWS says now of the resources that an estate rests on: read by aws/observe/, planned against by `landfall init`,
 * judged by `landfall doctor`. Plain data, in the words of the services' own APIs.
 *
 * Sources: Amazon S3 API reference, GetBucketVersioning, GetBucketReplication, GetBucketNotificationConfiguration,
 * GetBucketLifecycleConfiguration, GetBucketEncryption, GetPublicAccessBlock, GetBucketPolicy,
 * GetObjectLockConfiguration; Amazon SQS API reference, GetQueueAttributes; IAM API reference, GetRole, GetRolePolicy;
 * Amazon SNS API reference, GetTopicAttributes, ListSubscriptionsByTopic.
 */
import type { ErrorCode } from '../errors.ts'

/** One look. A refused or failed one is `unknown`, never `absent`: what we may not see is not missing. */
export type Seen<T> =
  | { readonly is: 'there'; readonly value: T }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly fault: Fault }

/** Why a look failed: a LandfallError in short, `action` the IAM action that it took. */
export interface Fault {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  readonly action?: string | undefined
}

/** As IAM, S3, SQS and SNS write them; of others' making, so anything may be in it. */
export interface PolicyDocument {
  readonly Version?: string | undefined
  readonly Statement: readonly PolicyStatement[]
}
export interface PolicyStatement {
  readonly Sid?: string | undefined
  readonly Effect: string
  readonly [element: string]: unknown
}

/** `region` and `account` as in the configuration. */
export interface ResourcePlace {
  readonly region: string
  readonly account: string
}

export interface SeenBucket extends ResourcePlace {
  readonly bucket: string
  /**
   * There: it answers, in `region`, which may be another than the configuration says. Unknown with ACCESS_DENIED: the name is
   * taken by an account that lets us see nothing, or we lack every grant on it: S3 answers 403 for both.
   */
  readonly stands: Seen<{ readonly region: string }>
  readonly versioning: Seen<SeenVersioning>
  readonly encryption: Seen<SeenEncryption>
  /** All four switches. Absent: nothing is blocked. */
  readonly publicAccess: Seen<SeenPublicAccess>
  /** `BucketOwnerEnforced`, `BucketOwnerPreferred`, `ObjectWriter`. */
  readonly ownership: Seen<string>
  readonly policy: Seen<PolicyDocument>
  readonly lifecycle: Seen<readonly SeenLifecycleRule[]>
  readonly replication: Seen<SeenReplication>
  readonly notifications: Seen<SeenNotifications>
  readonly objectLock: Seen<SeenObjectLock>
  readonly tags: Seen<Readonly<Record<string, string>>>
}

export interface SeenVersioning {
  /** `Off`: never switched on. */
  readonly status: 'Enabled' | 'Suspended' | 'Off'
  readonly mfaDelete: boolean
}

export interface SeenEncryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  /** Id, ARN or alias; absent: the account's own key for S3, which no other account can use. */
  readonly kmsKey?: string | undefined
  readonly bucketKey: boolean
  /** Whether uploads under keys of the client's own (SSE-C) are refused. */
  readonly blocksCustomerKeys: boolean
}

export interface SeenPublicAccess {
  readonly blockAcls: boolean
  readonly ignoreAcls: boolean
  readonly blockPolicy: boolean
  readonly restrictBuckets: boolean
}

export interface SeenLifecycleRule {
  readonly id: string
  readonly enabled: boolean
  readonly prefix: string
  /** It has tags or sizes in its filter, too. */
  readonly narrowed: boolean
  /** Days until current versions get a delete marker (on a versioned bucket). */
  readonly expirationDays?: number | undefined
  /** ISO 8601: from that day on instead of after an age. */
  readonly expirationDate?: string | undefined
  readonly expiredMarkers: boolean
  /** Days until versions that are no longer current are removed for good. */
  readonly noncurrentDays?: number | undefined
  readonly keepNoncurrent?: number | undefined
  readonly abortUploadsDays?: number | undefined
  readonly transitions: readonly {
    readonly days: number
    readonly storageClass: string
    readonly noncurrent: boolean
  }[]
}

export interface SeenReplication {
  readonly role: string
  readonly rules: readonly SeenRule[]
}

/** A rule whole, so that a change can keep all that it says. */
export interface SeenRule {
  readonly id: string
  /** 1: without a `Filter`, so without metrics and failure events. */
  readonly schema: 1 | 2
  readonly enabled: boolean
  readonly priority: number
  readonly prefix: string
  readonly tags: Readonly<Record<string, string>>
  /** The destination's name, without `arn:aws:s3:::`. */
  readonly destination: string
  /** What the rule says; a V1 rule replicates the markers that users make. */
  readonly deleteMarkers: boolean
  readonly metrics: boolean
  /** Replication Time Control, minutes. */
  readonly timeControlMinutes?: number | undefined
  readonly storageClass?: string | undefined
  /** Owner override: the account that will own the replicas. */
  readonly owner?: string | undefined
  /** The key that replicas are encrypted with at the destination. */
  readonly replicaKmsKey?: string | undefined
  readonly sseKmsObjects: boolean
  /** Changes of replicas' metadata go back (two-way). */
  readonly replicaModifications: boolean
  readonly existingObjects: boolean
}

export interface SeenNotifications {
  readonly targets: readonly SeenTarget[]
  readonly eventBridge: boolean
}

export interface SeenTarget {
  readonly kind: 'queue' | 'topic' | 'function'
  readonly id: string
  readonly arn: string
  /** With their `s3:`, as in `s3:ObjectCreated:*`. */
  readonly events: readonly string[]
  readonly prefix: string
  readonly suffix: string
}

export interface SeenObjectLock {
  readonly mode?: 'GOVERNANCE' | 'COMPLIANCE' | undefined
  readonly days?: number | undefined
}

export interface SeenQueue extends ResourcePlace {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly visibilitySeconds: number
  readonly retentionSeconds: number
  readonly waitSeconds: number
  readonly policy: Seen<PolicyDocument>
  /** The key of an encrypted queue, which S3 or SNS must be allowed to use; undefined where SQS' own (SSE-SQS) or none. */
  readonly kmsKey?: string | undefined
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined
  readonly tags: Seen<Readonly<Record<string, string>>>
}

export interface SeenRole {
  /** `arn:aws:iam::<account id>:role/<name>`. */
  readonly arn: string
  readonly trust: PolicyDocument
  /** Inline policies, and the current versions of managed ones that are attached, by name. */
  readonly policies: Seen<
    readonly { readonly name: string; readonly inline: boolean; readonly document: PolicyDocument }[]
  >
  readonly tags: Readonly<Record<string, string>>
  readonly maxSessionSeconds: number
  /** A permissions boundary stands over it: grants may not take effect. */
  readonly boundary?: string | undefined
}

export interface SeenTopic {
  readonly arn: string
  /** The key of an encrypted topic, which S3 must be allowed to use. */
  readonly kmsKey?: string | undefined
  readonly policy: Seen<PolicyDocument>
  readonly subscriptions: Seen<readonly SeenSubscription[]>
}

export interface SeenSubscription {
  readonly protocol: string
  readonly endpoint: string
  readonly raw: boolean
  /** It takes some messages only. */
  readonly filtered: boolean
  /** Its endpoint has not confirmed it: nothing is delivered. */
  readonly pending: boolean
}

/** Everything that was looked at, by the names of the configuration. */
export interface Observed {
  /** Who the credentials of each account of the estate turn out to be: account id and ARN. */
  readonly identities: ReadonlyMap<string, Seen<{ readonly accountId: string; readonly arn: string }>>
  /** By bucket name: sources, destinations, batch, snapshot, dumps, shipments. */
  readonly buckets: ReadonlyMap<string, SeenBucket>
  /** By queue ARN: intake queues, and the dead-letter queues that they name. */
  readonly queues: ReadonlyMap<string, Seen<SeenQueue>>
  /** By role ARN: replication, batch operations, and those that the configuration assumes. */
  readonly roles: ReadonlyMap<string, Seen<SeenRole>>
  /** By topic ARN: those that sources notify, and those that alarms tell. */
  readonly topics: ReadonlyMap<string, Seen<SeenTopic>>
}
