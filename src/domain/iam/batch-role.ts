/**
 * The role that S3 Batch Operations assumes for `redrive.batch`: whom it trusts and what it may. Pure (S3 user guide,
 * "Configuring an IAM role for S3 Batch Replication", "Granting permissions for Batch Operations").
 */
import { bucketArn, documentOf, listed, objectsArn, type PolicyDocument } from './document.ts'

/** One pair's. All sources of one role are of one account. */
export interface BatchPair {
  readonly source: { readonly bucket: string }
  /** Where manifests and reports are. */
  readonly batch: { readonly bucket: string; readonly prefix: string }
  /** S3 makes the manifest itself, by the rule, for objects from before it; absent: Landfall brings its own. */
  readonly generated?: boolean | undefined
}

/**
 * Without a condition on `aws:SourceAccount`: no page of AWS says that S3 Batch Operations gives one, and a job whose role cannot
 * be assumed fails. Who may hand the role on is what `iam:PassRole` says.
 */
export function batchTrust(): PolicyDocument {
  return documentOf([
    {
      Sid: 'BatchOperationsReplicate',
      Effect: 'Allow',
      Principal: { Service: 'batchoperations.s3.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ])
}

/** The replication itself goes by the rule and its own role: this one only begins it, reads manifests and writes reports. */
export function batchPermissions(pairs: readonly BatchPair[]): PolicyDocument {
  const generated = pairs.filter((pair) => pair.generated === true)
  return documentOf([
    {
      Sid: 'BeginReplication',
      Effect: 'Allow',
      Action: 's3:InitiateReplication',
      Resource: listed(pairs.map(({ source }) => objectsArn(source.bucket))),
    },
    {
      Sid: 'ReadManifestsWriteReports',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
      Resource: listed(pairs.map(({ batch }) => objectsArn(batch.bucket, batch.prefix))),
    },
    ...(generated.length === 0
      ? []
      : [
          {
            Sid: 'MakeManifests',
            Effect: 'Allow' as const,
            Action: ['s3:GetReplicationConfiguration', 's3:PutInventoryConfiguration'],
            Resource: listed(generated.map(({ source }) => bucketArn(source.bucket))),
          },
        ]),
  ])
}
