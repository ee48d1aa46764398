/**
 * What stands of one bucket.
 *
 * Source: Amazon S3 API reference, HeadBucket and the `GetBucket...` actions; their permissions are named as IAM has them
 * (service authorization reference, "Actions defined by Amazon S3").
 */
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { attempt, headerOf, statusOf } from '../../domain/aws-errors.ts'
import { isLandfallError } from '../../domain/errors.ts'
import type { SetupBucket } from '../../domain/setup/estate.ts'
import type { SeenBucket, Seen } from '../../domain/setup/observed.ts'
import type { Aws } from '../clients.ts'
import {
  encryptionOf,
  lifecycleOf,
  notificationsOf,
  objectLockOf,
  publicAccessOf,
  replicationOf,
  versioningOf,
} from './bucket-words.ts'
import { ABSENT, type Bounded, faultOf, look, policyOf, there } from './look.ts'

export async function observeBucket(aws: Pick<Aws, 's3'>, place: SetupBucket, run: Bounded): Promise<SeenBucket> {
  const { bucket, account } = place
  const stands = await run(() => standing(aws.s3(place), place))
  // Where it really is: in another region than configured each look would be a redirect.
  const region = stands.is === 'there' ? stands.value.region : place.region
  const at = { bucket, region: place.region, account, stands }
  if (stands.is === 'absent') return { ...at, ...NOTHING }
  const s3 = aws.s3({ account, region })
  const ask = <T>(action: string, none: readonly string[], of: () => Promise<T | undefined>): Promise<Seen<T>> =>
    run(() => look({ action: `s3:${action}`, resource: bucket, region, none: [...none, 'NoSuchBucket'], ask: of }))
  const Bucket = bucket
  const [
    versioning,
    encryption,
    publicAccess,
    ownership,
    policy,
    lifecycle,
    replication,
    notifications,
    objectLock,
    tags,
  ] = await Promise.all([
    ask('GetBucketVersioning', [], async () => versioningOf(await s3.send(new GetBucketVersioningCommand({ Bucket })))),
    ask('GetEncryptionConfiguration', ['ServerSideEncryptionConfigurationNotFoundError'], async () =>
      encryptionOf(await s3.send(new GetBucketEncryptionCommand({ Bucket }))),
    ),
    ask('GetBucketPublicAccessBlock', ['NoSuchPublicAccessBlockConfiguration'], async () =>
      publicAccessOf(await s3.send(new GetPublicAccessBlockCommand({ Bucket }))),
    ),
    ask('GetBucketOwnershipControls', ['OwnershipControlsNotFoundError'], async () => {
      const found = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))
      return found.OwnershipControls?.Rules?.[0]?.ObjectOwnership
    }),
    ask('GetBucketPolicy', ['NoSuchBucketPolicy'], async () => {
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }))
      return Policy === undefined ? undefined : policyOf(Policy)
    }),
    ask('GetLifecycleConfiguration', ['NoSuchLifecycleConfiguration'], async () =>
      lifecycleOf(await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))),
    ),
    ask('GetReplicationConfiguration', ['ReplicationConfigurationNotFoundError'], async () =>
      replicationOf(await s3.send(new GetBucketReplicationCommand({ Bucket }))),
    ),
    ask('GetBucketNotification', [], async () =>
      notificationsOf(await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))),
    ),
    ask('GetBucketObjectLockConfiguration', ['ObjectLockConfigurationNotFoundError'], async () =>
      objectLockOf(await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))),
    ),
    ask('GetBucketTagging', ['NoSuchTagSet'], async () => {
      const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket }))
      return Object.fromEntries((TagSet ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
    }),
  ])
  return {
    ...at,
    versioning,
    encryption,
    publicAccess,
    ownership,
    policy,
    lifecycle,
    replication,
    notifications,
    objectLock,
    tags,
  }
}

const NOTHING = {
  versioning: ABSENT,
  encryption: ABSENT,
  publicAccess: ABSENT,
  ownership: ABSENT,
  policy: ABSENT,
  lifecycle: ABSENT,
  replication: ABSENT,
  notifications: ABSENT,
  objectLock: ABSENT,
  tags: ABSENT,
} as const

/** S3 names the region of a bucket that is elsewhere in the header of its refusal. */
async function standing(s3: S3Client, { bucket, region }: SetupBucket): Promise<SeenBucket['stands']> {
  try {
    const found = await attempt({ action: 's3:ListBucket', resource: bucket, region }, () =>
      s3.send(new HeadBucketCommand({ Bucket: bucket })),
    )
    return there({ region: found.BucketRegion ?? region })
  } catch (error) {
    if (!isLandfallError(error)) throw error
    const status = statusOf(error.cause)
    if (status === 404) return ABSENT
    const elsewhere = headerOf(error.cause, 'x-amz-bucket-region')
    if (elsewhere !== undefined && (status === 301 || status === 400)) return there({ region: elsewhere })
    return { is: 'unknown', fault: faultOf(error) }
  }
}
