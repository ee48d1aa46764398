/**
 * The `RuleReader` port: a source bucket's replication configuration, and a version's tags, as S3 has them now.
 *
 * Source: Amazon S3 API reference, GetBucketReplication, GetObjectTagging.
 */
import {
  GetBucketReplicationCommand,
  GetObjectTaggingCommand,
  type ReplicationRule as SdkRule,
} from '@aws-sdk/client-s3'
import type { Estate } from '../config/estate.ts'
import { attempt, awsError, nameOf } from '../domain/aws-errors.ts'
import { LandfallError } from '../domain/errors.ts'
import type { ReplicationRule } from '../domain/rules.ts'
import type { RuleReader } from '../ports.ts'
import type { Aws } from './clients.ts'

/** Of any partition: `arn:aws-us-gov:s3:::name` too. */
const ARN = /^arn:[^:]*:s3:::/

export function makeRuleReader({
  estate,
  aws,
}: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3'>
}): RuleReader {
  const sources = new Map(estate.pairs.map(({ name, source }) => [name, source]))

  function sourceOf(pair: string): Estate['pairs'][number]['source'] {
    const source = sources.get(pair)
    if (source === undefined) throw new LandfallError('INTERNAL', `no pair ${pair} in the estate`)
    return source
  }

  return {
    async rules(pair) {
      const source = sourceOf(pair)
      const at = { action: 's3:GetReplicationConfiguration', resource: source.bucket, region: source.region }
      try {
        const found = await aws.s3(source).send(new GetBucketReplicationCommand({ Bucket: source.bucket }))
        return (found.ReplicationConfiguration?.Rules ?? []).map(ruleOf)
      } catch (error) {
        if (nameOf(error) === 'ReplicationConfigurationNotFoundError') return undefined
        throw awsError(error, at)
      }
    },

    async tags(pair, { key, versionId }) {
      const source = sourceOf(pair)
      const at = { action: 's3:GetObjectVersionTagging', resource: source.bucket, region: source.region }
      const command = new GetObjectTaggingCommand({ Bucket: source.bucket, Key: key, VersionId: versionId })
      const { TagSet } = await attempt(at, () => aws.s3(source).send(command))
      return new Map((TagSet ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
    },
  }
}

function ruleOf(rule: SdkRule): ReplicationRule {
  const { Filter: filter } = rule
  const tags = filter?.And?.Tags ?? (filter?.Tag === undefined ? [] : [filter.Tag])
  const bucket = rule.Destination?.Bucket ?? ''
  return {
    id: rule.ID ?? '(without an id)',
    schema: filter === undefined ? 1 : 2,
    enabled: rule.Status === 'Enabled',
    priority: rule.Priority ?? 0,
    // A V1 rule has its prefix beside the filter that it does not have.
    // oxlint-disable-next-line no-deprecated
    prefix: filter?.And?.Prefix ?? filter?.Prefix ?? rule.Prefix ?? '',
    tags: new Map(tags.map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    destination: bucket.replace(ARN, ''),
    deleteMarkers: filter === undefined || rule.DeleteMarkerReplication?.Status === 'Enabled',
  }
}
