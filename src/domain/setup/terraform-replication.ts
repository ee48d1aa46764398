/** A source's rules as one aws_s3_bucket_replication_configuration. Pure. */
import type { NewRule } from './change.ts'
import { type HclBlock, raw } from './hcl.ts'
import { bucketArn, type Known, ofBucket, roleName, type StepOf } from './terraform-parts.ts'
import { labelOf } from './terraform-names.ts'

export function replication(
  steps: readonly StepOf<'addRule' | 'switchRule' | 'migrateRules'>[],
  known: Known,
): HclBlock {
  const added = steps.filter((step): step is StepOf<'addRule'> => step.do === 'addRule')
  const [first] = added
  if (first === undefined) {
    const words = steps.map((step) =>
      step.do === 'switchRule'
        ? `${step.rule}: ${Object.keys(step.switches).join(', ')} on`
        : 'each rule: `filter {}`, its priority, `delete_marker_replication` and `metrics`',
    )
    return {
      type: 'locals',
      comments: [`In aws_s3_bucket_replication_configuration of ${steps[0]!.at.bucket}: ${words.join('; ')}`],
    }
  }
  const block = ofBucket(
    'aws_s3_bucket_replication_configuration',
    first,
    known,
    added.map(({ rule }) => ruleBlock(rule, known)),
    {
      role: known.roles.has(first.role) ? raw(`aws_iam_role.${labelOf(roleName(first.role))}.arn`) : first.role,
    },
  )
  // Terraform does not know that S3 asks for versioning on both sides first.
  const needs = [first.at.bucket, ...added.map(({ rule }) => rule.destination)].filter((one) => known.buckets.has(one))
  if (needs.length === 0) return block
  const on = [...new Set(needs)].map((one) => `aws_s3_bucket_versioning.${labelOf(one)}`)
  return { ...block, attributes: { ...block.attributes, depends_on: on.map(raw) } }
}

function ruleBlock(rule: NewRule, known: Known): HclBlock {
  const v2 = rule.schema === 2
  const minutes = rule.timeControlMinutes
  const to: HclBlock[] = [
    ...(rule.owner === undefined ? [] : [{ type: 'access_control_translation', attributes: { owner: 'Destination' } }]),
    ...(rule.replicaKmsKey === undefined
      ? []
      : [{ type: 'encryption_configuration', attributes: { replica_kms_key_id: rule.replicaKmsKey } }]),
    ...(rule.metrics
      ? [
          {
            type: 'metrics',
            attributes: { status: 'Enabled' },
            blocks: minutes === undefined ? [] : [{ type: 'event_threshold', attributes: { minutes } }],
          },
        ]
      : []),
    ...(minutes === undefined
      ? []
      : [
          {
            type: 'replication_time',
            attributes: { status: 'Enabled' },
            blocks: [{ type: 'time', attributes: { minutes } }],
          },
        ]),
  ]
  return {
    type: 'rule',
    attributes: {
      id: rule.id,
      priority: v2 ? rule.priority : undefined,
      status: 'Enabled',
      prefix: v2 ? undefined : rule.prefix,
    },
    blocks: [
      ...(v2 ? [{ type: 'filter' }] : []),
      ...(v2
        ? [{ type: 'delete_marker_replication', attributes: { status: rule.deleteMarkers ? 'Enabled' : 'Disabled' } }]
        : []),
      ...(rule.sseKmsObjects
        ? [
            {
              type: 'source_selection_criteria',
              blocks: [{ type: 'sse_kms_encrypted_objects', attributes: { status: 'Enabled' } }],
            },
          ]
        : []),
      {
        type: 'destination',
        attributes: {
          bucket: bucketArn(rule.destination, known),
          account: rule.owner,
          storage_class: rule.storageClass,
        },
        blocks: to,
      },
    ],
  }
}
