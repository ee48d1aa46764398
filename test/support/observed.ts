/** What AWS would say of a small estate that is as it should be; tests break one thing of it. */
import type { Estate } from '../../src/config/estate.ts'
import type {
  Observed,
  PolicyDocument,
  Seen,
  SeenBucket,
  SeenQueue,
  SeenReplication,
  SeenRole,
  SeenRule,
  SeenTopic,
} from '../../src/domain/setup/observed.ts'
import { smallEstate, smallPair } from './small-estate.ts'

export const ACCOUNT_ID = '111111111111'
export const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/landfall-replication`
export const BATCH_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/landfall-batch`
export const SOURCE = 'documents-source'
export const DESTINATION = 'documents-destination'
export const TOPIC = `arn:aws:sns:eu-west-1:${ACCOUNT_ID}:antivirus`
export const SOURCE_QUEUE = `arn:aws:sqs:eu-west-1:${ACCOUNT_ID}:intake-1`
export const DESTINATION_QUEUE = `arn:aws:sqs:eu-west-2:${ACCOUNT_ID}:intake-2`
export const DEAD_QUEUE = `${SOURCE_QUEUE}-dead-letters`

export const there = <T>(value: T): Seen<T> => ({ is: 'there', value })
export const absent = { is: 'absent' } as const
export const denied = (
  action: string,
): {
  readonly is: 'unknown'
  readonly fault: { code: 'ACCESS_DENIED'; message: string; hint: string; action: string }
} => ({
  is: 'unknown',
  fault: { code: 'ACCESS_DENIED', message: `${action} is denied`, hint: 'Grant it.', action },
})

export function checkedEstate(overrides: Partial<Estate> = {}): Estate {
  const batch = { roleArn: BATCH_ROLE, bucket: 'redrive', prefix: 'landfall/' }
  const pair = smallPair('documents')
  const { service, ...rest } = overrides
  return smallEstate({ pairs: [{ ...pair, redrive: { ...pair.redrive, batch } }], ...rest }, service)
}

export function policy(...Statement: PolicyDocument['Statement']): PolicyDocument {
  return { Version: '2012-10-17', Statement }
}

export const allow = (action: string | readonly string[], resource: string | readonly string[]) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

export const tlsOnly = (bucket: string): PolicyDocument =>
  policy({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  })

export function seenRule(overrides: Partial<SeenRule> = {}): SeenRule {
  return {
    id: 'landfall',
    schema: 2,
    enabled: true,
    priority: 1,
    prefix: '',
    tags: {},
    destination: DESTINATION,
    deleteMarkers: true,
    metrics: true,
    timeControlMinutes: 15,
    sseKmsObjects: false,
    replicaModifications: false,
    existingObjects: false,
    ...overrides,
  }
}

const ALL_EVENTS = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*', 's3:Replication:*']

export function seenBucket(bucket: string, region: string, overrides: Partial<SeenBucket> = {}): SeenBucket {
  return {
    bucket,
    region,
    account: 'main',
    stands: there({ region }),
    versioning: there({ status: 'Enabled', mfaDelete: false } as const),
    encryption: there({ algorithm: 'AES256', bucketKey: false, blocksCustomerKeys: true } as const),
    publicAccess: there({ blockAcls: true, ignoreAcls: true, blockPolicy: true, restrictBuckets: true }),
    ownership: there('BucketOwnerEnforced'),
    policy: there(tlsOnly(bucket)),
    lifecycle: absent,
    replication: absent,
    notifications: absent,
    objectLock: absent,
    tags: there({}),
    ...overrides,
  }
}

export function seenQueue(arn: string, bucket: string, overrides: Partial<SeenQueue> = {}): SeenQueue {
  const [, , , region = '', , name = ''] = arn.split(':')
  return {
    name,
    region,
    account: 'main',
    arn,
    url: `https://sqs.${region}.amazonaws.com/${ACCOUNT_ID}/${name}`,
    visibilitySeconds: 60,
    retentionSeconds: 7 * 86_400,
    waitSeconds: 20,
    policy: there(
      policy({
        ...allow('sqs:SendMessage', arn),
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          ArnEquals: { 'aws:SourceArn': [`arn:aws:s3:::${bucket}`] },
          StringEquals: { 'aws:SourceAccount': [ACCOUNT_ID] },
        },
      }),
    ),
    redrive: { deadLetterArn: `${arn}-dead-letters`, maxReceiveCount: 10 },
    tags: there({}),
    ...overrides,
  }
}

export function seenRole(overrides: Partial<SeenRole> = {}): SeenRole {
  return {
    arn: ROLE,
    trust: trusting('s3.amazonaws.com'),
    policies: there([{ name: 'replication', inline: true, document: replicationGrants() }]),
    tags: {},
    maxSessionSeconds: 3600,
    ...overrides,
  }
}

export function trusting(service: string): PolicyDocument {
  return policy({
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT_ID } },
  })
}

export function replicationGrants(without: readonly string[] = []): PolicyDocument {
  const source = [
    's3:GetObjectVersionForReplication',
    's3:GetObjectVersionAcl',
    's3:GetObjectVersionTagging',
    's3:GetObjectRetention',
    's3:GetObjectLegalHold',
  ]
  const left = (actions: readonly string[]): string[] => actions.filter((action) => !without.includes(action))
  return policy(
    allow(left(['s3:GetReplicationConfiguration', 's3:ListBucket']), `arn:aws:s3:::${SOURCE}`),
    allow(left(source), `arn:aws:s3:::${SOURCE}/*`),
    allow(left(['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags']), `arn:aws:s3:::${DESTINATION}/*`),
  )
}

/** What a test changes of it: whole buckets, queues, roles and topics by their names. */
export interface Broken {
  readonly source?: Partial<SeenBucket>
  readonly destination?: Partial<SeenBucket>
  readonly rules?: readonly SeenRule[]
  readonly sourceQueue?: Partial<SeenQueue>
  readonly role?: Seen<SeenRole>
  readonly batchRole?: Seen<SeenRole>
  readonly dead?: Seen<SeenQueue>
  readonly topic?: Seen<SeenTopic>
  readonly more?: Partial<Observed>
}

export function observedOf(broken: Broken = {}): Observed {
  const replication: SeenReplication = { role: ROLE, rules: broken.rules ?? [seenRule()] }
  const notifying = (arn: string) =>
    there({
      targets: [{ kind: 'queue', id: 'landfall', arn, events: ALL_EVENTS, prefix: '', suffix: '' } as const],
      eventBridge: false,
    })
  const batchGrants = policy(
    allow('s3:InitiateReplication', `arn:aws:s3:::${SOURCE}/*`),
    allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::redrive/*'),
  )
  return {
    identities: new Map([['main', there({ accountId: ACCOUNT_ID, arn: `arn:aws:iam::${ACCOUNT_ID}:role/landfall` })]]),
    buckets: new Map([
      [
        SOURCE,
        seenBucket(SOURCE, 'eu-west-1', {
          replication: there(replication),
          notifications: notifying(SOURCE_QUEUE),
          ...broken.source,
        }),
      ],
      [
        DESTINATION,
        seenBucket(DESTINATION, 'eu-west-2', { notifications: notifying(DESTINATION_QUEUE), ...broken.destination }),
      ],
      ['redrive', seenBucket('redrive', 'eu-west-1')],
    ]),
    queues: new Map<string, Seen<SeenQueue>>([
      [SOURCE_QUEUE, there(seenQueue(SOURCE_QUEUE, SOURCE, broken.sourceQueue))],
      [DESTINATION_QUEUE, there(seenQueue(DESTINATION_QUEUE, DESTINATION))],
      [DEAD_QUEUE, broken.dead ?? there(grave(DEAD_QUEUE))],
      [`${DESTINATION_QUEUE}-dead-letters`, there(grave(`${DESTINATION_QUEUE}-dead-letters`))],
    ]),
    roles: new Map<string, Seen<SeenRole>>([
      [ROLE, broken.role ?? there(seenRole())],
      [
        BATCH_ROLE,
        broken.batchRole ??
          there(
            seenRole({
              arn: BATCH_ROLE,
              trust: trusting('batchoperations.s3.amazonaws.com'),
              policies: there([{ name: 'batch', inline: true, document: batchGrants }]),
            }),
          ),
      ],
    ]),
    topics: new Map(broken.topic === undefined ? [] : [[TOPIC, broken.topic]]),
    ...broken.more,
  }
}

export function grave(arn: string, overrides: Partial<SeenQueue> = {}): SeenQueue {
  return seenQueue(arn, SOURCE, { retentionSeconds: 14 * 86_400, redrive: undefined, ...overrides })
}
