/**
 * The role that S3 replicates under: whom it trusts, what it may, and what the destination's bucket policy says where that is
 * another account's. Pure (S3 user guide, "Setting up permissions for live replication", "Replicating encrypted objects").
 */
import { bucketArn, documentOf, listed, objectsArn, type PolicyDocument, type Statement } from './document.ts'

export interface ReplicationSide {
  readonly bucket: string
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
}

/** What one pair's rules ask of the role. All sources of one role are of one account. */
export interface ReplicationPair {
  readonly source: ReplicationSide
  readonly destination: ReplicationSide
  /** Tags follow; without the grants S3 leaves them behind, and says nothing. */
  readonly tags: boolean
  /** Object Lock: retention and legal holds follow. */
  readonly lock: boolean
  readonly deleteMarkers: boolean
  /** The rule hands replicas to the destination's account. */
  readonly ownerOverride?: boolean | undefined
  /** Where the rule replicates objects under KMS keys: ARNs of the sources' keys, and of the replicas'. */
  readonly kms?: { readonly sourceKeys: readonly string[]; readonly replicaKey: string } | undefined
}

/** The name that Landfall gives the role of an account where none stands. */
export const REPLICATION_ROLE = 'landfall-replication'

/**
 * S3 alone, and for buckets of this account alone, where S3 says for which. No page of AWS says that replication gives
 * `aws:SourceAccount`: a condition that insists on it might fail every object (AssumeRoleNotPermitted). A stranger's bucket
 * could not name the role anyway: `iam:PassRole` passes none to another account.
 */
export function replicationTrust(accountId: string): PolicyDocument {
  return documentOf([
    {
      Sid: 'S3Replicates',
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEqualsIfExists: { 'aws:SourceAccount': accountId } },
    },
  ])
}

/** What the role of one source account may, for all its pairs. */
export function replicationPermissions(pairs: readonly ReplicationPair[]): PolicyDocument {
  return documentOf(replicationStatements(pairs))
}

export function replicationStatements(pairs: readonly ReplicationPair[]): readonly Statement[] {
  return [
    {
      Sid: 'ReadRules',
      Effect: 'Allow',
      Action: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
      Resource: listed(pairs.map(({ source }) => bucketArn(source.bucket))),
    },
    ...bySameActions('ReadSource', pairs, sourceActions, ({ source }) => objectsArn(source.bucket)),
    ...bySameActions('WriteReplica', pairs, replicaActions, ({ destination }) => objectsArn(destination.bucket)),
    ...pairs.flatMap(kmsStatements),
  ]
}

/** What the destination's bucket policy must say where its account is not the source's; none where it is the same. */
export function replicaBucketStatements(pair: ReplicationPair, roleArn: string): readonly Statement[] {
  if (pair.source.accountId === pair.destination.accountId) return []
  return [
    {
      Sid: 'LandfallReplicas',
      Effect: 'Allow',
      Principal: { AWS: roleArn },
      Action: replicaActions(pair),
      Resource: objectsArn(pair.destination.bucket),
    },
  ]
}

function sourceActions({ tags, lock }: ReplicationPair): readonly string[] {
  return [
    's3:GetObjectVersionForReplication',
    's3:GetObjectVersionAcl',
    ...(tags ? ['s3:GetObjectVersionTagging'] : []),
    ...(lock ? ['s3:GetObjectRetention', 's3:GetObjectLegalHold'] : []),
  ]
}

function replicaActions({ tags, deleteMarkers, ownerOverride }: ReplicationPair): readonly string[] {
  return [
    's3:ReplicateObject',
    ...(deleteMarkers ? ['s3:ReplicateDelete'] : []),
    ...(tags ? ['s3:ReplicateTags'] : []),
    ...(ownerOverride === true ? ['s3:ObjectOwnerOverrideToBucketOwner'] : []),
  ]
}

/** Pairs that need the same are one statement: nine pairs fit where nine statements would not. */
function bySameActions(
  sid: string,
  pairs: readonly ReplicationPair[],
  actionsOf: (pair: ReplicationPair) => readonly string[],
  resourceOf: (pair: ReplicationPair) => string,
): readonly Statement[] {
  const groups = Map.groupBy(pairs, (pair) => actionsOf(pair).join(' '))
  return [...groups.values()].map((group, i) => ({
    Sid: `${sid}${i === 0 ? '' : i + 1}`,
    Effect: 'Allow',
    Action: actionsOf(group[0]!),
    Resource: listed(group.map(resourceOf)),
  }))
}

/**
 * Keys for S3 alone, and for these buckets alone. Under an S3 Bucket Key the encryption context names the bucket, else the
 * object.
 */
function kmsStatements({ source, destination, kms }: ReplicationPair, i: number): readonly Statement[] {
  if (kms === undefined) return []
  const by = (side: ReplicationSide) => ({
    StringLike: {
      'kms:ViaService': `s3.${side.region}.amazonaws.com`,
      'kms:EncryptionContext:aws:s3:arn': [bucketArn(side.bucket), objectsArn(side.bucket)],
    },
  })
  return [
    {
      Sid: `DecryptSource${i + 1}`,
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: listed(kms.sourceKeys),
      Condition: by(source),
    },
    {
      Sid: `EncryptReplica${i + 1}`,
      Effect: 'Allow',
      Action: ['kms:Encrypt', 'kms:GenerateDataKey'],
      Resource: kms.replicaKey,
      Condition: by(destination),
    },
  ]
}
