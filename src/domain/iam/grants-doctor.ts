/** What `landfall doctor` looks at; the service does, too, as it starts and on its schedule. */
import { OWN_PREFIX } from '../canary.ts'
import { pairs, when, ofAccount, type Grant } from './grant.ts'
import { bucketAt, bucketsOf, deadLettersAt, objectsAt, queueAt, sides } from './places.ts'

export const DOCTOR_GRANTS: readonly Grant[] = [
  // What `landfall doctor` looks at; the service does, too, as it starts and on its schedule
  {
    actions: [
      's3:ListBucket',
      's3:GetBucketVersioning',
      's3:GetReplicationConfiguration',
      's3:GetBucketNotification',
      's3:GetLifecycleConfiguration',
      's3:GetEncryptionConfiguration',
      's3:GetBucketObjectLockConfiguration',
      's3:GetBucketOwnershipControls',
      's3:GetBucketPolicy',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketTagging',
    ],
    by: ['service', 'doctor'],
    on: 'every bucket of the configuration',
    when: '',
    why: 'how it is set',
    at: (estate) => bucketsOf(estate).map(bucketAt),
  },
  {
    actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:ListQueueTags'],
    by: ['service', 'doctor'],
    on: 'intake queues and their dead-letter queues',
    when: '',
    why: 'how they are set',
    at: (estate) => estate.queues.flatMap((queue) => [queueAt(estate, queue), deadLettersAt(estate, queue)]),
  },
  {
    actions: ['iam:GetRole', 'iam:ListRolePolicies', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'],
    by: ['service', 'doctor'],
    on: "roles of the sources' accounts (the rule names which)",
    when: '',
    why: 'whom the replication role trusts, and what it may',
    at: pairs(({ source }, estate) => [ofAccount(estate, source.account, 'role/*')]),
  },
  {
    actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
    by: ['service', 'doctor'],
    on: "managed policies of the sources' accounts",
    when: '',
    why: 'what the replication role may by those',
    at: pairs(({ source }, estate) => [ofAccount(estate, source.account, 'policy/*')]),
  },
  {
    actions: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic', 'sns:GetSubscriptionAttributes'],
    by: ['service', 'doctor'],
    on: "topics of the pairs' accounts (the buckets' notifications name which)",
    when: '',
    why: 'whether a topic that already takes the events hands them on',
    at: pairs((pair, { accounts }) =>
      sides(pair).map(({ account, region }) => ({ account, arn: `arn:aws:sns:${region}:${accounts[account]!.id}:*` })),
    ),
  },
  {
    actions: ['s3:PutObject'],
    by: ['service', 'doctor'],
    on: `\`${OWN_PREFIX}\` in each pair's source`,
    when: '`service.doctor.canary` (the service), `--canary` (doctor)',
    why: 'writes canaries, and nothing else there',
    at: pairs(({ source }, { service }, by) =>
      when(by === 'doctor' || service.doctor.canaryEveryMs !== undefined, [objectsAt(source, OWN_PREFIX)]),
    ),
  },
  {
    actions: ['s3:ListBucketVersions'],
    by: ['doctor'],
    on: "each pair's destination",
    when: '`--canary`',
    why: 'finds a canary that has landed where no event tells',
    at: pairs(({ destination }) => [bucketAt(destination)]),
  },
]
