/** Each check by what it says when one thing is wrong, and that it says nothing else. */
import { describe, expect, it } from 'vitest'
import type { Estate } from '../../../../src/config/estate.ts'
import { examine } from '../../../../src/domain/doctor/doctor.ts'
import type { Finding, Level } from '../../../../src/domain/doctor/finding.ts'
import type { Surroundings } from '../../../../src/domain/doctor/surroundings.ts'
import type { SeenTopic } from '../../../../src/domain/setup/observed.ts'
import {
  absent,
  ACCOUNT_ID,
  allow,
  type Broken,
  checkedEstate,
  denied,
  DESTINATION,
  grave,
  DEAD_QUEUE,
  observedOf,
  policy,
  replicationGrants,
  ROLE,
  seenBucket,
  seenRole,
  seenRule,
  SOURCE,
  SOURCE_QUEUE,
  there,
  tlsOnly,
  TOPIC,
  trusting,
} from '../../../support/observed.ts'
import { smallDump, smallPair } from '../../../support/small-estate.ts'

interface Case {
  readonly name: string
  readonly broken?: Broken
  readonly estate?: Partial<Estate>
  readonly around?: Surroundings
  /** What is not `pass`: id, level, and words of what was seen or of the mend. */
  readonly finds: readonly [string, Level, RegExp?][]
}

const lifecycleRule = (overrides: object) => ({
  id: 'expire',
  enabled: true,
  prefix: '',
  narrowed: false,
  expiredMarkers: false,
  transitions: [],
  ...overrides,
})

const target = (overrides: object) => ({
  kind: 'queue' as const,
  id: 'landfall',
  arn: SOURCE_QUEUE,
  events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*', 's3:Replication:*'],
  prefix: '',
  suffix: '',
  ...overrides,
})
const notifying = (...targets: ReturnType<typeof target>[]) => there({ targets, eventBridge: false })

/** The antivirus topic takes what is created, the queue the rest. */
const byTopic = {
  source: {
    notifications: notifying(
      target({ kind: 'topic', id: 'antivirus', arn: TOPIC, events: ['s3:ObjectCreated:*'] }),
      target({ events: ['s3:ObjectRemoved:*', 's3:LifecycleExpiration:*', 's3:Replication:*'] }),
    ),
  },
}
const topic = (filtered: boolean | undefined): SeenTopic => ({
  arn: TOPIC,
  policy: absent,
  subscriptions: there(
    filtered === undefined ? [] : [{ protocol: 'sqs', endpoint: SOURCE_QUEUE, raw: false, filtered, pending: false }],
  ),
})
const bothMaySend = {
  policy: there(
    policy(
      { ...allow('sqs:SendMessage', SOURCE_QUEUE), Principal: { Service: 's3.amazonaws.com' } },
      {
        ...allow('sqs:SendMessage', '*'),
        Principal: { Service: 'sns.amazonaws.com' },
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:antivirus' } },
      },
    ),
  ),
}
/** The canary's own lifecycle rule. */
const swept = { lifecycle: there([lifecycleRule({ prefix: '_landfall/', noncurrentDays: 1 })]) }
const kms = there({ algorithm: 'aws:kms', bucketKey: false, blocksCustomerKeys: true } as const)
const key = (region: string, id = 'a'): string => `arn:aws:kms:${region}:${ACCOUNT_ID}:key/${id}`
const fact = {
  version: '7.2.4',
  product: 'Redis 7.2.4',
  role: 'master',
  replicas: 0,
  appendOnly: true,
  appendOnlyWell: true,
  eviction: 'noeviction',
  maxMemory: 1000,
  usedMemory: 100,
  evictedKeys: 0,
}
const redis = (overrides: object = {}): Surroundings => ({ redis: there([{ ...fact, ...overrides }]) })
const pg = (major: number, minor: number) => ({ major, minor, text: `${major}.${minor}` })
const made = smallDump('production', { database: { env: 'DATABASE_URL' } })
const dumps = { dumps: [made] }
const dumpBucket = {
  more: {
    buckets: new Map([...observedOf().buckets, [made.place.bucket, seenBucket(made.place.bucket, 'eu-west-1')]]),
  },
}

const snapshots = { bucket: 'snapshots', region: 'eu-west-2', account: 'main', prefix: '', everyMs: 60_000 }
const withSnapshot = {
  estate: { service: { ...checkedEstate().service, snapshot: snapshots } },
  broken: {
    more: { buckets: new Map([...observedOf().buckets, ['snapshots', seenBucket('snapshots', 'eu-west-2')]]) },
  },
}

const CASES: readonly Case[] = [
  { name: 'all is well', finds: [] },
  {
    name: 'credentials are refused',
    broken: {
      more: {
        identities: new Map([['main', { is: 'unknown', fault: { code: 'AWS_REFUSED', message: 'no', hint: 'x' } }]]),
      },
    },
    finds: [['identity.credentials', 'fail']],
  },
  {
    name: 'they are of another account',
    broken: { more: { identities: new Map([['main', there({ accountId: '999999999999', arn: 'arn:x' })]]) } },
    finds: [['identity.account', 'fail', /999999999999/]],
  },
  {
    name: 'no destination',
    broken: { destination: { stands: absent } },
    finds: [['bucket.exists', 'fail', /init apply --pair documents/]],
  },
  {
    name: 'a bucket that lets us see nothing',
    broken: { destination: { stands: denied('s3:ListBucket') } },
    finds: [['bucket.exists', 'unknown', /Grant s3:ListBucket/]],
  },
  {
    name: 'another region',
    broken: { destination: { stands: there({ region: 'eu-west-3' }) } },
    finds: [['bucket.region', 'fail', /eu-west-3/]],
  },
  {
    name: 'versioning suspended',
    broken: { source: { versioning: there({ status: 'Suspended', mfaDelete: false }) } },
    finds: [['bucket.versioning', 'fail', /suspended/]],
  },
  {
    name: 'versioning refused',
    broken: { source: { versioning: denied('s3:GetBucketVersioning') } },
    finds: [['bucket.versioning', 'unknown', /s3:GetBucketVersioning/]],
  },
  {
    name: 'MFA delete is a note',
    broken: { source: { versioning: there({ status: 'Enabled', mfaDelete: true }) } },
    finds: [],
  },
  {
    name: 'public destination',
    broken: { destination: { publicAccess: absent } },
    finds: [['bucket.public-access', 'fail', /init apply/]],
  },
  {
    name: 'public source',
    broken: {
      source: { publicAccess: there({ blockAcls: true, ignoreAcls: true, blockPolicy: false, restrictBuckets: true }) },
    },
    finds: [
      ['bucket.public-access', 'warn', /blockPolicy.*aws s3api put-public-access-block --bucket documents-source/s],
    ],
  },
  {
    name: 'no TLS policy',
    broken: { destination: { policy: absent } },
    finds: [['bucket.tls-only', 'warn', /no bucket policy/]],
  },
  {
    name: 'a TLS policy of objects of one prefix',
    broken: {
      source: { policy: there(policy({ ...tlsOnly(SOURCE).Statement[0]!, Resource: `arn:aws:s3:::${SOURCE}/a/*` })) },
    },
    finds: [['bucket.tls-only', 'warn', /Add this statement/]],
  },
  {
    name: "AWS' own key across accounts",
    broken: {
      destination: {
        encryption: kms,
        policy: there(
          policy(...tlsOnly(DESTINATION).Statement, {
            ...allow(['s3:Replicate*'], `arn:aws:s3:::${DESTINATION}/*`),
            Principal: { AWS: ROLE },
          }),
        ),
      },
    },
    estate: {
      accounts: { main: { name: 'main', id: ACCOUNT_ID }, other: { name: 'other', id: '222222222222' } },
      pairs: [smallPair('documents', { destination: { bucket: DESTINATION, region: 'eu-west-2', account: 'other' } })],
    },
    // The queue's policy knows one account alone, too.
    finds: [
      ['bucket.encryption', 'fail', /own key/],
      ['queue.policy', 'fail'],
    ],
  },
  {
    name: 'the destination expires sooner, and keeps the versions',
    broken: {
      source: { lifecycle: there([lifecycleRule({ expirationDays: 180 })]) },
      destination: { lifecycle: there([lifecycleRule({ expirationDays: 7 })]) },
    },
    finds: [
      ['lifecycle.sooner', 'warn', /only 7 days are visible there; at the source 180 days/],
      ['lifecycle.versions-kept', 'warn', /180 days/],
      ['lifecycle.versions-kept', 'warn', /7 days/],
    ],
  },
  {
    name: 'the destination removes versions, and the configuration does not say so',
    broken: { destination: { lifecycle: there([lifecycleRule({ noncurrentDays: 30 })]) } },
    finds: [
      ['lifecycle.sooner', 'warn', /removed for good there after 30 days/],
      ['lifecycle.configured', 'warn', /destinationExpires: 30d/],
    ],
  },
  {
    name: 'the destination removes versions, as the configuration says',
    broken: { destination: { lifecycle: there([lifecycleRule({ noncurrentDays: 30 })]) } },
    estate: { pairs: [smallPair('documents', { destinationExpiresAfterMs: 30 * 86_400_000 })] },
    finds: [],
  },
  {
    name: 'lock at the source only',
    broken: { source: { objectLock: there({}) } },
    finds: [['object-lock.sides', 'fail', /put-object-lock-configuration --bucket documents-destination/]],
  },
  {
    name: 'lock at the destination only',
    broken: { destination: { objectLock: there({ mode: 'GOVERNANCE', days: 1 }) } },
    finds: [],
  },
  {
    name: 'no replication',
    broken: { source: { replication: absent } },
    finds: [['replication.rule', 'fail', /no replication configuration/]],
  },
  {
    name: 'replication refused',
    broken: { source: { replication: denied('s3:GetReplicationConfiguration') } },
    finds: [['replication.rule', 'unknown']],
  },
  {
    name: 'a rule to another bucket',
    broken: { rules: [seenRule({ destination: 'elsewhere' })] },
    finds: [['replication.rule', 'fail', /elsewhere/]],
  },
  {
    name: 'a disabled rule',
    broken: { rules: [seenRule({ enabled: false })] },
    finds: [['replication.enabled', 'fail', /disabled/]],
  },
  {
    name: 'a V1 rule',
    broken: { rules: [seenRule({ schema: 1, metrics: false })] },
    finds: [['replication.rule-v1', 'warn']],
  },
  { name: 'no metrics', broken: { rules: [seenRule({ metrics: false })] }, finds: [['replication.metrics', 'fail']] },
  {
    name: 'a prefix',
    broken: { rules: [seenRule({ prefix: 'a/' })] },
    finds: [['replication.coverage', 'fail', /"a\/".*all other keys are left out/]],
  },
  {
    name: 'a tag',
    broken: { rules: [seenRule({ tags: { copy: 'yes' } })] },
    finds: [
      ['replication.coverage', 'fail', /copy=yes/],
      ['replication.delete-markers', 'fail'],
    ],
  },
  {
    name: 'an excluded prefix that is covered',
    estate: { pairs: [smallPair('documents', { excludePrefixes: ['tmp/'] })] },
    finds: [['replication.excluded', 'warn', /"tmp\/"/]],
  },
  {
    name: 'no delete markers',
    broken: { rules: [seenRule({ deleteMarkers: false })] },
    finds: [['replication.delete-markers', 'fail']],
  },
  {
    name: 'delete markers that are not expected',
    estate: { pairs: [smallPair('documents', { deleteMarkers: false })] },
    finds: [['replication.delete-markers', 'warn']],
  },
  {
    name: 'rules that differ',
    broken: { rules: [seenRule({ id: 'high', priority: 9 }), seenRule({ id: 'low', metrics: false })] },
    finds: [
      ['replication.metrics', 'fail', /low/],
      ['replication.priority', 'warn', /high decides/],
    ],
  },
  {
    name: 'a second destination',
    broken: { rules: [seenRule(), seenRule({ id: 'b', destination: 'elsewhere' })] },
    finds: [['replication.destinations', 'warn', /elsewhere/]],
  },
  {
    name: 'KMS objects that are left out',
    broken: { source: { encryption: kms } },
    finds: [['replication.kms', 'fail', /leaves such objects out/]],
  },
  {
    name: 'a replica key of the wrong region',
    broken: {
      rules: [seenRule({ sseKmsObjects: true, replicaKmsKey: key('eu-west-1') })],
      role: there(
        seenRole({
          policies: there([
            { name: 'a', inline: true, document: replicationGrants() },
            { name: 'kms', inline: false, document: policy(allow('kms:*', '*')) },
          ]),
        }),
      ),
    },
    finds: [['replication.kms', 'fail', /eu-west-1/]],
  },
  {
    name: 'a role that may not use the keys',
    broken: { rules: [seenRule({ sseKmsObjects: true, replicaKmsKey: key('eu-west-2') })] },
    finds: [['role.kms', 'fail', /kms:Encrypt/]],
  },
  { name: 'no role', broken: { role: absent }, finds: [['role.exists', 'fail', /landfall-replication/]] },
  {
    name: 'the role may not be read',
    broken: { role: denied('iam:GetRole') },
    finds: [['role.exists', 'unknown', /iam:GetRole/]],
  },
  {
    name: 'no trust',
    broken: { role: there(seenRole({ trust: trusting('ec2.amazonaws.com') })) },
    finds: [['role.trust', 'fail']],
  },
  ...(
    [
      ['role.tags', 'warn', ['s3:GetObjectVersionTagging']],
      ['role.tags', 'warn', ['s3:ReplicateTags']],
      ['role.read', 'fail', ['s3:GetObjectVersionForReplication']],
      ['role.read', 'fail', ['s3:ListBucket']],
      ['role.write', 'fail', ['s3:ReplicateObject']],
      ['role.write', 'fail', ['s3:ReplicateDelete']],
    ] as const
  ).map(([id, level, without]): Case => {
    const policies = there([{ name: 'a', inline: true, document: replicationGrants(without) }])
    return {
      name: `no ${without[0]}`,
      broken: { role: there(seenRole({ policies })) },
      finds: [[id, level, new RegExp(`lacks ${without[0]}`)]],
    }
  }),
  {
    name: 'no grant for locks',
    broken: {
      source: { objectLock: there({}) },
      destination: { objectLock: there({}) },
      role: there(
        seenRole({
          policies: there([{ name: 'a', inline: true, document: replicationGrants(['s3:GetObjectRetention']) }]),
        }),
      ),
    },
    finds: [['role.locks', 'fail', /s3:GetObjectRetention/]],
  },
  {
    name: "the destination's policy denies replicas",
    broken: {
      destination: {
        policy: there(
          policy(...tlsOnly(DESTINATION).Statement, {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:ReplicateObject',
            Resource: `arn:aws:s3:::${DESTINATION}/*`,
          }),
        ),
      },
    },
    finds: [['role.write', 'fail', /s3:ReplicateObject/]],
  },
  {
    name: 'another account whose bucket policy grants nothing',
    estate: {
      accounts: { main: { name: 'main', id: ACCOUNT_ID }, other: { name: 'other', id: '222222222222' } },
      pairs: [smallPair('documents', { destination: { bucket: DESTINATION, region: 'eu-west-2', account: 'other' } })],
    },
    finds: [
      ['role.write', 'fail', /must both say so/],
      ['role.tags', 'warn'],
      ['queue.policy', 'fail'],
    ],
  },
  {
    name: 'a boundary is a note',
    broken: { role: there(seenRole({ boundary: 'arn:aws:iam::1:policy/b' })) },
    finds: [],
  },
  { name: 'no batch role', broken: { batchRole: absent }, finds: [['batch.role', 'fail']] },
  {
    name: 'a batch role that trusts nobody',
    broken: { batchRole: there(seenRole({ trust: trusting('s3.amazonaws.com') })) },
    finds: [['batch.role', 'fail', /batchoperations/]],
  },
  {
    name: 'a batch role without grants',
    broken: {
      batchRole: there(seenRole({ trust: trusting('batchoperations.s3.amazonaws.com'), policies: there([]) })),
    },
    finds: [['batch.role', 'fail', /s3:InitiateReplication/]],
  },
  {
    name: 'no batch bucket',
    broken: {
      more: {
        buckets: new Map([
          ...observedOf().buckets,
          ['redrive', seenBucket('redrive', 'eu-west-1', { stands: absent })],
        ]),
      },
    },
    finds: [['batch.bucket', 'fail']],
  },
  {
    name: 'no notification at the source',
    broken: { source: { notifications: absent } },
    finds: [
      ['notifications.created', 'fail', /init apply/],
      ['notifications.removed', 'fail'],
      ['notifications.lifecycle', 'warn'],
      ['notifications.replication', 'warn'],
    ],
  },
  {
    name: 'no notification at the destination',
    broken: { destination: { notifications: absent } },
    finds: [
      ['notifications.created', 'warn'],
      ['notifications.removed', 'warn'],
      ['notifications.lifecycle', 'warn'],
    ],
  },
  {
    name: 'event types missing',
    broken: {
      source: {
        notifications: notifying(
          target({
            events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*', 's3:Replication:*'],
          }),
        ),
      },
    },
    finds: [['notifications.created', 'fail', /ObjectCreated:Post, ObjectCreated:Copy/]],
  },
  {
    name: 'a filter on the notification',
    broken: { source: { notifications: notifying(target({ suffix: '.pdf' })) } },
    finds: [
      ['notifications.created', 'fail', /end in "\.pdf"/],
      ['notifications.removed', 'fail'],
      ['notifications.lifecycle', 'warn'],
      ['notifications.replication', 'warn'],
    ],
  },
  { name: 'by the topic', broken: { ...byTopic, topic: there(topic(false)), sourceQueue: bothMaySend }, finds: [] },
  {
    name: 'a topic without our subscription',
    broken: { ...byTopic, topic: there(topic(undefined)) },
    finds: [
      [
        'notifications.created',
        'fail',
        /aws sns subscribe --topic-arn arn:aws:sns:eu-west-1:111111111111:antivirus .*--notification-endpoint arn:aws:sqs:eu-west-1:111111111111:intake-1/,
      ],
    ],
  },
  {
    name: 'a filtered subscription',
    broken: { ...byTopic, topic: there(topic(true)), sourceQueue: bothMaySend },
    finds: [['notifications.created', 'fail', /filter/]],
  },
  {
    name: 'a topic that may not be read',
    broken: { ...byTopic, topic: denied('sns:GetTopicAttributes') },
    finds: [['notifications.created', 'unknown', /sns:GetTopicAttributes/]],
  },
  {
    name: 'a topic that may not send',
    broken: { ...byTopic, topic: there(topic(false)) },
    finds: [['queue.policy', 'fail', /antivirus/]],
  },
  {
    name: 'EventBridge',
    broken: { source: { notifications: there({ targets: [], eventBridge: true }) } },
    finds: [
      ['notifications.created', 'unknown', /doctor --canary/],
      ['notifications.removed', 'unknown'],
      ['notifications.lifecycle', 'unknown'],
      ['notifications.replication', 'warn'],
    ],
  },
  {
    name: 'no queue',
    broken: { more: { queues: new Map([...observedOf().queues, [SOURCE_QUEUE, absent]]) } },
    finds: [['queue.exists', 'fail', /intake-1/]],
  },
  {
    name: 'a queue that lets nobody send',
    broken: { sourceQueue: { policy: absent } },
    finds: [['queue.policy', 'fail', /documents-source/]],
  },
  {
    name: 'a queue whose policy names another account',
    broken: {
      sourceQueue: {
        policy: there(
          policy({
            ...allow('sqs:SendMessage', SOURCE_QUEUE),
            Principal: { Service: 's3.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': '999999999999' } },
          }),
        ),
      },
    },
    finds: [['queue.policy', 'fail']],
  },
  {
    name: 'a condition that is not known here',
    broken: {
      sourceQueue: {
        policy: there(
          policy({
            ...allow('sqs:SendMessage', SOURCE_QUEUE),
            Principal: '*',
            Condition: { StringEquals: { 'aws:SourceOrgID': 'o-1' } },
          }),
        ),
      },
    },
    finds: [['queue.policy', 'unknown']],
  },
  {
    name: "AWS' own key on the queue",
    broken: { sourceQueue: { kmsKey: 'alias/aws/sqs' } },
    finds: [['queue.encryption', 'fail']],
  },
  {
    name: 'another key on the queue',
    broken: { sourceQueue: { kmsKey: key('eu-west-1') } },
    finds: [['queue.encryption', 'unknown']],
  },
  {
    name: 'visibility',
    broken: { sourceQueue: { visibilitySeconds: 1 } },
    finds: [['queue.visibility', 'warn', /aws sqs set-queue-attributes/]],
  },
  {
    name: 'retention',
    broken: { sourceQueue: { retentionSeconds: 3600 } },
    finds: [['queue.retention', 'warn', /1 hours/]],
  },
  {
    name: 'no dead-letter queue',
    broken: { sourceQueue: { redrive: undefined } },
    finds: [['queue.dead-letters', 'fail']],
  },
  {
    name: 'a dead-letter queue that is gone',
    broken: { dead: absent },
    finds: [['queue.dead-letters', 'fail', /gone/]],
  },
  {
    name: 'one reception',
    broken: { sourceQueue: { redrive: { deadLetterArn: DEAD_QUEUE, maxReceiveCount: 1 } } },
    finds: [['queue.max-receive', 'fail', /one reception/]],
  },
  {
    name: 'five receptions',
    broken: { sourceQueue: { redrive: { deadLetterArn: DEAD_QUEUE, maxReceiveCount: 5 } } },
    finds: [['queue.max-receive', 'warn']],
  },
  {
    name: 'dead letters kept too shortly',
    broken: { dead: there(grave(DEAD_QUEUE, { retentionSeconds: 86_400 })) },
    finds: [['queue.dead-letter-retention', 'fail', /1 day/]],
  },
  { name: 'a good Redis', around: redis(), finds: [] },
  {
    name: 'no Redis',
    around: { redis: { is: 'unknown', fault: { code: 'REDIS_UNREACHABLE', message: 'no', hint: 'x' } } },
    finds: [['redis.reachable', 'fail']],
  },
  { name: 'an old Redis', around: redis({ version: '6.0.16' }), finds: [['redis.version', 'fail']] },
  {
    name: 'no append-only file (window)',
    around: redis({ appendOnly: false }),
    finds: [['redis.persistence', 'warn']],
  },
  { name: 'a disk that fails', around: redis({ appendOnlyWell: false }), finds: [['redis.persistence', 'fail']] },
  { name: 'eviction', around: redis({ eviction: 'allkeys-lru' }), finds: [['redis.eviction', 'fail', /allkeys-lru/]] },
  { name: 'evicted already', around: redis({ evictedKeys: 3 }), finds: [['redis.eviction', 'warn', /3 keys/]] },
  { name: 'half full', around: redis({ usedMemory: 600 }), finds: [['redis.memory', 'warn']] },
  { name: 'full', around: redis({ usedMemory: 800 }), finds: [['redis.memory', 'fail', /80 %/]] },
  { name: 'a replica', around: redis({ role: 'slave' }), finds: [['redis.role', 'fail']] },
  {
    name: 'a clock a little off',
    around: { clocks: new Map([['eu-west-1', there(8000)]]) },
    finds: [['landfall.clock', 'warn', /8 seconds behind/]],
  },
  {
    name: 'a clock far off',
    around: { clocks: new Map([['eu-west-1', there(-600_000)]]) },
    finds: [['landfall.clock', 'fail', /600 seconds ahead/]],
  },
  {
    name: 'in the region of the sources',
    around: { place: { region: 'eu-west-1', by: 'AWS_REGION' } },
    finds: [['landfall.region', 'warn', /source region of documents/]],
  },
  {
    name: 'in another region than configured',
    around: { place: { region: 'eu-west-3', by: 'AWS_REGION' } },
    finds: [['landfall.region', 'warn']],
  },
  {
    name: 'warnings of the configuration',
    around: { warnings: ['no snapshot'] },
    finds: [['landfall.config', 'warn', /no snapshot/]],
  },
  {
    name: 'no snapshot yet',
    ...withSnapshot,
    around: { snapshot: there({ written: false }) },
    finds: [['landfall.snapshot', 'warn', /landfall run/]],
  },
  { name: 'a snapshot', ...withSnapshot, around: { snapshot: there({ written: true }) }, finds: [] },
  {
    name: 'a snapshot that may not be read',
    ...withSnapshot,
    around: { snapshot: denied('s3:GetObject') },
    finds: [['landfall.snapshot', 'unknown', /s3:GetObject/]],
  },
  { name: 'no token is a note', around: { token: false }, finds: [] },
  {
    name: 'alarms missing',
    around: { alarms: there({ wanted: 3, missing: ['landfall-late'] }) },
    finds: [['landfall.alarms', 'warn', /landfall alarms apply/]],
  },
  {
    name: 'an old pg_dump',
    estate: dumps,
    broken: dumpBucket,
    around: { tools: { pgDump: pg(15, 20), psql: pg(15, 20) }, databases: new Map([['production', there(pg(17, 6))]]) },
    finds: [['postgres.pg-dump', 'fail', /15\.20.*17/]],
  },
  {
    name: 'no tools',
    estate: dumps,
    broken: dumpBucket,
    around: { tools: {} },
    finds: [
      ['postgres.pg-dump', 'fail'],
      ['postgres.psql', 'warn'],
    ],
  },
  {
    name: 'an unpatched psql',
    estate: dumps,
    broken: dumpBucket,
    around: { tools: { pgDump: pg(18, 0), psql: pg(15, 13) } },
    finds: [['postgres.psql', 'fail', /15\.13/]],
  },
  {
    name: 'a database that refuses',
    estate: dumps,
    broken: dumpBucket,
    around: {
      databases: new Map([
        ['production', { is: 'unknown', fault: { code: 'DATABASE_REFUSED', message: 'no', hint: 'x' } }],
      ]),
    },
    finds: [['postgres.server', 'unknown']],
  },
  {
    name: 'a canary',
    broken: { source: swept, destination: swept },
    around: {
      canaries: new Map([
        ['documents', there({ versionId: 'v', seenAfterMs: 500, landedAfterMs: 900, waitedMs: 1000 })],
      ]),
    },
    finds: [],
  },
  {
    name: 'a canary that is not seen',
    broken: { destination: swept },
    around: {
      canaries: new Map([['documents', there({ versionId: 'v', waitedMs: 1000 })]]),
    },
    finds: [
      ['canary.seen', 'fail'],
      ['canary.landed', 'fail'],
      ['canary.swept', 'warn', /source/],
    ],
  },
]

function bad(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ level }) => level !== 'pass')
}

describe('examine', () => {
  it.each(CASES)('$name', ({ broken, estate, around, finds }) => {
    const found = bad(examine(checkedEstate(estate), observedOf(broken), around ?? {}))
    expect(found.map(({ id, level }) => [id, level])).toEqual(finds.map(([id, level]) => [id, level]))
    found.forEach((finding, index) => {
      const said = `${finding.seen}\n${finding.mend?.command ?? ''}\n${finding.mend?.say ?? ''}`
      expect(said).toMatch(finds[index]![2] ?? /./)
      expect(finding.mend?.command ?? finding.mend?.say, finding.id).toBeTruthy()
    })
  })

  it('says notes of what passes', () => {
    const findings = examine(
      checkedEstate(),
      observedOf({ source: { versioning: there({ status: 'Enabled', mfaDelete: true }) } }),
      { token: false },
    )
    expect(findings.filter(({ note }) => note).map(({ id }) => id)).toEqual(['bucket.mfa-delete', 'landfall.token'])
  })

  it('keeps to the pairs that are asked for, and to what is cheap', () => {
    const estate = checkedEstate()
    const other = examine(estate, observedOf({ source: { stands: absent } }), redis(), { pairs: new Set(['other']) })
    expect(new Set(other.map(({ subject }) => subject.kind))).toEqual(new Set(['redis']))
    const quick = examine(estate, observedOf({ role: absent }), redis(), { quick: true })
    expect(bad(quick)).toEqual([])
    expect(quick.length).toBeGreaterThan(20)
  })
})
