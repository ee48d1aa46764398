/**
 * What `landfall init` would do, one change a part of a resource, in the order in which it is done. Pure data: `plan.ts`
 * makes it, aws/setup/ carries it out, terraform.ts writes it as HCL.
 */
import type { SetupBucket } from './estate.ts'
import type {
  PolicyDocument,
  PolicyStatement,
  SeenEncryption,
  SeenPublicAccess,
  SeenRule,
  SeenTarget,
} from './observed.ts'

/**
 * - `create`, `update`: done by `apply`
 * - `keep`: stands as it should, or stricter
 * - `offer`: only where it is asked for; `reason` says how
 * - `blocked`: wanted, and not Landfall's to do; `reason` says whose and what to do
 */
export type ChangeKind = 'create' | 'update' | 'keep' | 'offer' | 'blocked'

export type Part =
  | 'bucket'
  | 'versioning'
  | 'encryption'
  | 'public access'
  | 'ownership'
  | 'bucket policy'
  | 'lifecycle'
  | 'object lock'
  | 'role'
  | 'role trust'
  | 'role policy'
  | 'replication'
  | 'dead-letter queue'
  | 'queue'
  | 'redrive policy'
  | 'queue policy'
  | 'notifications'
  | 'subscription'

export interface Change {
  readonly kind: ChangeKind
  readonly part: Part
  /** Bucket, queue, or role's or topic's ARN. */
  readonly name: string
  readonly region: string
  /** Key into the estate's accounts. */
  readonly account: string
  /** As JSON has them; absent: nothing stands, or nothing is said. */
  readonly before?: unknown
  readonly after?: unknown
  readonly reason: string
  /** Of `create` and `update` what is done; of `blocked` and `offer` what would be, for Terraform to do. */
  readonly step?: Step | undefined
}

/** A rule as Landfall makes it. */
export type NewRule = Pick<
  SeenRule,
  | 'id'
  | 'schema'
  | 'priority'
  | 'prefix'
  | 'destination'
  | 'deleteMarkers'
  | 'metrics'
  | 'timeControlMinutes'
  | 'storageClass'
  | 'owner'
  | 'replicaKmsKey'
  | 'sseKmsObjects'
>

export interface NewLifecycleRule {
  readonly id: string
  readonly abortUploadsDays?: number | undefined
  readonly noncurrentDays?: number | undefined
}

export interface QueueSettings {
  readonly retentionSeconds?: number | undefined
  readonly visibilitySeconds?: number | undefined
  readonly waitSeconds?: number | undefined
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined
}

export interface QueuePlace {
  readonly name: string
  readonly region: string
  readonly account: string
  readonly arn: string
}

/** What of a V2 rule that stands is switched on; nothing of it is switched off. */
export interface RuleSwitches {
  readonly enabled?: true
  readonly metrics?: true
  readonly timeControl?: true
  readonly deleteMarkers?: true
  /** It covers every key from now on. */
  readonly whole?: true
}

/** One call, or a read, a merge and a write of one configuration that S3 replaces whole: what stands is kept. */
export type Step =
  | { readonly do: 'createBucket'; readonly at: SetupBucket; readonly objectLock: boolean }
  | { readonly do: 'enableVersioning'; readonly at: SetupBucket }
  | { readonly do: 'setEncryption'; readonly at: SetupBucket; readonly encryption: SeenEncryption }
  | { readonly do: 'blockPublicAccess'; readonly at: SetupBucket; readonly block: SeenPublicAccess }
  | { readonly do: 'enforceOwner'; readonly at: SetupBucket }
  | { readonly do: 'addBucketStatements'; readonly at: SetupBucket; readonly statements: readonly PolicyStatement[] }
  | { readonly do: 'addLifecycleRules'; readonly at: SetupBucket; readonly rules: readonly NewLifecycleRule[] }
  | {
      readonly do: 'createRole'
      readonly arn: string
      readonly account: string
      readonly trust: PolicyDocument
      readonly policy: { readonly name: string; readonly document: PolicyDocument }
    }
  | {
      readonly do: 'addTrust'
      readonly arn: string
      readonly account: string
      readonly statements: readonly PolicyStatement[]
    }
  | {
      readonly do: 'addRoleStatements'
      readonly arn: string
      readonly account: string
      readonly policy: string
      readonly statements: readonly PolicyStatement[]
    }
  | { readonly do: 'addRule'; readonly at: SetupBucket; readonly role: string; readonly rule: NewRule }
  | {
      readonly do: 'switchRule'
      readonly at: SetupBucket
      readonly rule: string
      readonly switches: RuleSwitches
    }
  | { readonly do: 'migrateRules'; readonly at: SetupBucket; readonly timeControl: boolean }
  | { readonly do: 'createQueue'; readonly at: QueuePlace; readonly settings: QueueSettings }
  | { readonly do: 'setQueue'; readonly at: QueuePlace; readonly settings: QueueSettings }
  | { readonly do: 'addQueueStatements'; readonly at: QueuePlace; readonly statements: readonly PolicyStatement[] }
  | { readonly do: 'addTarget'; readonly at: SetupBucket; readonly target: SeenTarget }
  | { readonly do: 'subscribe'; readonly topic: string; readonly at: QueuePlace }

export interface SetupOptions {
  /** Only what this pair needs. */
  readonly pair?: string | undefined
  /** Subscribe the intake queue to topics that take a bucket's events already. */
  readonly subscribe?: boolean | undefined
  /** Rewrite rules of version 1. */
  readonly migrateRules?: boolean | undefined
  /** A batch job for objects from before the rules follows: its role needs grants for that. */
  readonly existing?: boolean | undefined
  /** Version of rules that are made. Default: 2. */
  readonly rule?: 1 | 2 | undefined
}

/** Those that `apply` does. */
export const isPending = ({ kind }: Change): boolean => kind === 'create' || kind === 'update'
