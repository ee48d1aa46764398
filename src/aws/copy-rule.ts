/**
 * What the replication rule says of a replica beside its content: storage class and KMS key; and whether the destination
 * encrypts by KMS by itself. Read at most every ten minutes.
 *
 * Source: Amazon S3 API reference, GetBucketReplication, GetBucketEncryption.
 */
import {
  GetBucketEncryptionCommand,
  GetBucketReplicationCommand,
  type HeadObjectCommandOutput,
  type ReplicationRule,
} from '@aws-sdk/client-s3'
import type { Pair } from '../config/estate.ts'
import { awsError, nameOf } from '../domain/aws-errors.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { Clock } from '../ports.ts'
import type { Aws } from './clients.ts'
import type { Encryption } from './copy-attributes.ts'
import { Stopped } from './copy-stops.ts'

export interface ReplicaSettings {
  readonly storageClass?: string | undefined
  readonly encryption: Encryption
}

export type SettingsFor = (pair: Pair, key: string, head: HeadObjectCommandOutput) => Promise<ReplicaSettings>

const KEPT_MS = 600_000

export function makeReplicaSettings({
  aws,
  clock,
}: {
  readonly aws: Pick<Aws, 's3'>
  readonly clock: Clock
}): SettingsFor {
  const kept = new Map<string, { readonly until: number; readonly value: Promise<unknown> }>()

  async function cached<T>(name: string, read: () => Promise<T>): Promise<T> {
    const found = kept.get(name)
    // What is kept under a name is what its one reader gave.
    if (found !== undefined && found.until > clock.now()) return found.value as Promise<T>
    const value = read()
    kept.set(name, { until: clock.now() + KEPT_MS, value })
    value.catch(() => kept.delete(name))
    return value
  }

  return async (pair, key, head) => {
    const rules = await cached(`rules ${pair.name}`, () => rulesOf(aws, pair))
    const rule = ruleFor(rules, pair.destination.bucket, key)
    const storageClass = rule?.Destination?.StorageClass
    const { ServerSideEncryption: sse } = head
    if (sse?.startsWith('aws:kms') !== true) return { storageClass, encryption: {} }
    const kmsKey = rule?.Destination?.EncryptionConfiguration?.ReplicaKmsKeyID
    if (kmsKey !== undefined) return { storageClass, encryption: { ServerSideEncryption: sse, SSEKMSKeyId: kmsKey } }
    // Without a key of the rule's the destination's own default encrypts; a weaker one would be a leak in silence.
    const byDefault = await cached(`encryption ${pair.name}`, () => encryptsByKms(aws, pair))
    if (!byDefault) throw new Stopped('it is encrypted by KMS, and neither the rule nor the destination names a key')
    return { storageClass, encryption: {} }
  }
}

/** None where there are none, or where we may not read them: replicas then are as the source's objects. */
async function rulesOf(aws: Pick<Aws, 's3'>, { source }: Pair): Promise<readonly ReplicationRule[]> {
  try {
    const answer = await aws.s3(source).send(new GetBucketReplicationCommand({ Bucket: source.bucket }))
    return answer.ReplicationConfiguration?.Rules ?? []
  } catch (error) {
    if (nameOf(error) === 'ReplicationConfigurationNotFoundError') return []
    const during = { action: 's3:GetReplicationConfiguration', resource: source.bucket, region: source.region }
    return orUnknown(awsError(error, during), [])
  }
}

async function encryptsByKms(aws: Pick<Aws, 's3'>, { destination }: Pair): Promise<boolean> {
  try {
    const answer = await aws.s3(destination).send(new GetBucketEncryptionCommand({ Bucket: destination.bucket }))
    const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? []
    return rules.some((rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm?.startsWith('aws:kms') === true)
  } catch (error) {
    const { bucket, region } = destination
    return orUnknown(awsError(error, { action: 's3:GetEncryptionConfiguration', resource: bucket, region }), false)
  }
}

function orUnknown<T>(error: Error, unknown: T): T {
  if (isLandfallError(error) && error.code === 'ACCESS_DENIED') return unknown
  throw error
}

/** Rules to this destination whose prefix fits, the highest priority first. Tags are not looked at: they choose, they do not change a replica. */
function ruleFor(rules: readonly ReplicationRule[], bucket: string, key: string): ReplicationRule | undefined {
  return rules
    .filter((rule) => rule.Status === 'Enabled' && rule.Destination?.Bucket?.endsWith(`:::${bucket}`) === true)
    .filter((rule) => key.startsWith(rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? ''))
    .toSorted((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0))[0]
}
