/**
 * Rules of one source. S3 replaces the configuration whole, so it is read raw and written back with one thing more: what
 * this version of Landfall does not know of a rule is kept all the same.
 *
 * Source: Amazon S3 API reference, PutBucketReplication; user guide, "Replication configuration file elements".
 */
import {
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  type Destination,
  type ReplicationConfiguration,
  type ReplicationRule,
} from '@aws-sdk/client-s3'
import { attempt } from '../../domain/aws-errors.ts'
import type { NewRule } from '../../domain/setup/change.ts'
import type { SetupBucket } from '../../domain/setup/estate.ts'
import { RTC_MINUTES } from '../../domain/setup/plan-replication.ts'
import { during, reading } from './bucket.ts'
import type { SetupAws, StepOf } from './deps.ts'

const THRESHOLD = { Minutes: RTC_MINUTES }

export async function addRule(aws: SetupAws, { at, role, rule }: StepOf<'addRule'>): Promise<void> {
  const standing = await read(aws, at)
  await write(aws, at, {
    Role: standing?.Role ?? role,
    Rules: [...(standing?.Rules ?? []), sdkRule(rule)],
  })
}

export async function switchRule(aws: SetupAws, { at, rule, switches }: StepOf<'switchRule'>): Promise<void> {
  const standing = await read(aws, at)
  const turned = (one: ReplicationRule): ReplicationRule => ({
    ...one,
    ...(switches.enabled && { Status: 'Enabled' as const }),
    ...(switches.whole && { Filter: { Prefix: '' } }),
    ...(switches.deleteMarkers && { DeleteMarkerReplication: { Status: 'Enabled' as const } }),
    Destination: told(one.Destination!, switches),
  })
  await write(aws, at, {
    Role: standing?.Role,
    Rules: (standing?.Rules ?? []).map((one) => (one.ID === rule ? turned(one) : one)),
  })
}

/** A rule of version 1 replicates the delete markers that users make: one of version 2 only when told to. */
export async function migrateRules(aws: SetupAws, { at, timeControl }: StepOf<'migrateRules'>): Promise<void> {
  const standing = await read(aws, at)
  const rules = standing?.Rules ?? []
  const migrate = (one: ReplicationRule, i: number): ReplicationRule => {
    if (one.Filter !== undefined) return one
    // oxlint-disable-next-line no-deprecated
    const { Prefix, ...rest } = one
    return {
      ...rest,
      Priority: i + 1,
      Filter: { Prefix: Prefix ?? '' },
      DeleteMarkerReplication: { Status: 'Enabled' },
      Destination: told(one.Destination!, timeControl ? { metrics: true, timeControl: true } : { metrics: true }),
    }
  }
  await write(aws, at, { Role: standing?.Role, Rules: rules.map(migrate) })
}

/** Without metrics on the rule no failure event is ever sent; time control asks for metrics with its threshold. */
function told(to: Destination, { metrics, timeControl }: { metrics?: true; timeControl?: true }): Destination {
  if (timeControl) {
    return {
      ...to,
      Metrics: { Status: 'Enabled', EventThreshold: THRESHOLD },
      ReplicationTime: { Status: 'Enabled', Time: THRESHOLD },
    }
  }
  return metrics ? { ...to, Metrics: { ...to.Metrics, Status: 'Enabled' } } : to
}

export function sdkRule(rule: NewRule): ReplicationRule {
  const to: Destination = {
    Bucket: `arn:aws:s3:::${rule.destination}`,
    ...(rule.storageClass !== undefined && {
      StorageClass: rule.storageClass as NonNullable<Destination['StorageClass']>,
    }),
    ...(rule.owner !== undefined && {
      Account: rule.owner,
      AccessControlTranslation: { Owner: 'Destination' as const },
    }),
    ...(rule.replicaKmsKey !== undefined && { EncryptionConfiguration: { ReplicaKmsKeyID: rule.replicaKmsKey } }),
  }
  const base: ReplicationRule = {
    ID: rule.id,
    Status: 'Enabled',
    ...(rule.sseKmsObjects && { SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } } }),
    Destination: to,
  }
  if (rule.schema === 1) return { ...base, Prefix: rule.prefix }
  return {
    ...base,
    Priority: rule.priority,
    Filter: { Prefix: rule.prefix },
    DeleteMarkerReplication: { Status: rule.deleteMarkers ? 'Enabled' : 'Disabled' },
    Destination: told(to, {
      ...(rule.metrics && { metrics: true }),
      ...(rule.timeControlMinutes !== undefined && { timeControl: true }),
    }),
  }
}

async function read({ s3 }: SetupAws, at: SetupBucket): Promise<ReplicationConfiguration | undefined> {
  const none = 'ReplicationConfigurationNotFoundError'
  return reading(during(at, 'GetReplicationConfiguration'), none, async () => {
    const found = await s3(at).send(new GetBucketReplicationCommand({ Bucket: at.bucket }))
    return found.ReplicationConfiguration
  })
}

async function write({ s3 }: SetupAws, at: SetupBucket, to: ReplicationConfiguration): Promise<void> {
  const command = new PutBucketReplicationCommand({ Bucket: at.bucket, ReplicationConfiguration: to })
  await attempt(during(at, 'PutReplicationConfiguration'), () => s3(at).send(command))
}
