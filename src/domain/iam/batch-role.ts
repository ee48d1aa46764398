/**
 * The role that S3 Batch Operations assumes for `redrive.batch`: whom it trusts and what it may. Pure (S3 user guide,
 * "Configuring an IAM role for S3 Batch Replication", manifests that one brings oneself).
 */
import { bucketArn, documentOf, listed, objectsArn, type PolicyDocument } from './document.ts'

/** One pair's. All sources of one role are of one account. */
export interface BatchPair {
  readonly source: { readonly bucket: string }
  readonly batch: { readonly bucket: string; readonly prefix: string }
}

/** For jobs of this account alone (IAM user guide, "The confused deputy problem"). */
export function batchTrust(accountId: string): PolicyDocument {
  return documentOf([
    {
      Sid: 'BatchOperationsReplicate',
      Effect: 'Allow',
      Principal: { Service: 'batchoperations.s3.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    },
  ])
}

/** The replication itself goes by the rule and its own role: this one only begins it, reads manifests and writes reports. */
export function batchPermissions(pairs: readonly BatchPair[]): PolicyDocument {
  const sources = pairs.map(({ source }) => source.bucket)
  return documentOf([
    {
      Sid: 'BeginReplication',
      Effect: 'Allow',
      Action: 's3:InitiateReplication',
      Resource: listed(sources.map((bucket) => objectsArn(bucket))),
    },
    {
      Sid: 'ReadRules',
      Effect: 'Allow',
      Action: 's3:GetReplicationConfiguration',
      Resource: listed(sources.map(bucketArn)),
    },
    {
      Sid: 'ReadManifestsWriteReports',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
      Resource: listed(pairs.map(({ batch }) => objectsArn(batch.bucket, batch.prefix))),
    },
  ])
}
