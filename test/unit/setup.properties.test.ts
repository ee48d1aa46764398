/** The plan of a set-up over random estates and random worlds: done once it is done, and nothing that stands is lost. */
import { describe, expect, it } from 'vitest'
import { type Change, isPending, type SetupOptions } from '../../src/domain/setup/change.ts'
import { single } from '../../src/domain/setup/events.ts'
import type {
  Observed,
  PolicyStatement,
  Seen,
  SeenBucket,
  SeenLifecycleRule,
  SeenQueue,
  SeenRole,
  SeenRule,
  SeenTarget,
} from '../../src/domain/setup/observed.ts'
import { bucketsOf, deadLetterName, queueArn, rolesOf } from '../../src/domain/setup/places.ts'
import { planSetup } from '../../src/domain/setup/plan.ts'
import { applied, there, valueOf } from '../support/observed-apply.ts'
import { fc, runs } from '../support/fc.ts'
import { smallEstate, smallPair } from '../support/small-estate.ts'
import type { Estate } from '../../src/config/estate.ts'

const ABSENT = { is: 'absent' } as const
const UNKNOWN = {
  is: 'unknown',
  fault: { code: 'ACCESS_DENIED', message: 'denied', hint: 'grant it', action: 's3:Get' },
} as const
const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:antivirus'

/** Mostly there, sometimes absent, seldom hidden. */
function seen<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Seen<T>> {
  return fc.oneof(
    { weight: 6, arbitrary: value.map((one): Seen<T> => there(one)) },
    { weight: 3, arbitrary: fc.constant<Seen<T>>(ABSENT) },
    { weight: 1, arbitrary: fc.constant<Seen<T>>(UNKNOWN) },
  )
}

const tags = fc.constantFrom<Record<string, string>>({}, {}, {}, { ManagedBy: 'terraform' }, { team: 'files' })
const statement: fc.Arbitrary<PolicyStatement> = fc.constantFrom(
  {
    Sid: 'TheirTls',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: '*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
  { Sid: 'Public', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' },
  {
    Sid: 'LandfallLetsS3Send',
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::gone' } },
  },
  { Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sts:AssumeRole' },
  { Effect: 'Allow', Action: ['s3:Get*', 's3:Replicate*'], Resource: '*' },
)
const statements = fc.uniqueArray(statement, { maxLength: 3, selector: (one) => JSON.stringify(one) })
const lifecycleRule: fc.Arbitrary<SeenLifecycleRule> = fc.record({
  id: fc.constantFrom('a', 'b', 'landfall-end-uploads'),
  enabled: fc.boolean(),
  prefix: fc.constantFrom('', 'x/'),
  narrowed: fc.boolean(),
  expiredMarkers: fc.boolean(),
  expirationDays: fc.constantFrom(undefined, 7),
  noncurrentDays: fc.constantFrom(undefined, 30),
  abortUploadsDays: fc.constantFrom(undefined, 3),
  transitions: fc.constant([]),
})

/** What S3 would have taken: one version, one destination in version 1, priorities of their own. */
const replication = fc
  .record({
    v1: fc.boolean(),
    rules: fc.array(
      fc.record({
        id: fc.constantFrom('landfall-p1', 'theirs'),
        enabled: fc.boolean(),
        prefix: fc.constantFrom('', '', 'x/'),
        destination: fc.constantFrom('p1-destination', 'p2-destination', 'elsewhere'),
        deleteMarkers: fc.boolean(),
        metrics: fc.boolean(),
        timeControlMinutes: fc.constantFrom(undefined, 15),
        storageClass: fc.constantFrom(undefined, 'STANDARD_IA'),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ v1, rules }) => ({
    role: 'arn:aws:iam::111111111111:role/theirs',
    rules: rules
      .filter((rule) => !v1 || rule.destination === rules[0]!.destination)
      .map((rule, i): SeenRule => ({
        ...rule,
        id: `${rule.id}${i === 0 ? '' : i}`,
        schema: v1 ? 1 : 2,
        priority: v1 ? 0 : i + 1,
        tags: {},
        deleteMarkers: v1 || rule.deleteMarkers,
        metrics: !v1 && rule.metrics,
        timeControlMinutes: v1 ? undefined : rule.timeControlMinutes,
        sseKmsObjects: false,
        replicaModifications: false,
        existingObjects: false,
      })),
  }))

/** No two share an event. */
const targets: fc.Arbitrary<readonly SeenTarget[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<SeenTarget['kind']>('topic', 'queue', 'function'),
      family: fc.constantFrom('s3:ObjectCreated:*', 's3:ObjectCreated:Put', 's3:ObjectRemoved:*', 's3:ObjectTagging:*'),
      prefix: fc.constantFrom('', '', 'in/'),
    }),
    { maxLength: 2 },
  )
  .map((all) =>
    all
      .filter(
        ({ family }, i) =>
          !all.slice(0, i).some((one) => [...single([one.family])].some((name) => single([family]).has(name))),
      )
      .map(({ kind, family, prefix }, i) => ({
        kind,
        id: `theirs-${i}`,
        arn: kind === 'topic' ? TOPIC : `arn:aws:${kind === 'queue' ? 'sqs' : 'lambda'}:eu-west-1:111111111111:theirs`,
        events: [family],
        prefix,
        suffix: '',
      })),
  )

const bucketParts = fc.record({
  stands: fc.constantFrom('there', 'there', 'there', 'absent', 'unknown', 'elsewhere'),
  versioning: seen(
    fc.record({ status: fc.constantFrom('Enabled', 'Enabled', 'Suspended', 'Off'), mfaDelete: fc.boolean() }),
  ),
  encryption: seen(
    fc.record({
      algorithm: fc.constantFrom('AES256', 'aws:kms'),
      bucketKey: fc.boolean(),
      blocksCustomerKeys: fc.boolean(),
    }),
  ),
  publicAccess: seen(
    fc.record({
      blockAcls: fc.boolean(),
      ignoreAcls: fc.boolean(),
      blockPolicy: fc.boolean(),
      restrictBuckets: fc.boolean(),
    }),
  ),
  ownership: seen(fc.constantFrom('BucketOwnerEnforced', 'ObjectWriter')),
  policy: seen(statements.map((Statement) => ({ Statement }))),
  lifecycle: seen(fc.uniqueArray(lifecycleRule, { maxLength: 2, selector: ({ id }) => id })),
  replication: seen(replication),
  notifications: seen(fc.record({ targets, eventBridge: fc.boolean() })),
  objectLock: seen(fc.constant({})),
  tags: seen(tags),
})

const queueParts = fc.record({
  retentionSeconds: fc.constantFrom(60, 345_600, 1_209_600),
  policy: seen(statements.map((Statement) => ({ Statement }))),
  receives: fc.constantFrom(undefined, 3, 10, 100),
  tags: seen(tags),
})

const roleParts = fc.record({
  trust: statements,
  policies: seen(statements.map((Statement) => [{ name: 'theirs', inline: true, document: { Statement } }])),
  tags,
})

const estates: fc.Arbitrary<Estate> = fc
  .record({
    two: fc.boolean(),
    deleteMarkers: fc.boolean(),
    batch: fc.boolean(),
    expires: fc.constantFrom(undefined, 30 * 86_400_000),
    timeControl: fc.constantFrom(undefined, true, false),
    foreign: fc.boolean(),
    half: fc.boolean(),
  })
  .map(({ two, deleteMarkers, batch, expires, timeControl, foreign, half }) => {
    const base = smallEstate()
    const pair = (name: string) =>
      smallPair(name, {
        deleteMarkers,
        destinationExpiresAfterMs: expires,
        setup: { timeControl },
        ...(foreign && { destination: { bucket: `${name}-destination`, region: 'eu-west-2', account: 'backups' } }),
        redrive: {
          ...smallPair(name).redrive,
          ...(batch && { batch: { roleArn: 'arn:aws:iam::111111111111:role/batch', bucket: 'batch', prefix: 'x/' } }),
        },
      })
    return smallEstate({
      accounts: { ...base.accounts, backups: { name: 'backups', id: '222222222222' } },
      pairs: two ? [pair('p1'), pair('p2')] : [pair('p1')],
      queues: half ? base.queues.slice(0, 1) : base.queues,
    })
  })

function worlds(estate: Estate): fc.Arbitrary<Observed> {
  const places = [...bucketsOf(estate).values()]
  const roles = [...new Set([...rolesOf(estate), 'arn:aws:iam::111111111111:role/theirs'])]
  const arns = estate.queues.flatMap((queue) => [
    queueArn(estate, queue),
    queueArn(estate, { ...queue, name: deadLetterName(queue) }),
  ])
  return fc
    .record({
      buckets: fc.tuple(...places.map(() => bucketParts)),
      queues: fc.tuple(...arns.map(() => seen(queueParts))),
      roles: fc.tuple(...roles.map(() => seen(roleParts))),
      topic: seen(fc.record({ subscriptions: seen(fc.constant([])) })),
    })
    .map(({ buckets, queues, roles: said, topic }): Observed => ({
      identities: new Map(),
      buckets: new Map(places.map((place, i) => [place.bucket, bucketOf(place, buckets[i]!)])),
      queues: new Map(arns.map((arn, i) => [arn, mapped(queues[i]!, (parts) => queueOf(arn, parts))])),
      roles: new Map(roles.map((arn, i) => [arn, mapped(said[i]!, (parts) => roleOf(arn, parts))])),
      topics: new Map([[TOPIC, mapped(topic, ({ subscriptions }) => ({ arn: TOPIC, policy: ABSENT, subscriptions }))]]),
    }))
}

type Parts<A> = A extends fc.Arbitrary<infer T> ? T : never

function mapped<A, B>(one: Seen<A>, change: (value: A) => B): Seen<B> {
  return one.is === 'there' ? there(change(one.value)) : one
}

function bucketOf(
  place: { bucket: string; region: string; account: string },
  parts: Parts<typeof bucketParts>,
): SeenBucket {
  const { stands, ...rest } = parts
  const { bucket, region, account } = place
  const at = { bucket, region, account }
  if (stands === 'absent') {
    const nothing = Object.fromEntries(Object.keys(rest).map((name) => [name, ABSENT])) as unknown as typeof rest
    return {
      ...at,
      stands: ABSENT,
      ...(nothing as unknown as Omit<SeenBucket, 'bucket' | 'region' | 'account' | 'stands'>),
    }
  }
  return {
    ...at,
    ...(rest as unknown as Omit<SeenBucket, 'bucket' | 'region' | 'account' | 'stands'>),
    stands: stands === 'unknown' ? UNKNOWN : there({ region: stands === 'elsewhere' ? 'us-east-1' : region }),
  }
}

function queueOf(arn: string, { retentionSeconds, policy, receives, tags: said }: Parts<typeof queueParts>): SeenQueue {
  const [, , , region = '', , name = ''] = arn.split(':')
  return {
    name,
    region,
    account: 'main',
    arn,
    url: `https://${name}`,
    visibilitySeconds: 30,
    retentionSeconds,
    waitSeconds: 20,
    policy,
    redrive: receives === undefined ? undefined : { deadLetterArn: `${arn}-dead-letters`, maxReceiveCount: receives },
    tags: said,
  }
}

function roleOf(arn: string, { trust, policies, tags: said }: Parts<typeof roleParts>): SeenRole {
  return { arn, trust: { Statement: trust }, policies, tags: said, maxSessionSeconds: 3600 }
}

const options: fc.Arbitrary<SetupOptions> = fc.record({
  subscribe: fc.boolean(),
  migrateRules: fc.boolean(),
})

const cases = estates.chain((estate) =>
  fc.record({ estate: fc.constant(estate), world: worlds(estate), asked: options }),
)

describe('a plan', () => {
  it('is done once it is done', () => {
    fc.assert(
      fc.property(cases, ({ estate, world, asked }) => {
        const next = applied(world, planSetup(estate, world, asked))
        expect(planSetup(estate, next, asked).filter(isPending).map(said)).toEqual([])
      }),
      runs(400),
    )
  })

  it('of an empty account leaves nothing offered or blocked, but what the estate itself lacks', () => {
    fc.assert(
      fc.property(estates, (estate) => {
        const empty = worldOf(estate)
        const next = applied(empty, planSetup(estate, empty))
        const left = planSetup(estate, next).filter(({ kind }) => kind !== 'keep')
        expect(left.filter(({ reason }) => !reason.startsWith('no intake queue in')).map(said)).toEqual([])
      }),
      runs(100),
    )
  })

  it('weakens and removes nothing that stands', () => {
    fc.assert(
      fc.property(cases, ({ estate, world, asked }) => {
        const next = applied(world, planSetup(estate, world, asked))
        for (const [name, before] of world.buckets) survives(before, next.buckets.get(name)!)
        for (const [arn, before] of world.queues) {
          const [old, now] = [valueOf(before), valueOf(next.queues.get(arn))]
          if (old === undefined) continue
          expect(now!.retentionSeconds).toBeGreaterThanOrEqual(old.retentionSeconds)
          expect(now!.redrive?.maxReceiveCount ?? 0).toBeGreaterThanOrEqual(old.redrive?.maxReceiveCount ?? 0)
          const theirs = (valueOf(old.policy)?.Statement ?? []).filter(({ Sid }) => Sid !== 'LandfallLetsS3Send')
          expect(valueOf(now!.policy)?.Statement ?? []).toEqual(expect.arrayContaining(theirs))
          // What our own statement allowed it still allows.
          expect(JSON.stringify(now!.policy).includes('s3:::gone')).toBe(
            JSON.stringify(old.policy).includes('s3:::gone'),
          )
        }
        for (const [arn, before] of world.roles) {
          const [old, now] = [valueOf(before), valueOf(next.roles.get(arn))]
          if (old === undefined) continue
          expect(now!.trust.Statement).toEqual(expect.arrayContaining([...old.trust.Statement]))
          expect(valueOf(now!.policies) ?? []).toEqual(expect.arrayContaining([...(valueOf(old.policies) ?? [])]))
        }
      }),
      runs(400),
    )
  })

  it('touches nothing that Terraform owns, that is hidden, or that MFA delete guards', () => {
    fc.assert(
      fc.property(cases, ({ estate, world, asked }) => {
        for (const change of planSetup(estate, world, asked).filter(isPending)) {
          const seenBucket = world.buckets.get(change.name)
          if (seenBucket === undefined) continue
          expect(valueOf(seenBucket.tags)?.['ManagedBy'], said(change)).toBe(undefined)
          expect(seenBucket.stands.is, said(change)).not.toBe('unknown')
          if (seenBucket.stands.is === 'there') expect(seenBucket.tags.is, said(change)).not.toBe('unknown')
          if (change.part === 'versioning') expect(valueOf(seenBucket.versioning)?.mfaDelete ?? false).toBe(false)
        }
      }),
      runs(400),
    )
  })

  it('tells a bucket of no event that another target takes already', () => {
    fc.assert(
      fc.property(cases, ({ estate, world, asked }) => {
        const next = applied(world, planSetup(estate, world, asked))
        for (const bucket of next.buckets.values()) {
          const all = valueOf(bucket.notifications)?.targets ?? []
          const events = all.flatMap((target) => [...single(target.events)])
          expect(new Set(events).size, JSON.stringify(all)).toBe(events.length)
        }
      }),
      runs(400),
    )
  })
})

const said = ({ kind, part, name, reason }: Change): string => `${kind} ${part} ${name}: ${reason}`

function survives(before: SeenBucket, now: SeenBucket): void {
  if (before.stands.is === 'absent') return
  const rules = valueOf(now.replication)?.rules ?? []
  for (const rule of valueOf(before.replication)?.rules ?? []) {
    const same = rules.find(({ id }) => id === rule.id)
    expect(same!.destination).toBe(rule.destination)
    // One of ours may be widened again, and none is narrowed.
    expect([rule.prefix, ...(rule.id.startsWith('landfall-') ? [''] : [])]).toContain(same!.prefix)
    for (const on of ['enabled', 'deleteMarkers', 'metrics'] as const) expect(same![on] || !rule[on]).toBe(true)
    expect(same!.storageClass).toBe(rule.storageClass)
    expect(same!.schema).toBeGreaterThanOrEqual(rule.schema)
  }
  const policy = valueOf(before.policy)?.Statement ?? []
  expect(valueOf(now.policy)?.Statement ?? []).toEqual(expect.arrayContaining([...policy]))
  const lifecycle = valueOf(before.lifecycle) ?? []
  expect(valueOf(now.lifecycle) ?? []).toEqual(expect.arrayContaining([...lifecycle]))
  // On what stands, no rule of ours removes a version.
  const added = (valueOf(now.lifecycle) ?? []).filter((rule) => !lifecycle.includes(rule))
  expect(added.every((rule) => rule.noncurrentDays === undefined && rule.expirationDays === undefined)).toBe(true)
  const targets = valueOf(before.notifications)?.targets ?? []
  expect(valueOf(now.notifications)?.targets ?? []).toEqual(expect.arrayContaining([...targets]))
  if (valueOf(before.versioning)?.status === 'Enabled') expect(now.versioning).toEqual(before.versioning)
  if (valueOf(before.encryption)?.algorithm === 'aws:kms') expect(now.encryption).toEqual(before.encryption)
  if (before.ownership.is === 'there') expect(now.ownership).toEqual(before.ownership)
}

function worldOf(estate: Estate): Observed {
  const parts = [
    'versioning',
    'encryption',
    'publicAccess',
    'ownership',
    'policy',
    'lifecycle',
    'replication',
    'notifications',
    'objectLock',
    'tags',
  ] as const
  const nothing = Object.fromEntries(parts.map((name) => [name, ABSENT])) as unknown as Omit<
    SeenBucket,
    'bucket' | 'region' | 'account' | 'stands'
  >
  return {
    identities: new Map(),
    buckets: new Map(
      [...bucketsOf(estate)].map(([name, { bucket, region, account }]) => [
        name,
        { bucket, region, account, stands: ABSENT, ...nothing },
      ]),
    ),
    queues: new Map(),
    roles: new Map(),
    topics: new Map(),
  }
}
