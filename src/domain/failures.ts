/**
 * Why a version did not land: S3's reasons (S3 user guide, "Replication failure reasons") and Landfall's own, what each
 * means for the pair, and what a person does about it.
 */

/**
 * - `setup`: a grant, bucket or key is wrong; a person mends it, and then everything it hit is driven again
 * - `object`: this version alone
 * - `excluded`: S3 says the version is no matter of replication; believed only when a look at the source agrees
 * - `look-again`: no failure; what it says must show in the next look
 */
export type FailureClass = 'setup' | 'object' | 'excluded' | 'look-again'

export interface Failure {
  readonly class: FailureClass
  /** Who says so: S3 (an event's `failureReason`), or Landfall after its own looks. */
  readonly by: 's3' | 'landfall'
  /** What the operator does next. */
  readonly hint: string
}

type Row = readonly [FailureClass, string]

const role = (action: string, where: 'source' | 'destination'): Row => [
  'setup',
  `Grant the replication role ${action} on the ${where} bucket; then re-drive.`,
]

const S3_REASONS: Readonly<Record<string, Row>> = {
  AssumeRoleNotPermitted: [
    'setup',
    'S3 may not assume the replication role: check its trust policy (s3.amazonaws.com).',
  ],
  DstBucketNotFound: ['setup', 'The destination bucket does not exist: check the rule, or create the bucket.'],
  DstBucketUnversioned: ['setup', 'Switch versioning on at the destination bucket.'],
  DstBucketInvalidRegion: ['setup', 'The destination bucket is in another region than the rule says.'],
  DstBucketObjectLockConfigMissing: [
    'setup',
    'The source has Object Lock and the destination has not: switch it on there.',
  ],
  DstKmsKeyNotFound: ['setup', "The destination's KMS key does not exist: check ReplicaKmsKeyID of the rule."],
  DstKmsKeyInvalidState: ['setup', "The destination's KMS key is disabled or pending deletion: enable it."],
  DstPutObjectNotPermitted: role('s3:ReplicateObject', 'destination'),
  DstPutAclNotPermitted: role('s3:PutObjectAcl', 'destination'),
  DstPutTaggingNotPermitted: role('s3:ReplicateTags', 'destination'),
  DstDelObjNotPermitted: role('s3:ReplicateDelete', 'destination'),
  DstMultipartInitNotPermitted: role('s3:ReplicateObject (multipart uploads)', 'destination'),
  DstMultipartUploadNotPermitted: role('s3:ReplicateObject (multipart parts)', 'destination'),
  DstMultipartCompleteNotPermitted: role('s3:ReplicateObject (multipart completion)', 'destination'),
  DstPutRetentionNotPermitted: role('s3:PutObjectRetention', 'destination'),
  DstPutLegalHoldNotPermitted: role('s3:PutObjectLegalHold', 'destination'),
  InitiateReplicationNotPermitted: role('s3:InitiateReplication', 'source'),
  SrcBucketNotFound: ['setup', 'The source bucket does not exist any more.'],
  SrcBucketInvalidRegion: ['setup', 'The source bucket is in another region than S3 was told.'],
  SrcBucketReplicationConfigMissing: ['setup', 'The source bucket has lost its replication configuration: restore it.'],
  SrcGetObjectNotPermitted: role('s3:GetObjectVersionForReplication', 'source'),
  SrcHeadObjectNotPermitted: role('s3:GetObjectVersionForReplication', 'source'),
  SrcGetAclNotPermitted: role('s3:GetObjectVersionAcl', 'source'),
  SrcGetTaggingNotPermitted: role('s3:GetObjectVersionTagging', 'source'),
  SrcGetRetentionNotPermitted: role('s3:GetObjectRetention', 'source'),
  SrcGetLegalHoldNotPermitted: role('s3:GetObjectLegalHold', 'source'),
  SrcKmsKeyInvalidState: ['setup', "The source's KMS key is disabled or pending deletion: enable it."],
  DstObjectHardDeleted: [
    'object',
    'The replica was deleted for good: only a copy in place at the source brings it back.',
  ],
  DstVersionNotFound: ['object', 'A change of metadata found no replica: re-drive the version.'],
  SrcKeyNotFound: ['object', 'The source has no such key any more.'],
  SrcObjectNotFound: ['object', 'The source has no such object any more.'],
  SrcVersionNotFound: ['object', 'The source has no such version any more.'],
  SrcObjectNotEligible: [
    'excluded',
    'S3 does not replicate this object; if it should, compare the rule with the object.',
  ],
  SrcReplicationNotPending: [
    'look-again',
    'S3 says it is replicated already: it is looked at again. If the destination still does not show it, order a re-drive.',
  ],
}

const OWN_REASONS = {
  ReplicationFailed: [
    'object',
    'S3 marks the version FAILED, and its reason did not come: a rule without metrics sends none, and a notification may be missing. `landfall doctor` looks at both, at the role and at the bucket policies; then re-drive.',
  ],
  PendingTooLong: [
    'look-again',
    'S3 still says PENDING and resumes by itself: never re-drive. Check the destination region and bucket.',
  ],
  ReplicaMissing: [
    'object',
    'The source counts as replicated, and the destination has no such version: somebody deleted it there, or never got it. Re-drive.',
  ],
  MarkerMissing: [
    'object',
    'The delete marker is not at the destination. Does the rule replicate delete markers (V2 rules only when told to)? If not, set deleteMarkers: false.',
  ],
  StatusUnknown: [
    'setup',
    "The version is not at the destination, and no look could tell its replication status. Grant s3:GetObjectVersion at the source for S3's own word.",
  ],
  LookFailed: [
    'look-again',
    'No look at the buckets succeeded in all this time: the log says what they fail with. It is looked at again.',
  ],
  LookRefused: ['setup', 'Landfall may not look: grant its role the action named in the reason.'],
  BatchRefused: [
    'setup',
    "S3 Batch Operations could not run the pair's job: check redrive.batch (docs/redrive-copies.md lists the grants of Landfall's role and of the job's).",
  ],
  CopyRefused: [
    'setup',
    "Landfall's own copies are refused: the log line of the incident names the grant or the bucket (docs/redrive-copies.md lists the grants).",
  ],
  SizeDiffers: [
    'object',
    'The replica has another size than the source, and nothing overwrites a replica: ask who wrote it, and write the object again at the source.',
  ],
  ChecksumDiffers: [
    'object',
    'The replica has another checksum than the source, and nothing overwrites a replica: ask who wrote it, and write the object again at the source.',
  ],
  KindDiffers: ['object', 'One side holds a delete marker and the other an object under this version id.'],
  ContentDiffers: [
    'object',
    'The destination has newer objects under this key, and none has the content of this version.',
  ],
  ContentUnproven: [
    'object',
    'The destination has an object of this size, and nothing to compare: neither ETags nor checksums match in kind. Let the tool that copies keep a checksum.',
  ],
} as const satisfies Record<string, Row>

/** The reasons that `decide()` gives. `LookRefused` is followed by the grant: `LookRefused s3:GetObjectVersion at source`. */
export type OwnReason = keyof typeof OWN_REASONS

const rows = (table: Readonly<Record<string, Row>>, by: Failure['by']): [string, Failure][] =>
  Object.entries(table).map(([name, [kind, hint]]) => [name, { class: kind, by, hint }])

/** Every known reason. A Map: reasons come from outside, and `constructor` is no reason. */
export const FAILURES: ReadonlyMap<string, Failure> = new Map([
  ...rows(S3_REASONS, 's3'),
  ...rows(OWN_REASONS, 'landfall'),
])

/** S3 will add reasons: they are tried once, then listed for a person. */
const UNKNOWN: Failure = {
  class: 'object',
  by: 's3',
  hint: 'S3 gives a reason that this Landfall does not know: see "Replication failure reasons" in the S3 user guide.',
}

/** Whether the table has it: `failureOf` takes others as S3's. */
export function isKnownReason(reason: string): boolean {
  return FAILURES.has(reason) || FAILURES.has(reason.split(' ', 1)[0]!)
}

/** What a recorded reason means. Never fails: an unknown one is taken as S3's word about this version. */
export function failureOf(reason: string): Failure {
  return FAILURES.get(reason) ?? FAILURES.get(reason.split(' ', 1)[0]!) ?? UNKNOWN
}
