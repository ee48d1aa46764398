/**
 * Every check of `landfall doctor`: what it is called, whether a quick look has it, and why it matters. docs/doctor.md has a
 * row for each, and a test holds them against each other.
 */
import { MACHINE_CHECKS } from './checks-machine.ts'

export interface CheckRow {
  /** What is asked, in the words of a heading. */
  readonly title: string
  /** What comes of it where it is not so. */
  readonly why: string
  /** It is also asked at the start of `landfall run`. */
  readonly quick?: true
}

const rows = {
  'identity.credentials': {
    title: "each account's credentials are taken",
    why: 'Without them nothing of the account can be watched, or looked at here.',
    quick: true,
  },
  'identity.account': {
    title: 'they are of the account that the configuration names',
    why: 'Landfall would watch the buckets of another account, and policies would name the wrong one.',
    quick: true,
  },
  'bucket.exists': {
    title: 'the bucket is there, and answers us',
    why: 'S3 replicates nothing to a bucket that is gone, and parks what was meant for it as FAILED.',
    quick: true,
  },
  'bucket.region': {
    title: 'it is in the region that the configuration says',
    why: 'Its events, metrics and looks are asked for in the wrong region.',
    quick: true,
  },
  'bucket.versioning': {
    title: 'versioning is on',
    why: 'S3 replicates versions only: without versioning on both sides every replication fails.',
    quick: true,
  },
  'bucket.mfa-delete': {
    title: 'MFA delete',
    why: 'Nobody may delete versions or change versioning there by API without a code, Landfall included.',
  },
  'bucket.encryption': {
    title: 'the default encryption can be used by whoever writes replicas',
    why: "Another account cannot use AWS' own key of this account: its replicas are refused.",
  },
  'bucket.sse-c': {
    title: 'uploads under keys of the client (SSE-C)',
    why: 'Nobody without the key can look at such an object: HEAD answers 400, so Landfall lists it, and can compare no bytes.',
  },
  'bucket.public-access': {
    title: 'public access is blocked',
    why: 'One wrong policy or ACL would publish private files and dumps.',
  },
  'bucket.tls-only': {
    title: 'the bucket policy refuses requests without TLS',
    why: 'What is read or written without TLS can be read on its way.',
  },
  'lifecycle.sooner': {
    title: "the destination's lifecycle hides or removes nothing sooner than the source's",
    why: 'A copy that is gone sooner than the original is no backup of it. Ages count from the creation at the source.',
  },
  'lifecycle.versions-kept': {
    title: 'what expires is removed one day',
    why: 'On a versioned bucket Expiration only adds a delete marker: the versions stay, readable by their id, and are paid for, for ever.',
  },
  'lifecycle.configured': {
    title: 'destinationExpires says what the lifecycle does',
    why: 'By it Landfall tells a replica that the lifecycle removed from one that was lost.',
  },
  'object-lock.sides': {
    title: 'Object Lock on both sides, or on neither',
    why: 'S3 refuses to replicate locked objects to a bucket without Object Lock (DstBucketObjectLockConfigMissing).',
  },
  'replication.rule': {
    title: 'a rule leads from the source to the destination',
    why: 'Without one S3 replicates nothing there, and marks no object as failed.',
    quick: true,
  },
  'replication.enabled': {
    title: 'that rule is enabled',
    why: 'A disabled rule replicates nothing, and what was written meanwhile is not made up for when it is enabled again.',
    quick: true,
  },
  'replication.rule-v1': {
    title: 'the rule is of version 2',
    why: 'A V1 rule has no metrics, so S3 never sends a failure event: an object goes FAILED in silence.',
    quick: true,
  },
  'replication.metrics': {
    title: "the rule's metrics are on",
    why: 'Without them S3 sends no failure event: an object goes FAILED in silence, and only looks and audits find it.',
    quick: true,
  },
  'replication.coverage': {
    title: 'the rules cover every key that the configuration does not exclude',
    why: 'What no rule covers is never replicated, closes as `excluded`, and is lost with the source.',
    quick: true,
  },
  'replication.excluded': {
    title: 'excludePrefixes names only keys that no rule covers',
    why: 'Keys under an excluded prefix close without a look, although S3 replicates them: nobody would notice where it does not.',
    quick: true,
  },
  'replication.delete-markers': {
    title: 'deleteMarkers says what the rule does',
    why: 'Delete markers would be waited for that never come, or be at the destination without being expected.',
    quick: true,
  },
  'replication.priority': {
    title: 'rules that overlap agree',
    why: 'Of several rules to one destination the one of the highest priority decides, and only that one.',
    quick: true,
  },
  'replication.destinations': {
    title: 'the source replicates to one destination',
    why: 'S3 has one status for all destinations together: COMPLETED comes when the last one is done, and one that fails makes all FAILED.',
    quick: true,
  },
  'replication.kms': {
    title: 'objects under KMS keys replicate, under a key of the destination',
    why: 'S3 leaves out SSE-KMS objects unless the rule says so, and fails them where the key is not of the destination’s region.',
  },
  'role.exists': {
    title: 'the role of the rules is there',
    why: 'S3 replicates under it: without it every replication fails (AssumeRoleNotPermitted).',
  },
  'role.trust': {
    title: 'it trusts S3',
    why: 'S3 cannot assume it, and every replication fails (AssumeRoleNotPermitted).',
  },
  'role.read': {
    title: 'it may read the source',
    why: 'S3 cannot read what it has to replicate (SrcGetObjectNotPermitted and its like).',
  },
  'role.write': {
    title: 'it may write the destination',
    why: 'S3 cannot write replicas (DstPutObjectNotPermitted, DstDelObjNotPermitted).',
  },
  'role.tags': {
    title: 'it may take tags along',
    why: 'Without the grants S3 replicates the object, leaves its tags behind, and says nothing.',
  },
  'role.locks': {
    title: 'it may take retention and legal holds along',
    why: 'Without the grants replicas are not locked as their originals are, or are refused.',
  },
  'role.kms': {
    title: 'it may use the keys of both sides',
    why: 'S3 cannot decrypt the object or encrypt the replica (SrcKmsKeyInvalidState, DstKmsKeyNotFound and their like).',
  },
  'role.boundary': {
    title: 'no permissions boundary stands over it',
    why: 'A boundary may take away what its policies grant, and is not evaluated here.',
  },
  'batch.bucket': {
    title: 'the bucket of redrive.batch is there, in the source’s region',
    why: 'S3 Batch Replication takes its manifest from there, so that nothing that failed can be driven again.',
    quick: true,
  },
  'batch.role': {
    title: 'the role of redrive.batch is there, is trusted, and may replicate',
    why: 'S3 Batch Operations works under it: without it nothing that failed can be driven again.',
  },
  'notifications.created': {
    title: 'writes reach an intake queue, from both sides',
    why: 'A write that nobody tells of is found by the next audit only. Of replicas looks find out what their events would have told.',
    quick: true,
  },
  'notifications.removed': {
    title: 'deletes and delete markers reach an intake queue',
    why: 'A delete marker that nobody tells of is found by the next audit only, and a replica that is deleted for good is not noticed.',
    quick: true,
  },
  'notifications.lifecycle': {
    title: 'what the lifecycle removes reaches an intake queue',
    why: 'A version that the lifecycle took is looked for in vain, and a lifecycle that is too eager is not noticed.',
    quick: true,
  },
  'notifications.replication': {
    title: "S3's own word on replication reaches an intake queue",
    why: 'A failure is named by S3 in an event of its own. Without it, it shows when the version is late.',
    quick: true,
  },
  'queue.exists': {
    title: 'the intake queue is there',
    why: 'Events that are sent to a queue that is gone are lost.',
    quick: true,
  },
  'queue.policy': {
    title: 'its policy lets the buckets and topics send that should',
    why: 'S3 and SNS drop what they may not send, and tell nobody.',
    quick: true,
  },
  'queue.encryption': {
    title: 'S3 and SNS may use its key',
    why: "They drop what they cannot encrypt. The key policy of AWS' own key for SQS lets neither use it.",
    quick: true,
  },
  'queue.visibility': {
    title: 'its visibility timeout is longer than a batch takes',
    why: 'Messages come back while they are still being worked on, count as received again, and walk into the dead-letter queue.',
    quick: true,
  },
  'queue.retention': {
    title: 'it keeps messages for four days or more',
    why: 'SQS is the buffer while Landfall or its Redis is down: what expires is lost, and found by the next audit only.',
    quick: true,
  },
  'queue.dead-letters': {
    title: 'it has a dead-letter queue, which is there',
    why: 'A message that cannot be read circles until it expires, and is lost.',
    quick: true,
  },
  'queue.max-receive': {
    title: 'messages are parked after ten receptions or more',
    why: 'A short outage of Redis or a few restarts would walk good messages into the dead-letter queue.',
    quick: true,
  },
  'queue.dead-letter-retention': {
    title: 'the dead-letter queue keeps longer than the intake queue',
    why: 'A parked message keeps its first time: it may expire the moment it is parked.',
    quick: true,
  },
} as const satisfies Record<string, CheckRow>

const all = { ...rows, ...MACHINE_CHECKS }

export type CheckId = keyof typeof all
export const CHECKS: Readonly<Record<CheckId, CheckRow>> = all
export const CHECK_IDS = Object.keys(all) as readonly CheckId[]
