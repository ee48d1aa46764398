/**
 * Every action that Landfall's code calls, for whom, on what, and why: the one table that policies and docs/iam.md are made
 * of. A test runs the code and holds it against the table, both ways (test/faults/iam.test.ts).
 *
 * Sources: Service authorization reference (S3, SQS, CloudWatch, STS, IAM); S3 user guide, "Required permissions for S3 API
 * operations", "Granting permissions for Batch Operations"; CloudWatch API reference, "PutCompositeAlarm".
 */
import { OWN_PREFIX } from '../canary.ts'
import type { Condition } from './document.ts'
import type { IamDump, IamEstate, IamPair } from './estate.ts'
import {
  type At,
  batchFolder,
  bucketAt,
  bucketsOf,
  copies,
  deadLettersAt,
  dumpFolders,
  isDirect,
  jobsAt,
  objectsAt,
  queueAt,
  retriggers,
  sides,
} from './places.ts'

/**
 * What a process of Landfall acts as. `setup` (`landfall init`) and `doctor` get their rows with their commands.
 *
 * - `service`: `landfall run`, with the dumps and drills that it starts itself
 * - `dump`, `drill`: tasks of their own: `landfall dump run`, `landfall drill dump|replicas`
 * - `operator`: a person's other commands · `prune`: `landfall dump prune`, which alone deletes
 */
export type Activity = 'service' | 'dump' | 'drill' | 'operator' | 'prune' | 'setup' | 'doctor'

export interface Grant {
  readonly actions: readonly string[]
  readonly by: readonly Activity[]
  /** In words, for the docs: on what, and what of the configuration switches it on ('' for always). */
  readonly on: string
  readonly when: string
  readonly why: string
  readonly at: (estate: IamEstate, by: Activity) => readonly At[]
}

const READERS = ['service', 'operator'] as const
const CATALOG = ['service', 'drill', 'operator'] as const

const pairs = (of: (pair: IamPair, estate: IamEstate, by: Activity) => readonly At[]): Grant['at'] => {
  return (estate, by) => estate.pairs.flatMap((pair) => of(pair, estate, by))
}

const bothBuckets = (pair: IamPair): readonly At[] => sides(pair).map(bucketAt)
const bothObjects = (pair: IamPair): readonly At[] => sides(pair).map((side) => objectsAt(side))
const when = <T>(holds: boolean, list: readonly T[]): readonly T[] => (holds ? list : [])

const dumps = (
  of: (dump: IamDump, estate: IamEstate, by: Activity) => readonly At[],
  which: (dump: IamDump, by: Activity) => boolean = () => true,
): Grant['at'] => {
  return (estate, by) => estate.dumps.filter((dump) => which(dump, by)).flatMap((dump) => of(dump, estate, by))
}

/** A task that only makes dumps has nothing to do with their replicas. */
const foldersFor = (dump: IamDump, estate: IamEstate, by: Activity) =>
  by === 'dump' ? [dump.place] : dumpFolders(estate, dump)

/** The service makes the dumps that have a schedule; a task of its own makes any. */
const made = ({ database, schedule }: IamDump, by: Activity): boolean =>
  database !== undefined && (by === 'dump' || schedule !== undefined)

const shipments = (of: (one: IamEstate['shipments'][number], estate: IamEstate) => readonly At[]): Grant['at'] => {
  return (estate) => estate.shipments.flatMap((one) => of(one, estate))
}

/** Metrics, alarms and dashboards are put by the process' own credentials: in no account that is named here. */
export const HOME = ''

const alarmsAt = ({ service }: IamEstate): readonly At[] => [
  { account: HOME, arn: `arn:aws:cloudwatch:${service.metrics.region}:{home}:alarm:${service.alarms.prefix}*` },
]
const dashboardsAt = ({ service }: IamEstate): readonly At[] => [
  { account: HOME, arn: `arn:aws:cloudwatch::{home}:dashboard/${service.alarms.prefix}*` },
]
const everywhere = (account: string, condition?: Condition): At => ({ account, arn: '*', condition })

const drilled = ({ drill }: IamDump, by: Activity): boolean => by === 'drill' || drill.schedule !== undefined

const ofAccount = ({ accounts }: IamEstate, account: string, what: string): At => ({
  account,
  arn: `arn:aws:iam::${accounts[account]!.id}:${what}`,
})

export const GRANTS: readonly Grant[] = [
  // Looks at versions
  {
    actions: ['s3:ListBucketVersions'],
    by: READERS,
    on: "each pair's buckets",
    when: '',
    why: 'evidence by listing, audits, and the look before a re-drive',
    at: pairs(bothBuckets),
  },
  {
    actions: ['s3:ListBucket'],
    by: READERS,
    on: "each pair's buckets",
    when: '`evidence: auto`',
    why: 'without it S3 answers 403 for what is missing',
    at: pairs((pair) => when(pair.evidence === 'auto', bothBuckets(pair))),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: READERS,
    on: "each pair's objects",
    when: '`evidence: auto`, or a copy that proves itself by content',
    why: 'HEAD by version id. It is the right to read: `evidence: list` does without',
    at: pairs((pair) => when(pair.evidence === 'auto' || copies(pair) || retriggers(pair), bothObjects(pair))),
  },
  {
    actions: ['s3:GetObjectVersionTagging', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
    by: ['service'],
    on: "each pair's objects",
    when: '`evidence: auto` and `attributesSample` above 0',
    why: 'HEAD tells of tags and locks only to who may read them',
    at: pairs((pair) => when(pair.evidence === 'auto' && pair.attributesSample > 0, bothObjects(pair))),
  },
  {
    actions: ['s3:GetReplicationConfiguration'],
    by: ['operator'],
    on: "each pair's source bucket",
    when: '',
    why: '`explain` names the rule that left a version out',
    at: pairs(({ source }) => [bucketAt(source)]),
  },
  {
    actions: ['s3:GetObjectVersionTagging'],
    by: ['operator'],
    on: "each pair's source objects",
    when: '`evidence: auto`',
    why: '`explain` holds tags against the rule',
    at: pairs((pair) => when(pair.evidence === 'auto', [objectsAt(pair.source)])),
  },
  {
    actions: ['s3:GetLifecycleConfiguration'],
    by: READERS,
    on: "each pair's buckets",
    when: '`audit.every` (the service)',
    why: 'audits tell what a lifecycle rule removed from what is missing',
    at: pairs((pair, _, by) => when(by === 'operator' || pair.auditEveryMs !== undefined, bothBuckets(pair))),
  },

  // Re-drive
  {
    actions: ['s3:CreateJob', 's3:ListJobs'],
    by: ['service'],
    on: 'all (S3 knows no narrower resource)',
    when: '`redrive.batch`',
    why: 'starts S3 Batch Replication, and finds a job whose answer was lost',
    at: pairs((pair) => when(pair.redrive.batch !== undefined, [everywhere(pair.source.account)])),
  },
  {
    actions: ['s3:DescribeJob', 's3:PutJobTagging'],
    by: ['service'],
    on: "batch jobs of the source's account and region",
    when: '`redrive.batch`',
    why: 'follows its jobs, and tags them with the estate',
    at: pairs((pair, estate) => when(pair.redrive.batch !== undefined, [jobsAt(estate, pair)])),
  },
  {
    actions: ['iam:PassRole'],
    by: ['service'],
    on: '`redrive.batch.roleArn`',
    when: '`redrive.batch`',
    why: "hands the job's role to S3 Batch Operations, and to nobody else",
    at: pairs(({ source, redrive: { batch } }) =>
      batch === undefined
        ? []
        : [
            {
              account: source.account,
              arn: batch.roleArn,
              condition: { StringEquals: { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' } },
            },
          ],
    ),
  },
  {
    actions: ['s3:PutObject', 's3:GetObject'],
    by: ['service'],
    on: 'the folder of `redrive.batch`',
    when: '`redrive.batch`',
    why: 'writes manifests, reads completion reports',
    at: pairs((pair) => [batchFolder(pair)].flatMap((at) => (at === undefined ? [] : [objectsAt(at, at.prefix)]))),
  },
  {
    actions: ['s3:ListBucket'],
    by: ['service'],
    on: 'the bucket of `redrive.batch`',
    when: '`redrive.batch`',
    why: 'a report that is not there yet must not look like one that is denied',
    at: pairs((pair) => [batchFolder(pair)].flatMap((at) => (at === undefined ? [] : [bucketAt(at)]))),
  },
  {
    actions: [
      's3:PutObject',
      's3:PutObjectTagging',
      's3:PutObjectRetention',
      's3:PutObjectLegalHold',
      's3:AbortMultipartUpload',
      's3:GetObject',
    ],
    by: ['service'],
    on: "the pair's destination objects",
    when: '`redrive.copy`',
    why: 'copies the source, with tags and locks, on the condition of what it saw there',
    at: pairs((pair) => when(copies(pair), [objectsAt(pair.destination)])),
  },
  {
    actions: ['s3:GetObject', 's3:GetObjectVersionTagging', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
    by: ['service'],
    on: "the pair's source objects",
    when: '`redrive.copy`',
    why: 'reads what it copies, with tags and locks',
    at: pairs((pair) => when(copies(pair), [objectsAt(pair.source)])),
  },
  {
    actions: ['s3:GetObjectTagging'],
    by: ['service'],
    on: "the pair's source objects",
    when: '`redrive.copy` between accounts of one role',
    why: "S3's own copy is of the current version, and takes its tags along",
    at: pairs((pair, estate) =>
      when(copies(pair) && isDirect(estate, pair.source, pair.destination), [objectsAt(pair.source)]),
    ),
  },
  {
    actions: ['s3:GetReplicationConfiguration'],
    by: ['service'],
    on: "the pair's source bucket",
    when: '`redrive.copy`',
    why: "a copy gets the rule's storage class and key",
    at: pairs((pair) => when(copies(pair), [bucketAt(pair.source)])),
  },
  {
    actions: ['s3:GetEncryptionConfiguration'],
    by: ['service'],
    on: "the pair's destination bucket",
    when: '`redrive.copy`',
    why: 'what KMS encrypts is copied only where the destination does, too',
    at: pairs((pair) => when(copies(pair), [bucketAt(pair.destination)])),
  },
  {
    actions: [
      's3:PutObject',
      's3:PutObjectTagging',
      's3:PutObjectRetention',
      's3:PutObjectLegalHold',
      's3:AbortMultipartUpload',
      's3:GetObject',
      's3:GetObjectVersionTagging',
      's3:GetObjectRetention',
      's3:GetObjectLegalHold',
    ],
    by: ['service'],
    on: "the pair's source objects",
    when: '`redrive.retrigger`',
    why: 'copies in place, with tags and locks, on the condition of what it saw there',
    at: pairs((pair) => when(retriggers(pair), [objectsAt(pair.source)])),
  },

  // Queues
  {
    actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
    by: READERS,
    on: 'intake queues and their dead-letter queues',
    when: '',
    why: 'finds them, and how deep they stand',
    at: (estate) => estate.queues.flatMap((queue) => [queueAt(estate, queue), deadLettersAt(estate, queue)]),
  },
  {
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
    by: ['service'],
    on: 'intake queues',
    when: '',
    why: 'books what they bring; gives back what it cannot book',
    at: (estate) => estate.queues.map((queue) => queueAt(estate, queue)),
  },
  {
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:StartMessageMoveTask',
      'sqs:ListMessageMoveTasks',
      'sqs:CancelMessageMoveTask',
    ],
    by: ['operator'],
    on: 'dead-letter queues',
    when: '',
    why: '`dead-letters`: look, send back, export, purge',
    at: (estate) => estate.queues.map((queue) => deadLettersAt(estate, queue)),
  },
  {
    actions: ['sqs:SendMessage'],
    by: ['operator'],
    on: 'intake queues',
    when: '',
    why: '`dead-letters redrive` sends back',
    at: (estate) => estate.queues.map((queue) => queueAt(estate, queue)),
  },

  // Told to the world
  {
    actions: ['cloudwatch:PutMetricData'],
    by: ['service'],
    on: 'the namespace `metrics.namespace`',
    when: '`metrics.enabled`',
    why: 'publishes metrics',
    at: ({ service: { metrics } }) =>
      when(metrics.enabled, [everywhere(HOME, { StringEquals: { 'cloudwatch:namespace': metrics.namespace } })]),
  },
  {
    actions: ['cloudwatch:GetMetricData'],
    by: ['service'],
    on: "all, in the source's account (CloudWatch knows no narrower resource)",
    when: 'pairs with `alarms.requestsFilter`',
    why: "S3's own count of writes, beside ours",
    at: pairs(({ source, alarms }, { service: { metrics } }) =>
      when(metrics.enabled && alarms.requestsFilter !== undefined, [everywhere(source.account)]),
    ),
  },
  {
    actions: ['cloudwatch:DescribeAlarms'],
    by: [...READERS, 'doctor'],
    on: 'all (composite alarms are told to nobody with less)',
    when: '`metrics.enabled` (the service)',
    why: 'the page, `alarms`, `doctor`',
    at: ({ service: { metrics } }, by) => when(metrics.enabled || by !== 'service', [everywhere(HOME)]),
  },
  {
    actions: ['cloudwatch:DescribeAlarms'],
    by: ['operator'],
    on: "all, in each pair's accounts",
    when: '',
    why: "`alarms lint` reads alarms on S3's own metrics",
    at: pairs((pair) => sides(pair).map(({ account }) => everywhere(account))),
  },
  {
    actions: ['cloudwatch:PutCompositeAlarm', 'cloudwatch:ListDashboards'],
    by: ['operator'],
    on: 'all (CloudWatch knows no narrower resource)',
    when: '',
    why: '`alarms apply`, `dashboards apply`',
    at: () => [everywhere(HOME)],
  },
  {
    actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
    by: ['operator'],
    on: 'alarms with `alarms.prefix`',
    when: '',
    why: '`alarms apply`, `alarms destroy`',
    at: alarmsAt,
  },
  {
    actions: ['cloudwatch:GetDashboard', 'cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
    by: ['operator'],
    on: 'dashboards with `alarms.prefix`',
    when: '',
    why: '`dashboards apply`, `dashboards destroy`',
    at: dashboardsAt,
  },
  {
    actions: ['cloudwatch:ListTagsForResource', 'cloudwatch:TagResource'],
    by: ['operator'],
    on: 'alarms and dashboards with `alarms.prefix`',
    when: '',
    why: 'a tag says whose they are',
    at: (estate) => [...alarmsAt(estate), ...dashboardsAt(estate)],
  },
  {
    actions: ['s3:PutObject'],
    by: ['service'],
    on: 'the folder of `service.snapshot`',
    when: '`service.snapshot`',
    why: 'writes the open list',
    at: ({ name, service: { snapshot } }) =>
      snapshot === undefined ? [] : [objectsAt(snapshot, `${folderOf(snapshot.prefix)}${name}/`)],
  },
  {
    actions: ['s3:GetObject'],
    by: [...READERS, 'doctor'],
    on: 'the folder of `service.snapshot`',
    when: '`service.snapshot`',
    why: 'whose list it is; `status --from-snapshot`',
    at: ({ name, service: { snapshot } }) =>
      snapshot === undefined ? [] : [objectsAt(snapshot, `${folderOf(snapshot.prefix)}${name}/`)],
  },
  {
    actions: ['s3:ListBucket'],
    by: READERS,
    on: 'the bucket of `service.snapshot`',
    when: '`service.snapshot`',
    why: 'without it S3 answers 403 for a list that is missing',
    at: ({ service: { snapshot } }) => (snapshot === undefined ? [] : [bucketAt(snapshot)]),
  },

  // Dumps
  {
    actions: ['s3:ListBucketVersions', 's3:ListBucket'],
    by: [...CATALOG, 'dump'],
    on: 'buckets of `dumps`, and (but for `dump`) of their replicas',
    when: '`dumps`',
    why: 'the catalog; a lifecycle marker hides a key, never a version',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map(bucketAt)),
  },
  {
    actions: ['s3:GetObject'],
    by: ['service', 'operator', 'dump'],
    on: 'dumps, and (but for `dump`) their replicas',
    when: '`dumps`',
    why: 'whether a key is taken; what stands there now',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map((at) => objectsAt(at, at.prefix))),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: [...CATALOG, 'dump'],
    on: 'dumps, and (but for `dump`) their replicas',
    when: '`dumps`',
    why: 'reads manifests and records, verifies, restores',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map((at) => objectsAt(at, at.prefix))),
  },
  {
    actions: ['s3:GetObjectRetention'],
    by: ['service', 'operator'],
    on: 'dumps, and their replicas',
    when: '`dumps`',
    why: 'how long a dump is locked',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map((at) => objectsAt(at, at.prefix))),
  },
  {
    actions: ['s3:PutObject'],
    by: READERS,
    on: 'dumps',
    when: '`dumps`',
    why: 'the record of a verification, beside the dump',
    at: dumps(({ place }) => [objectsAt(place, place.prefix)]),
  },
  {
    actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
    by: ['service', 'dump'],
    on: 'dumps',
    when: '`database` (the service: with `schedule`)',
    why: 'uploads a dump; ends uploads that were broken off',
    at: dumps(({ place }) => [objectsAt(place, place.prefix)], made),
  },
  {
    actions: ['s3:ListBucketMultipartUploads'],
    by: ['service', 'dump'],
    on: 'buckets of `dumps`',
    when: '`database` (the service: with `schedule`)',
    why: 'finds uploads that were broken off',
    at: dumps(({ place }) => [bucketAt(place)], made),
  },
  {
    actions: ['s3:PutObjectRetention'],
    by: ['service', 'dump'],
    on: 'dumps',
    when: '`database` and `lock` (the service: with `schedule`)',
    why: 'locks a dump as it is made',
    at: dumps(
      ({ place }) => [objectsAt(place, place.prefix)],
      (dump, by) => made(dump, by) && dump.lock !== undefined,
    ),
  },
  {
    actions: ['s3:ListBucketVersions'],
    by: CATALOG,
    on: 'the bucket of `service.snapshot`',
    when: '`dumps` and `service.snapshot`',
    why: 'finds the reports of drills',
    at: ({ dumps: all, service: { snapshot } }) =>
      snapshot === undefined ? [] : when(all.length > 0, [bucketAt(snapshot)]),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: CATALOG,
    on: "drills' reports, under `service.snapshot`",
    when: '`dumps` and `service.snapshot`',
    why: 'when a dump was last drilled',
    at: ({ dumps: all, service: { snapshot } }) =>
      snapshot === undefined ? [] : when(all.length > 0, [objectsAt(snapshot, `${snapshot.prefix}drills/`)]),
  },
  {
    actions: ['s3:PutObject'],
    by: ['service', 'drill'],
    on: "drills' reports, under `service.snapshot`",
    when: '`service.snapshot` (the service: with `drill.schedule`)',
    why: 'what a drill found',
    at: (estate, by) => {
      const { snapshot } = estate.service
      if (snapshot === undefined) return []
      const all = by === 'drill' || estate.dumps.some((dump) => drilled(dump, by))
      return when(all, [objectsAt(snapshot, `${snapshot.prefix}drills/`)])
    },
  },
  {
    actions: ['s3:ListBucketVersions', 's3:ListBucket'],
    by: ['drill'],
    on: "each pair's destination bucket",
    when: '',
    why: '`drill replicas` draws versions by chance',
    at: pairs(({ destination }) => [bucketAt(destination)]),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: ['drill'],
    on: "each pair's objects",
    when: '',
    why: '`drill replicas` reads them to the last byte, on both sides unless `--no-source`',
    at: pairs(bothObjects),
  },
  {
    actions: ['s3:DeleteObjectVersion'],
    by: ['prune'],
    on: 'dumps',
    when: '`pruneRoleArn`',
    why: '`dump prune`; no other role deletes anything',
    at: dumps(
      ({ place }) => [objectsAt(place, place.prefix)],
      ({ pruneRoleArn }) => pruneRoleArn !== undefined,
    ),
  },

  // Shipments
  {
    actions: ['s3:ListBucketVersions', 's3:ListBucket'],
    by: READERS,
    on: 'buckets of `shipments`, both sides',
    when: '`shipments`',
    why: 'sweeps for what no event told of; what is there already',
    at: shipments(({ from, to }) => [bucketAt(from), bucketAt(to)]),
  },
  {
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    by: READERS,
    on: 'objects of `shipments`, both sides',
    when: '`shipments`',
    why: 'reads what it carries, and proves that it arrived',
    at: shipments(({ from, to }) => [objectsAt(from, from.prefix), objectsAt(to, to.prefix)]),
  },
  {
    actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
    by: READERS,
    on: "objects under a shipment's `to`",
    when: '`shipments`',
    why: 'carries dumps there, and never over another',
    at: shipments(({ to }) => [objectsAt(to, to.prefix)]),
  },
  {
    actions: ['s3:PutObjectRetention'],
    by: READERS,
    on: "objects under a shipment's `to`",
    when: '`shipments` of a dump with `lock`',
    why: 'locks what it carries',
    at: shipments(({ to, dump }, estate) =>
      when(estate.dumps.find(({ name }) => name === dump)?.lock !== undefined, [objectsAt(to, to.prefix)]),
    ),
  },
  {
    actions: ['s3:GetObjectTagging'],
    by: READERS,
    on: "objects under a shipment's `from`",
    when: '`shipments` between accounts of one role',
    why: "S3's own copy takes tags along",
    at: shipments(({ from, to }, estate) => when(isDirect(estate, from, to), [objectsAt(from, from.prefix)])),
  },
  {
    actions: ['s3:PutObjectTagging'],
    by: READERS,
    on: "objects under a shipment's `to`",
    when: '`shipments` between accounts of one role',
    why: "S3's own copy takes tags along",
    at: shipments(({ from, to }, estate) => when(isDirect(estate, from, to), [objectsAt(to, to.prefix)])),
  },

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

/** As snapshotKey has it (src/aws/snapshot-store.ts). */
function folderOf(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
}
