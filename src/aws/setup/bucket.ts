/**
 * One bucket's own parts. Each is asked for alone, and what S3 replaces whole is read first and kept.
 *
 * Source: Amazon S3 API reference, CreateBucket, PutBucketVersioning, PutBucketEncryption, PutPublicAccessBlock,
 * PutBucketOwnershipControls, PutBucketPolicy, PutBucketLifecycleConfiguration.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { attempt, awsError, nameOf, type During } from '../../domain/aws-errors.ts'
import { LandfallError } from '../../domain/errors.ts'
import type { SetupBucket } from '../../domain/setup/estate.ts'
import type { NewLifecycleRule } from '../../domain/setup/change.ts'
import { policyOf } from '../observe/look.ts'
import type { SetupAws, StepOf } from './deps.ts'

export function during({ bucket, region }: SetupBucket, action: string): During {
  return { action: `s3:${action}`, resource: bucket, region }
}

/** The SDK itself names the client's region as the bucket's. Throws NAME_TAKEN where another account has the name. */
export async function createBucket({ s3 }: SetupAws, { at, objectLock }: StepOf<'createBucket'>): Promise<void> {
  try {
    await s3(at).send(
      new CreateBucketCommand({ Bucket: at.bucket, ...(objectLock && { ObjectLockEnabledForBucket: true }) }),
    )
  } catch (error) {
    // Somebody made it since the plan: ours all the same.
    if (nameOf(error) === 'BucketAlreadyOwnedByYou') return
    if (nameOf(error) !== 'BucketAlreadyExists') throw awsError(error, during(at, 'CreateBucket'))
    throw new LandfallError('NAME_TAKEN', `the bucket name ${at.bucket} is taken by another account`, {
      cause: error,
      hint: 'Bucket names are global: check the name, and the account that the configuration gives it.',
    })
  }
}

export async function enableVersioning({ s3 }: SetupAws, { at }: StepOf<'enableVersioning'>): Promise<void> {
  const command = new PutBucketVersioningCommand({
    Bucket: at.bucket,
    VersioningConfiguration: { Status: 'Enabled' },
  })
  await attempt(during(at, 'PutBucketVersioning'), () => s3(at).send(command))
}

export async function setEncryption({ s3 }: SetupAws, { at, encryption }: StepOf<'setEncryption'>): Promise<void> {
  const command = new PutBucketEncryptionCommand({
    Bucket: at.bucket,
    ServerSideEncryptionConfiguration: {
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: {
            SSEAlgorithm: encryption.algorithm,
            ...(encryption.kmsKey !== undefined && { KMSMasterKeyID: encryption.kmsKey }),
          },
          ...(encryption.bucketKey && { BucketKeyEnabled: true }),
        },
      ],
    },
  })
  await attempt(during(at, 'PutEncryptionConfiguration'), () => s3(at).send(command))
}

export async function blockPublicAccess({ s3 }: SetupAws, { at, block }: StepOf<'blockPublicAccess'>): Promise<void> {
  const command = new PutPublicAccessBlockCommand({
    Bucket: at.bucket,
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: block.blockAcls,
      IgnorePublicAcls: block.ignoreAcls,
      BlockPublicPolicy: block.blockPolicy,
      RestrictPublicBuckets: block.restrictBuckets,
    },
  })
  await attempt(during(at, 'PutBucketPublicAccessBlock'), () => s3(at).send(command))
}

export async function enforceOwner({ s3 }: SetupAws, { at }: StepOf<'enforceOwner'>): Promise<void> {
  const command = new PutBucketOwnershipControlsCommand({
    Bucket: at.bucket,
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  })
  await attempt(during(at, 'PutBucketOwnershipControls'), () => s3(at).send(command))
}

/** A role that was made a moment ago is not known everywhere yet, and S3 refuses a policy that names an unknown one. */
const ROLE_SEEN_MS = [1000, 2000, 4000, 8000, 8000]

export async function addBucketStatements(
  { s3 }: SetupAws,
  { at, statements }: StepOf<'addBucketStatements'>,
): Promise<void> {
  const Bucket = at.bucket
  const standing = await reading(during(at, 'GetBucketPolicy'), 'NoSuchBucketPolicy', async () => {
    const { Policy } = await s3(at).send(new GetBucketPolicyCommand({ Bucket }))
    return Policy === undefined ? undefined : policyOf(Policy)
  })
  const before = standing?.Statement ?? []
  const taken = new Set(before.map(({ Sid }) => Sid))
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    ...standing,
    Statement: [...before, ...statements.map((one) => ({ ...one, Sid: freeSid(one.Sid, taken) }))],
  })
  for (const pause of [...ROLE_SEEN_MS, undefined]) {
    try {
      await s3(at).send(new PutBucketPolicyCommand({ Bucket, Policy }))
      return
    } catch (error) {
      const unknownRole = nameOf(error) === 'MalformedPolicy' && /principal/i.test(String(error))
      if (!unknownRole || pause === undefined) throw awsError(error, during(at, 'PutBucketPolicy'))
      await sleep(pause)
    }
  }
}

function freeSid(sid: string | undefined, taken: Set<string | undefined>): string | undefined {
  let free = sid
  for (let i = 2; free !== undefined && taken.has(free); i += 1) free = `${sid}${i}`
  taken.add(free)
  return free
}

export async function addLifecycleRules({ s3 }: SetupAws, { at, rules }: StepOf<'addLifecycleRules'>): Promise<void> {
  const Bucket = at.bucket
  const standing = await reading(during(at, 'GetLifecycleConfiguration'), 'NoSuchLifecycleConfiguration', async () => {
    const { Rules, TransitionDefaultMinimumObjectSize } = await s3(at).send(
      new GetBucketLifecycleConfigurationCommand({ Bucket }),
    )
    return { Rules, TransitionDefaultMinimumObjectSize }
  })
  const command = new PutBucketLifecycleConfigurationCommand({
    Bucket,
    ...(standing?.TransitionDefaultMinimumObjectSize !== undefined && {
      TransitionDefaultMinimumObjectSize: standing.TransitionDefaultMinimumObjectSize,
    }),
    LifecycleConfiguration: { Rules: [...(standing?.Rules ?? []), ...rules.map(lifecycleRule)] },
  })
  await attempt(during(at, 'PutLifecycleConfiguration'), () => s3(at).send(command))
}

function lifecycleRule({ id, abortUploadsDays, noncurrentDays }: NewLifecycleRule): LifecycleRule {
  return {
    ID: id,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    ...(abortUploadsDays !== undefined && {
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploadsDays },
    }),
    ...(noncurrentDays !== undefined && { NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays } }),
  }
}

/** Undefined where AWS says that there is none. */
export async function reading<T>(at: During, none: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (nameOf(error) === none) return undefined
    throw awsError(error, at)
  }
}
