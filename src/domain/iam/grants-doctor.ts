/**
 * What `landfall doctor` looks at, and what of it the service looks at by itself: a part of the table of grants (grants.ts).
 *
 * Sources: Service authorization reference (S3, SQS, SNS, IAM); S3 user guide, "Required permissions for S3 API operations".
 */
import { OWN_PREFIX } from '../canary.ts'
import type { IamBucket, IamEstate } from './estate.ts'
import type { Grant } from './grants.ts'
import { type At, batchFolder, bucketAt, deadLettersAt, objectsAt, queueAt, sides } from './places.ts'

const BOTH = ['service', 'doctor'] as const
const HOME = ''

/** Every bucket of the estate, once. */
function buckets(estate: IamEstate): readonly At[] {
  const { pairs, dumps, shipments, service } = estate
  const places: IamBucket[] = pairs.flatMap((pair) => {
    const batch = batchFolder(pair)
    return [...sides(pair), ...(batch === undefined ? [] : [batch])]
  })
  if (service.snapshot !== undefined) places.push(service.snapshot)
  places.push(...dumps.map(({ place }) => place), ...shipments.flatMap(({ from, to }) => [from, to]))
  return [...new Map(places.map((place) => [place.bucket, place])).values()].map(bucketAt)
}

/** In every account that holds a source: the roles of replication and of batch operations are there. */
const rolesAt: Grant['at'] = (estate) => inAccounts(estate, (id) => `arn:aws:iam::${id}:role/*`)

function inAccounts(estate: IamEstate, arnOf: (id: string) => string): readonly At[] {
  const accounts = new Set(estate.pairs.map(({ source }) => source.account))
  return [...accounts].map((account) => ({ account, arn: arnOf(estate.accounts[account]!.id) }))
}

export const DOCTOR_GRANTS: readonly Grant[] = [
  {
    actions: [
      's3:GetBucketNotification',
      's3:GetBucketObjectLockConfiguration',
      's3:GetBucketOwnershipControls',
      's3:GetBucketPolicy',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketTagging',
      's3:GetBucketVersioning',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetReplicationConfiguration',
      's3:ListBucket',
    ],
    by: BOTH,
    on: 'every bucket',
    when: '',
    why: 'how the buckets are set up, at the start and on a schedule: reads alone',
    at: buckets,
  },
  {
    actions: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ListQueueTags'],
    by: BOTH,
    on: 'intake queues and their dead-letter queues',
    when: '',
    why: 'how the queues are set up',
    at: (estate) => estate.queues.flatMap((queue) => [queueAt(estate, queue), deadLettersAt(estate, queue)]),
  },
  {
    actions: ['sns:GetSubscriptionAttributes', 'sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'],
    by: BOTH,
    on: 'topics in the accounts of the sources',
    when: '',
    why: 'whether a topic that a bucket notifies hands its events on',
    at: (estate) => inAccounts(estate, (id) => `arn:aws:sns:*:${id}:*`),
  },
  {
    actions: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies'],
    by: ['doctor'],
    on: 'roles in the accounts of the sources',
    when: '',
    why: 'whom the roles of replication and batch operations trust, and what they may',
    at: rolesAt,
  },
  {
    actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
    by: ['doctor'],
    on: 'managed policies in the accounts of the sources',
    when: '',
    why: 'what is attached to those roles',
    at: (estate) => [
      ...inAccounts(estate, (id) => `arn:aws:iam::${id}:policy/*`),
      ...inAccounts(estate, () => 'arn:aws:iam::aws:policy/*'),
    ],
  },
  {
    actions: ['cloudwatch:DescribeAlarms'],
    by: ['doctor'],
    on: 'all (CloudWatch knows no narrower resource)',
    when: '',
    why: 'whether the alarms of the configuration are there',
    at: () => [{ account: HOME, arn: '*' }],
  },
  {
    actions: ['s3:GetObject'],
    by: ['doctor'],
    on: 'the snapshot',
    when: '`service.snapshot`',
    why: 'whether it can be read when it is needed',
    at: ({ service: { snapshot } }) => (snapshot === undefined ? [] : [objectsAt(snapshot, snapshot.prefix)]),
  },
  {
    actions: ['s3:PutObject'],
    by: BOTH,
    on: `\`${OWN_PREFIX}\` in each pair's source`,
    when: '`service.doctor.canary` (the service)',
    why: 'writes canaries, and nothing else there',
    at: (estate, by) =>
      by === 'doctor' || estate.service.doctor.canaryEveryMs !== undefined
        ? estate.pairs.map(({ source }) => objectsAt(source, OWN_PREFIX))
        : [],
  },
  {
    actions: ['s3:ListBucketVersions'],
    by: ['doctor'],
    on: "each pair's destination",
    when: '',
    why: 'whether a canary has landed, where no event tells',
    at: (estate) => estate.pairs.map(({ destination }) => bucketAt(destination)),
  },
]
