/**
 * What the parts of the sandbox ask of each other. Types only: each part lives in its own folder, and `world.ts` joins them.
 *
 *   server.ts -> router of the service (s3/, s3control/, sqs/, sns/, sts/, iam/, cloudwatch/, control/) -> one action file -> store
 *   every service --may it?--> iam/guard.ts
 *   S3Store --onChange--> notifications/ -> sqs, sns
 *   S3Store --onChange--> replication/   -> S3Store of the destination
 *   s3control/ (batch jobs) --> replication/batch.ts -> the same
 */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Policy } from './iam/evaluate/policy.ts'
import type { Iam } from './iam/iam.ts'
import type { NotificationConfiguration, NotificationTarget, ReplicationConfiguration } from './s3/documents.ts'
import type { StoredVersion } from './s3/store/version.ts'

export type ServiceName = 's3' | 's3control' | 'sqs' | 'sns' | 'sts' | 'iam' | 'cloudwatch' | 'control'

/** One request, after the server has read its SigV4 scope. */
export interface Call {
  readonly method: string
  /** Undecoded path, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly host: string
  /** From the SigV4 credential scope (header or presigned query), else from the host name, else eu-west-1. */
  readonly region: string
  /** Twelve digits: see accounts.ts for how an access key names its account. */
  readonly account: string
  readonly accessKey: string | undefined
  /** Whom the access key stands for; without one, the default account's user. */
  readonly who: Principal
  readonly requestId: string
  /** The raw body as it comes from the wire. */
  readonly stream: Readable
  /** The whole body; for small documents. */
  body(): Promise<Buffer>
  /** Calls back where the client hangs up before it has its answer: a long poll must not hand out messages then. */
  onGone(listener: () => void): void
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | number>> | undefined
  readonly body?: string | Buffer | readonly Buffer[] | undefined
}

export interface Service {
  readonly name: ServiceName
  /** The API action's name, for stats and faults (`HeadObject`, `ReceiveMessage`); must not read the body's stream of S3. */
  action(call: Call): string | Promise<string>
  /** Where the call is served, for stats and faults: S3 serves from the bucket's own region. Absent: the call's region. */
  region?(call: Call): string
  handle(call: Call, action: string): Promise<Reply>
  /** An error in the service's own wire form; for faults on order and for what an action did not foresee. */
  refuse(call: Call, error: Refusal): Reply
}

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

export interface SandboxClock {
  now(): number
  /** Runs `fn` after `ms`; unref'd, and cancelled when the sandbox closes. */
  after(ms: number, fn: () => void): () => void
}

/** Seeded (`--seed`): version ids, lags, failures, reordering all come from named streams, so that one does not disturb another. */
export interface SandboxRandom {
  /** [0, 1) from the stream of that name. */
  next(stream: string): number
  int(stream: string, below: number): number
  /**
   * [0, 1), the same for the same stream and identity whenever it is asked: for what befalls one version, so that
   * buckets that are written to at the same time don't change each other's fate.
   */
  of(stream: string, identity: string): number
  /** Hex or base-36 text of a fixed length. */
  text(stream: string, length: number): string
}

// ------------------------------------------------------------------ S3: what replication and notifications see

export interface StoredChecksum {
  readonly algorithm: 'CRC64NVME' | 'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256'
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
  readonly value: string
}

export type ReplicationStatus = 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA'

/** A version as stored; see s3/store/version.ts. Copy it by `version.with({ ... })`, make one by `StoredVersion.make`. */
export type { StoredVersion, VersionDraft } from './s3/store/version.ts'
export type {
  NotificationConfiguration,
  NotificationTarget,
  ReplicationConfiguration,
  ReplicationRule,
} from './s3/documents.ts'

export interface BucketChange {
  /** `replication`: S3's own word about a version's replication (`replicationEventData` is set); the store raises none. */
  readonly kind: 'created' | 'marker' | 'purged' | 'tagged' | 'locked' | 'replication'
  /** Without `s3:`, e.g. `ObjectCreated:Put`, `ObjectRemoved:Delete`, `LifecycleExpiration:DeleteMarkerCreated`. */
  readonly eventName: string
  readonly bucket: string
  readonly region: string
  readonly version: StoredVersion
  /** `AWS:AROA...:name`, of who did it; `...:s3-replication` for replicas. */
  readonly principal: string
  readonly time: number
  readonly requestId: string
  readonly lifecycle: boolean
  readonly replicationEventData?: Readonly<Record<string, string>> | undefined
}

/** What refuses a notification target, in S3's words; undefined where it is good. */
export type TargetCheck = (
  target: NotificationTarget,
  bucket: { name: string; region: string; account: string },
) => string | undefined

export interface NotificationTest {
  readonly bucket: string
  readonly region: string
  readonly target: NotificationTarget
  readonly time: number
  readonly requestId: string
}

/** The part of the S3 store that replication/ and notifications/ use. */
export interface S3ForOthers {
  onChange(listener: (change: BucketChange) => void): void
  /**
   * Asked before a client's write is stored and answered: the replication status to store it with (`PENDING` where a rule
   * matches). Not asked for replicas. The last one set counts.
   */
  beforeStore(status: (bucket: string, version: StoredVersion) => ReplicationStatus | undefined): void
  /** Asked by PutBucketNotificationConfiguration for each new target. The last one set counts. */
  checkTarget(check: TargetCheck): void
  /** S3 sends `s3:TestEvent` to each new target of a notification configuration. */
  onNotificationTest(listener: (test: NotificationTest) => void): void
  bucket(name: string):
    | {
        readonly name: string
        readonly region: string
        readonly account: string
        readonly versioning: 'Enabled' | 'Suspended' | undefined
        /** The stored configuration documents, parsed. */
        readonly replication: ReplicationConfiguration | undefined
        readonly notification: NotificationConfiguration | undefined
        /** The bucket policy's JSON. */
        readonly policy: string | undefined
        /** Whether Object Lock is on. */
        readonly objectLock: boolean
        /** Whether a lifecycle rule made this delete marker. */
        madeByLifecycle(version: StoredVersion): boolean
      }
    | undefined
  version(bucket: string, key: string, versionId: string): StoredVersion | undefined
  /** The newest version or marker of a key. */
  latest(bucket: string, key: string): StoredVersion | undefined
  /** Whether a replica with this id was deleted for good there. */
  purgedReplica(bucket: string, key: string, versionId: string): boolean
  /** Writes a replica (or a replicated marker) with the given version id, and raises its change. False: the id is there already. */
  putReplica(bucket: string, version: StoredVersion, principal: string): boolean
  setReplication(bucket: string, key: string, versionId: string, status: ReplicationStatus): void
  /** A replica's tags follow its source's. Raises no change. */
  setTags(bucket: string, key: string, versionId: string, tags: Readonly<Record<string, string>> | undefined): void
  /** So does its lock. Raises no change. */
  setLock(bucket: string, key: string, versionId: string, lock: StoredVersion['lock']): void
}

// ------------------------------------------------------------------ faults on order

/** Set by `PUT /_sandbox/faults` (one document, merged); `{}` is a healthy world. */
export interface Faults {
  /** Regions that do not answer at all (connections are reset), e.g. `["eu-west-1"]`. */
  regionsDown?: string[]
  /**
   * Per service (and action, and region): added latency in ms, share of requests refused (`status` and `code` in place of
   * the service's own throttling), share of connections reset before anything is done, and after all is done (`lose`).
   */
  requests?: {
    service?: ServiceName
    action?: string
    region?: string
    latencyMs?: number
    throttle?: number
    reset?: number
    lose?: number
    status?: number
    code?: string
  }[]
  /**
   * Grants taken away: the IAM actions (`s3:GetObjectVersion`, `s3:ListBucket` ...) that a bucket answers with 403. Those of
   * the replication role (`s3:ReplicateObject` ...; see replication/grants.ts) fail replications, or leave tags behind.
   */
  access?: { bucket: string; deny: string[] }[]
  replication?: {
    /** Log-normal lag: median and the 99th percentile, ms. Default 0 (next tick). */
    lag?: { medianMs: number; p99Ms: number }
    /** Share of versions that fail, with the reasons to draw from. */
    fail?: { share: number; reasons: string[]; bucket?: string; prefix?: string }[]
    /** Replicas that arrive with other bytes, or shorter. */
    corrupt?: { share: number; how: 'bytes' | 'truncated' }
    /** Tags stay behind: the replication role may not read them. */
    withoutTags?: boolean
    /** Nothing replicates; versions stay PENDING until this is lifted, then resume. */
    paused?: boolean
    /** Instead of the rules' 15 minutes, so that a demo sees the threshold events. */
    rtcThresholdMs?: number
  }
  /** Keys of KMS that are gone or disabled: by their ARN, as objects and replication rules name them. */
  kms?: { key: string; state: 'missing' | 'disabled' }[]
  /** Of jobs of S3 Batch Operations. */
  jobs?: {
    /** How long a job is `Preparing`, and how long it is `Ready`, ms. Default 0: both pass in a moment. */
    prepareMs?: number
    readyMs?: number
    /** Jobs that get ready under this fail whole, in these words. */
    fail?: { code: string; reason: string }
  }
  /** Of what queues hand out: pick among the first `reorder` messages; hand a share of them out twice. */
  queues?: { queue?: string; reorder?: number; duplicate?: number }[]
  /** Of the notifications sent to queues and topics. Shares of events; `delayMs` is uniform below it. */
  notifications?: { drop?: number; duplicate?: number; reorderMs?: number; bucket?: string }[]
}

/** The faults in force. `current` is replaced as a whole, never mutated. */
export interface FaultBox {
  readonly current: Faults
  /** Merges the members of the document into the current one; a member that is `null` is lifted. */
  merge(document: Readonly<Record<string, unknown>>): void
  clear(): void
  onChange(listener: (faults: Faults) => void): void
}

// ------------------------------------------------------------------ the world: what every part may use

export interface SandboxLog {
  debug(ids: object, message: string): void
  error(ids: object, message: string): void
}

/** See accounts.ts. */
export interface Accounts {
  /** The account that an access key acts for. */
  of(accessKey: string | undefined): string
  /** The principal as events and GetCallerIdentity show it. */
  principal(accessKey: string | undefined): Principal
  /** New credentials for a role session (STS AssumeRole). */
  issue(session: RoleSession): IssuedCredentials
  /** Ends the sessions that were issued until now: of one role, or all. */
  expire(roleArn?: string): number
}

export interface Principal {
  readonly account: string
  readonly arn: string
  /** `AROA...:session` for a role, `AIDA...` for a user. */
  readonly userId: string
  /** Absent: a user, whose credentials never expire. */
  readonly session?: SessionFacts | undefined
}

/** What a role session was made with. */
export interface SessionFacts {
  readonly roleArn: string
  /** The role had been created: what the session may do is evaluated. */
  readonly bound: boolean
  readonly mfa: boolean
  /** Milliseconds since the epoch. */
  readonly issued: number
  expires: number
  /** The session's own policy, which cuts down what the role may do. */
  readonly policy: Policy | undefined
}

export interface RoleSession {
  readonly account: string
  /** The role's name with its path, e.g. `landfall`. */
  readonly role: string
  readonly session: string
  readonly seconds: number
  readonly bound?: boolean | undefined
  readonly mfa?: boolean | undefined
  readonly policy?: Policy | undefined
}

export interface IssuedCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: number
  readonly principal: Principal
}

/** Message attributes in SQS' form; a binary value is base64. */
export type SentAttributes = Readonly<
  Record<string, { readonly DataType: string; readonly StringValue?: string; readonly BinaryValue?: string }>
>

/** The part of SQS that notifications and SNS use. */
export interface SqsForOthers {
  exists(queueArn: string): boolean
  /** Whether the queue's policy lets the sender in. */
  takes(queueArn: string, from: Sender): boolean
  /** False: no such queue, or its policy lets the sender not in. */
  send(queueArn: string, body: string, from: Sender, attributes?: SentAttributes): boolean
}

/** A service that writes to a queue or topic, on behalf of a bucket, a topic or a rule. */
export interface Sender {
  /** `s3.amazonaws.com` */
  readonly service: string
  readonly arn: string
  readonly account: string
}

/** The part of SNS that notifications use. */
export interface SnsForOthers {
  exists(topicArn: string): boolean
  takes(topicArn: string, from: Sender): boolean
  /** False: no such topic, or its policy lets the sender not in. */
  publish(topicArn: string, body: string, from: Sender, subject?: string): boolean
}

/** What there is before any service: a service's factory takes this. */
export interface WorldCore {
  readonly seed: string
  readonly clock: SandboxClock
  readonly random: SandboxRandom
  readonly accounts: Accounts
  readonly iam: Iam
  readonly faults: FaultBox
  readonly log: SandboxLog
}

/** Everything joined: what notifications, replication and the control actions take. */
export interface World extends WorldCore {
  readonly s3: S3ForOthers
  readonly sqs: SqsForOthers
  readonly sns: SnsForOthers
}
