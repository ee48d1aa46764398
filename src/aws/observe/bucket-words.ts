/** From S3's answers about a bucket to what the domain calls them. Pure. Source: Amazon S3 API reference, data types. */
import type {
  GetBucketEncryptionCommandOutput,
  GetBucketLifecycleConfigurationCommandOutput,
  GetBucketNotificationConfigurationCommandOutput,
  GetBucketReplicationCommandOutput,
  GetBucketVersioningCommandOutput,
  GetObjectLockConfigurationCommandOutput,
  GetPublicAccessBlockCommandOutput,
  LambdaFunctionConfiguration,
  LifecycleRule,
  NotificationConfigurationFilter,
  QueueConfiguration,
  ReplicationRule,
  Tag,
  TopicConfiguration,
} from '@aws-sdk/client-s3'
import type {
  SeenEncryption,
  SeenLifecycleRule,
  SeenNotifications,
  SeenObjectLock,
  SeenPublicAccess,
  SeenReplication,
  SeenRule,
  SeenTarget,
  SeenVersioning,
} from '../../domain/setup/observed.ts'

/** Of any partition: `arn:aws-us-gov:s3:::name` too. */
const BUCKET_ARN = /^arn:[^:]*:s3:::/

type Answer<T> = Omit<T, '$metadata'>

export function versioningOf({ Status, MFADelete }: Answer<GetBucketVersioningCommandOutput>): SeenVersioning {
  return { status: Status ?? 'Off', mfaDelete: MFADelete === 'Enabled' }
}

export function encryptionOf(found: Answer<GetBucketEncryptionCommandOutput>): SeenEncryption | undefined {
  const [rule] = found.ServerSideEncryptionConfiguration?.Rules ?? []
  if (rule === undefined) return undefined
  const standard = rule.ApplyServerSideEncryptionByDefault
  return {
    algorithm: (standard?.SSEAlgorithm ?? 'AES256') as SeenEncryption['algorithm'],
    kmsKey: standard?.KMSMasterKeyID,
    bucketKey: rule.BucketKeyEnabled === true,
    blocksCustomerKeys: rule.BlockedEncryptionTypes?.EncryptionType?.includes('SSE-C') === true,
  }
}

export function publicAccessOf(found: Answer<GetPublicAccessBlockCommandOutput>): SeenPublicAccess {
  const said = found.PublicAccessBlockConfiguration
  return {
    blockAcls: said?.BlockPublicAcls === true,
    ignoreAcls: said?.IgnorePublicAcls === true,
    blockPolicy: said?.BlockPublicPolicy === true,
    restrictBuckets: said?.RestrictPublicBuckets === true,
  }
}

export function objectLockOf(found: Answer<GetObjectLockConfigurationCommandOutput>): SeenObjectLock | undefined {
  const said = found.ObjectLockConfiguration
  if (said?.ObjectLockEnabled !== 'Enabled') return undefined
  const standard = said.Rule?.DefaultRetention
  return {
    mode: standard?.Mode,
    days: standard?.Days ?? (standard?.Years === undefined ? undefined : standard.Years * 365),
  }
}

export function lifecycleOf(found: Answer<GetBucketLifecycleConfigurationCommandOutput>): readonly SeenLifecycleRule[] {
  return (found.Rules ?? []).map(lifecycleRuleOf)
}

function lifecycleRuleOf(rule: LifecycleRule): SeenLifecycleRule {
  const { Filter: filter } = rule
  const sizes = [
    filter?.ObjectSizeGreaterThan,
    filter?.ObjectSizeLessThan,
    filter?.And?.ObjectSizeGreaterThan,
    filter?.And?.ObjectSizeLessThan,
  ]
  return {
    id: rule.ID ?? '',
    enabled: rule.Status === 'Enabled',
    // Rules of the first version have their prefix beside the filter that they do not have.
    // oxlint-disable-next-line no-deprecated
    prefix: filter?.And?.Prefix ?? filter?.Prefix ?? rule.Prefix ?? '',
    narrowed: tagsOf(filter).length > 0 || sizes.some((size) => size !== undefined),
    expirationDays: rule.Expiration?.Days,
    expirationDate: rule.Expiration?.Date?.toISOString(),
    expiredMarkers: rule.Expiration?.ExpiredObjectDeleteMarker === true,
    noncurrentDays: rule.NoncurrentVersionExpiration?.NoncurrentDays,
    keepNoncurrent: rule.NoncurrentVersionExpiration?.NewerNoncurrentVersions,
    abortUploadsDays: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    transitions: [
      ...(rule.Transitions ?? []).map(({ Days, StorageClass }) => ({
        days: Days ?? 0,
        storageClass: StorageClass ?? '',
        noncurrent: false,
      })),
      ...(rule.NoncurrentVersionTransitions ?? []).map(({ NoncurrentDays, StorageClass }) => ({
        days: NoncurrentDays ?? 0,
        storageClass: StorageClass ?? '',
        noncurrent: true,
      })),
    ],
  }
}

export function replicationOf(found: Answer<GetBucketReplicationCommandOutput>): SeenReplication | undefined {
  const said = found.ReplicationConfiguration
  return said === undefined ? undefined : { role: said.Role ?? '', rules: (said.Rules ?? []).map(ruleOf) }
}

export function ruleOf(rule: ReplicationRule): SeenRule {
  const { Filter: filter, Destination: to } = rule
  const timeControl = to?.ReplicationTime
  return {
    id: rule.ID ?? '',
    schema: filter === undefined ? 1 : 2,
    enabled: rule.Status === 'Enabled',
    priority: rule.Priority ?? 0,
    // A V1 rule has its prefix beside the filter that it does not have.
    // oxlint-disable-next-line no-deprecated
    prefix: filter?.And?.Prefix ?? filter?.Prefix ?? rule.Prefix ?? '',
    tags: Object.fromEntries(tagsOf(filter).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    destination: (to?.Bucket ?? '').replace(BUCKET_ARN, ''),
    deleteMarkers: filter === undefined || rule.DeleteMarkerReplication?.Status === 'Enabled',
    metrics: to?.Metrics?.Status === 'Enabled',
    timeControlMinutes: timeControl?.Status === 'Enabled' ? timeControl.Time?.Minutes : undefined,
    storageClass: to?.StorageClass,
    owner: to?.AccessControlTranslation?.Owner === 'Destination' ? to.Account : undefined,
    replicaKmsKey: to?.EncryptionConfiguration?.ReplicaKmsKeyID,
    sseKmsObjects: rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === 'Enabled',
    replicaModifications: rule.SourceSelectionCriteria?.ReplicaModifications?.Status === 'Enabled',
    existingObjects: rule.ExistingObjectReplication?.Status === 'Enabled',
  }
}

export function notificationsOf(found: Answer<GetBucketNotificationConfigurationCommandOutput>): SeenNotifications {
  const target = (
    kind: SeenTarget['kind'],
    arn: string | undefined,
    said: QueueConfiguration | TopicConfiguration | LambdaFunctionConfiguration,
  ): SeenTarget => ({
    kind,
    id: said.Id ?? '',
    arn: arn ?? '',
    events: [...(said.Events ?? [])],
    prefix: filterOf(said.Filter, 'prefix'),
    suffix: filterOf(said.Filter, 'suffix'),
  })
  return {
    targets: [
      ...(found.QueueConfigurations ?? []).map((one) => target('queue', one.QueueArn, one)),
      ...(found.TopicConfigurations ?? []).map((one) => target('topic', one.TopicArn, one)),
      ...(found.LambdaFunctionConfigurations ?? []).map((one) => target('function', one.LambdaFunctionArn, one)),
    ],
    eventBridge: found.EventBridgeConfiguration !== undefined,
  }
}

/** S3 answers `Prefix` where one asked for `prefix`. */
function filterOf(filter: NotificationConfigurationFilter | undefined, name: 'prefix' | 'suffix'): string {
  return filter?.Key?.FilterRules?.find((rule) => rule.Name?.toLowerCase() === name)?.Value ?? ''
}

function tagsOf(
  filter: { Tag?: Tag | undefined; And?: { Tags?: Tag[] | undefined } | undefined } | undefined,
): readonly Tag[] {
  return filter?.And?.Tags ?? (filter?.Tag === undefined ? [] : [filter.Tag])
}
