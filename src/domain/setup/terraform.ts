/**
 * Steps as Terraform resources of the AWS provider, version 5 or 6. What S3 keeps in one configuration is one resource, so the
 * steps of one bucket are gathered. Pure (Terraform registry, provider hashicorp/aws: aws_s3_bucket and its companions,
 * aws_sqs_queue, aws_iam_role, aws_sns_topic_subscription).
 */
import type { NewLifecycleRule, QueueSettings, Step } from './change.ts'
import { type HclBlock, type HclValue, raw } from './hcl.ts'
import type { PolicyStatement } from './observed.ts'
import { readArn } from './places.ts'
import { labelOf } from './terraform-names.ts'
import { type Known, of, ofBucket, queueArn, roleName, type StepOf } from './terraform-parts.ts'
import { replication } from './terraform-replication.ts'

export function knownOf(steps: readonly Step[]): Known {
  const of = <Name extends Step['do']>(name: Name): StepOf<Name>[] =>
    steps.filter((step): step is StepOf<Name> => step.do === name)
  return {
    buckets: new Set(of('createBucket').map(({ at }) => at.bucket)),
    queues: new Set(of('createQueue').map(({ at }) => at.arn)),
    roles: new Set(of('createRole').map(({ arn }) => arn)),
  }
}

/** In the steps' order; resources that hold several steps stand where the first one does. */
export function resourcesOf(steps: readonly Step[], known: Known = knownOf(steps)): readonly HclBlock[] {
  return [...Map.groupBy(steps, addressOf).values()].flatMap((group) => {
    const first = group[0]!
    return first.do === 'createRole' ? [role(first), rolePolicy(first)] : [resource(first, group, known)]
  })
}

/** Steps of one address, of one name. */
function same<Name extends Step['do']>(name: Name, group: readonly Step[]): readonly StepOf<Name>[] {
  return group.filter((step): step is StepOf<Name> => step.do === name)
}

/** Steps of one address are one resource. */
function addressOf(step: Step): string {
  switch (step.do) {
    case 'addRule':
    case 'switchRule':
    case 'migrateRules':
      return `replication ${step.at.bucket}`
    case 'createQueue':
    case 'setQueue':
      return `queue ${step.at.arn}`
    case 'addQueueStatements':
      return `queue policy ${step.at.arn}`
    case 'createRole':
    case 'addTrust':
    case 'addRoleStatements':
      return `${step.do} ${step.arn}`
    case 'subscribe':
      return `subscribe ${step.topic} ${step.at.arn}`
    default:
      return `${step.do} ${step.at.bucket}`
  }
}

function resource(step: Step, group: readonly Step[], known: Known): HclBlock {
  switch (step.do) {
    case 'createBucket':
      return of('aws_s3_bucket', step.at.bucket, step.at.region, {
        attributes: { bucket: step.at.bucket, object_lock_enabled: step.objectLock ? true : undefined },
      })
    case 'enableVersioning':
      return ofBucket('aws_s3_bucket_versioning', step, known, [
        { type: 'versioning_configuration', attributes: { status: 'Enabled' } },
      ])
    case 'setEncryption':
      return ofBucket('aws_s3_bucket_server_side_encryption_configuration', step, known, [encryption(step)])
    case 'blockPublicAccess':
      return ofBucket('aws_s3_bucket_public_access_block', step, known, [], {
        block_public_acls: step.block.blockAcls,
        block_public_policy: step.block.blockPolicy,
        ignore_public_acls: step.block.ignoreAcls,
        restrict_public_buckets: step.block.restrictBuckets,
      })
    case 'enforceOwner':
      return ofBucket('aws_s3_bucket_ownership_controls', step, known, [
        { type: 'rule', attributes: { object_ownership: 'BucketOwnerEnforced' } },
      ])
    case 'addBucketStatements':
      return ofBucket('aws_s3_bucket_policy', step, known, [], {
        policy: policy(same(step.do, group).flatMap(({ statements }) => statements)),
      })
    case 'addLifecycleRules':
      return ofBucket(
        'aws_s3_bucket_lifecycle_configuration',
        step,
        known,
        same(step.do, group).flatMap(({ rules }) => rules.map(lifecycleRule)),
      )
    case 'createRole':
      return role(step)
    case 'addTrust':
      return note(`the trust policy of ${step.arn}`, step.statements)
    case 'addRoleStatements':
      return of('aws_iam_role_policy', `${roleName(step.arn)}_${step.policy}`, undefined, {
        attributes: {
          name: step.policy,
          role: roleName(step.arn),
          policy: policy(same(step.do, group).flatMap(({ statements }) => statements)),
        },
      })
    case 'addRule':
    case 'switchRule':
    case 'migrateRules':
      return replication(group as readonly (typeof step)[], known)
    case 'createQueue':
    case 'setQueue':
      return queue(step, step.settings, known)
    case 'addQueueStatements':
      return of('aws_sqs_queue_policy', step.at.name, step.at.region, {
        attributes: {
          queue_url: known.queues.has(step.at.arn)
            ? raw(`aws_sqs_queue.${labelOf(step.at.name)}.url`)
            : raw(`"https://sqs.${step.at.region}.amazonaws.com/${readArn(step.at.arn).accountId}/${step.at.name}"`),
          policy: policy(same(step.do, group).flatMap(({ statements }) => statements)),
        },
      })
    case 'addTarget':
      return notification(step, known)
    case 'subscribe':
      return of(
        'aws_sns_topic_subscription',
        `${readArn(step.topic).resource}_${step.at.name}`,
        readArn(step.topic).region,
        {
          attributes: { topic_arn: step.topic, protocol: 'sqs', endpoint: queueArn(step.at, known) },
        },
      )
  }
}

function policy(statements: readonly PolicyStatement[]): HclValue {
  return { json: { Version: '2012-10-17', Statement: statements } }
}

function encryption({ encryption: { algorithm, kmsKey, bucketKey } }: StepOf<'setEncryption'>): HclBlock {
  return {
    type: 'rule',
    attributes: { bucket_key_enabled: bucketKey ? true : undefined },
    blocks: [
      {
        type: 'apply_server_side_encryption_by_default',
        attributes: { sse_algorithm: algorithm, kms_master_key_id: kmsKey },
      },
    ],
  }
}

function lifecycleRule({ id, abortUploadsDays, noncurrentDays }: NewLifecycleRule): HclBlock {
  const abort = { type: 'abort_incomplete_multipart_upload', attributes: { days_after_initiation: abortUploadsDays } }
  const expire = { type: 'noncurrent_version_expiration', attributes: { noncurrent_days: noncurrentDays } }
  return {
    type: 'rule',
    attributes: { id, status: 'Enabled' },
    blocks: [
      { type: 'filter' },
      ...(abortUploadsDays === undefined ? [] : [abort]),
      ...(noncurrentDays === undefined ? [] : [expire]),
    ],
  }
}

function role({ arn, trust }: StepOf<'createRole'>): HclBlock {
  const rest = readArn(arn).resource.slice('role'.length)
  const cut = rest.lastIndexOf('/') + 1
  const path = rest.slice(0, cut)
  return of('aws_iam_role', rest.slice(cut), undefined, {
    attributes: { name: rest.slice(cut), path: path === '/' ? undefined : path, assume_role_policy: { json: trust } },
  })
}

function rolePolicy({ arn, policy: own }: StepOf<'createRole'>): HclBlock {
  const name = roleName(arn)
  return of('aws_iam_role_policy', name, undefined, {
    attributes: { name: own.name, role: raw(`aws_iam_role.${labelOf(name)}.id`), policy: { json: own.document } },
  })
}

function queue({ at }: { readonly at: StepOf<'createQueue'>['at'] }, settings: QueueSettings, known: Known): HclBlock {
  const { redrive } = settings
  const dead =
    redrive === undefined ? undefined : { arn: redrive.deadLetterArn, name: readArn(redrive.deadLetterArn).resource }
  return of('aws_sqs_queue', at.name, at.region, {
    attributes: {
      name: at.name,
      message_retention_seconds: settings.retentionSeconds,
      visibility_timeout_seconds: settings.visibilitySeconds,
      receive_wait_time_seconds: settings.waitSeconds,
      redrive_policy:
        redrive === undefined || dead === undefined
          ? undefined
          : raw(redriveText(queueArn(dead, known), redrive.maxReceiveCount)),
    },
  })
}

function redriveText(arn: HclValue, maxReceiveCount: number): string {
  const target = typeof arn === 'object' && 'raw' in arn ? arn.raw : JSON.stringify(arn)
  return `jsonencode({\n    deadLetterTargetArn = ${target}\n    maxReceiveCount     = ${maxReceiveCount}\n  })`
}

/** Terraform owns the configuration whole: what else stands on the bucket belongs into the same resource. */
function notification({ at, target }: StepOf<'addTarget'>, known: Known): HclBlock {
  const { arn, events, id } = target
  const name = readArn(arn).resource
  const queue = { id, queue_arn: queueArn({ arn, name }, known), events: [...events] }
  const step = { do: 'addTarget', at, target } as const
  return {
    ...ofBucket('aws_s3_bucket_notification', step, known, [{ type: 'queue', attributes: queue }], {
      // S3 tries to send when it is told of a queue, and is refused before the policy stands.
      depends_on: known.queues.has(arn) ? [raw(`aws_sqs_queue_policy.${labelOf(name)}`)] : undefined,
    }),
    comments: ['One for a bucket: what it tells others already belongs into this one.'],
  }
}

/** What belongs into a resource that is written elsewhere. */
function note(where: string, statements: readonly PolicyStatement[]): HclBlock {
  return { type: 'locals', comments: [`Into ${where}:`, ...JSON.stringify(statements, null, 2).split('\n')] }
}
