/** Keys about how `landfall init` sets things up. */
import { z } from 'zod'
import { OWNER_TAGS } from '../domain/setup/owned.ts'
import { roleArn } from './schema-parts.ts'

/** API reference, "Destination": classes that S3 replicates into at once. */
const STORAGE_CLASSES = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const

const kmsKey = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
    'is no ARN of a key (arn:aws:kms:<region>:<account>:key/<id>)',
  )

export const serviceSetupSchema = z.strictObject({
  ownerTags: z
    .array(z.string().regex(/^[^=]+=.*$/, 'must be key=value; * and ? match anything'))
    .default([...OWNER_TAGS])
    .describe('Tags (key=value, with * and ?) of what another tool owns, which is then left to that tool.'),
  subscribe: z
    .boolean()
    .default(false)
    .describe("Subscribe the intake queue to SNS topics that take a bucket's events already."),
})

export const pairSetupSchema = z.strictObject({
  timeControl: z
    .boolean()
    .default(true)
    .describe('Replication Time Control (15 minutes, its own events; billed by the GB) on the rule.'),
  replicationRole: roleArn
    .optional()
    .describe("The role that S3 replicates under; landfall-replication of the source's account where absent."),
  storageClass: z
    .enum(STORAGE_CLASSES)
    .optional()
    .describe("The replicas' storage class; the object's own where absent."),
  kms: z
    .strictObject({
      sourceKeys: z.array(kmsKey).min(1).describe('Keys that objects are encrypted under at the source.'),
      replicaKey: kmsKey.describe("The key of the replicas, of the destination's region."),
    })
    .optional()
    .describe('Replicate objects under KMS keys too.'),
})
