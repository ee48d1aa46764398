/** The whole estate made by public APIs, then seen through every part of this room. */
import {
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { checkAws } from '../../../src/aws/check.ts'
import { makeAws, type Aws } from '../../../src/aws/clients.ts'
import { makeObjectStore } from '../../../src/aws/object-store.ts'
import { provision } from '../../../src/aws/provision.ts'
import { makeSnapshotStore } from '../../../src/aws/snapshot-store.ts'
import { makeQueues, type Queues } from '../../../src/aws/sqs.ts'
import type { Estate } from '../../../src/config/estate.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

let prefix: string
let estate: Estate
let aws: Aws
let queues: Queues
beforeEach(() => {
  pointSdkAt(inject('sandboxUrl'), '111111111111')
  prefix = randomPrefix()
  const snapshot = { bucket: `${prefix}-state`, region: 'eu-west-2', account: 'main', prefix: 'x/', everyMs: 1000 }
  estate = smallEstate(
    {
      pairs: [smallPair(`${prefix}-documents`), smallPair(`${prefix}-agreements`, { deleteMarkers: false })],
      queues: smallEstate().queues.map((queue) => ({ ...queue, name: `${prefix}-${queue.name}` })),
    },
    { snapshot },
  )
  aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  queues = makeQueues({ estate, aws })
})
afterEach(() => {
  aws.close()
  vi.unstubAllEnvs()
})

/** Bodies from one queue until one holds `text`; each is deleted. */
async function receiveUntil(queue: Estate['queues'][number], text: string): Promise<string> {
  const { url } = await queues.resolve(queue)
  const sqs = queues.client(queue)
  for (let polls = 0; polls < 20; polls++) {
    const got = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }),
    )
    for (const message of got.Messages ?? []) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }))
      if (message.Body?.includes(text) === true) return message.Body
    }
  }
  throw new Error(`no message with ${text} on ${queue.name}`)
}

describe('provision', () => {
  test('makes everything once; a second run keeps it all', async () => {
    const told: string[] = []
    const first = await provision({ estate, aws, onProgress: ({ what, name }) => told.push(`${what} ${name}`) })
    expect(new Set(first.map(({ outcome }) => outcome))).toEqual(new Set(['created']))
    expect(told).toHaveLength(first.length)
    expect(Object.groupBy(first, ({ what }) => what)).toMatchObject({
      bucket: { length: 5 },
      queue: { length: 2 },
      notifications: { length: 4 },
      replication: { length: 2 },
    })
    const second = await provision({ estate, aws })
    expect(new Set(second.map(({ outcome }) => outcome))).toEqual(new Set(['kept']))
    expect(second).toHaveLength(first.length)
  })

  test('buckets are versioned, and tell the queue of their own region', async () => {
    await provision({ estate, aws })
    const { source, destination } = estate.pairs[0]!
    for (const place of [source, destination]) {
      const versioning = await aws.s3(place).send(new GetBucketVersioningCommand({ Bucket: place.bucket }))
      expect(versioning.Status).toBe('Enabled')
      const told = await aws.s3(place).send(new GetBucketNotificationConfigurationCommand({ Bucket: place.bucket }))
      expect(told.QueueConfigurations).toMatchObject([
        { Id: 'landfall', QueueArn: expect.stringContaining(`:sqs:${place.region}:`) },
      ])
      const events = told.QueueConfigurations![0]!.Events!
      expect(events).toContain('s3:ObjectCreated:*')
      expect(events.includes('s3:Replication:*')).toBe(place === source)
    }
  })

  test('V2 rules carry metrics, RTC and what the pair says of delete markers', async () => {
    await provision({ estate, aws })
    const rules = await Promise.all(
      estate.pairs.map(async ({ source }) => {
        const found = await aws.s3(source).send(new GetBucketReplicationCommand({ Bucket: source.bucket }))
        return found.ReplicationConfiguration!
      }),
    )
    expect(rules[0]).toMatchObject({
      Role: 'arn:aws:iam::111111111111:role/landfall-replication',
      Rules: [
        {
          Status: 'Enabled',
          DeleteMarkerReplication: { Status: 'Enabled' },
          Destination: {
            Bucket: `arn:aws:s3:::${estate.pairs[0]!.destination.bucket}`,
            Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
            ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
          },
        },
      ],
    })
    expect(rules[1]!.Rules![0]!.DeleteMarkerReplication).toEqual({ Status: 'Disabled' })
  })

  test('V1 rules have a prefix, and neither filter nor metrics', async () => {
    await provision({ estate, aws, rule: 'v1', replicationRole: () => 'arn:aws:iam::111111111111:role/mine' })
    const { source } = estate.pairs[0]!
    const found = await aws.s3(source).send(new GetBucketReplicationCommand({ Bucket: source.bucket }))
    expect(found.ReplicationConfiguration!.Role).toBe('arn:aws:iam::111111111111:role/mine')
    const [rule] = found.ReplicationConfiguration!.Rules!
    expect(rule).toMatchObject({ Status: 'Enabled', Prefix: '' })
    expect(rule!.Filter).toBe(undefined)
    expect(rule!.Destination!.Metrics).toBe(undefined)
  })

  test('a configuration of others on the bucket is kept', async () => {
    await provision({ estate, aws })
    const { source } = estate.pairs[0]!
    const own = await aws.s3(source).send(new GetBucketNotificationConfigurationCommand({ Bucket: source.bucket }))
    const theirs = {
      Id: 'theirs',
      QueueArn: own.QueueConfigurations![0]!.QueueArn!,
      Events: ['s3:ObjectTagging:*' as const],
    }
    await aws.s3(source).send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: source.bucket,
        NotificationConfiguration: { QueueConfigurations: [theirs] },
      }),
    )
    const steps = await provision({ estate, aws })
    expect(steps.filter(({ outcome }) => outcome !== 'kept')).toMatchObject([
      { what: 'notifications', outcome: 'created' },
    ])
    const after = await aws.s3(source).send(new GetBucketNotificationConfigurationCommand({ Bucket: source.bucket }))
    expect(after.QueueConfigurations!.map(({ Id }) => Id)).toEqual(['theirs', 'landfall'])
  })

  test('a region without a queue is a fault of the configuration, said before anything is made', async () => {
    const half = { ...estate, queues: estate.queues.slice(0, 1) }
    await expect(provision({ estate: half, aws })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no intake queue in eu-west-2'),
    })
    await expect(checkAws({ estate, aws, queues })).rejects.toMatchObject({ disposition: 'permanent' })
  })

  test('an object written to a source lands, and both queues hear of it', async () => {
    await provision({ estate, aws })
    await checkAws({ estate, aws, queues })
    const pair = estate.pairs[0]!
    const store = makeObjectStore({ estate, aws, log: recordingLog(), clock: { now: () => Date.now() } })
    const written = await aws
      .s3(pair.source)
      .send(new PutObjectCommand({ Bucket: pair.source.bucket, Key: 'g-cloud/a b.pdf', Body: 'bytes' }))
    const versionId = written.VersionId!
    expect(await receiveUntil(estate.queues[0]!, versionId)).toContain('ObjectCreated:Put')
    expect(await receiveUntil(estate.queues[1]!, versionId)).toContain('ObjectCreated:Put')
    const at = { pair: pair.name, key: 'g-cloud/a b.pdf', versionId }
    expect(await store.head({ ...at, side: 'destination' })).toMatchObject({ replication: 'REPLICA', size: 5 })
    expect(await store.head({ ...at, side: 'source' })).toMatchObject({ replication: 'COMPLETED', size: 5 })
  })
})

test('an account with a role is worked in by that role', async () => {
  const backups = { name: 'backups', id: '222222222222', roleArn: 'arn:aws:iam::222222222222:role/landfall' }
  const destination = { bucket: `${prefix}-backups`, region: 'eu-west-2', account: 'backups' }
  const across: Estate = {
    ...estate,
    accounts: { ...estate.accounts, backups },
    pairs: [smallPair(`${prefix}-dumps`, { destination })],
    queues: [estate.queues[0]!, { ...estate.queues[1]!, account: 'backups' }],
  }
  const own = makeAws({ estate: across, log: recordingLog(), pathStyle: true })
  try {
    await provision({ estate: across, aws: own })
    await checkAws({ estate: across, aws: own, queues: makeQueues({ estate: across, aws: own }) })
    const who = await own.sts({ account: 'backups', region: 'eu-west-2' }).send(new GetCallerIdentityCommand({}))
    expect(who).toMatchObject({
      Account: '222222222222',
      Arn: expect.stringMatching(/assumed-role\/landfall\/landfall$/),
    })
    const [, near] = await makeQueues({ estate: across, aws: own }).resolveAll()
    expect(near!.arn).toBe(`arn:aws:sqs:eu-west-2:222222222222:${prefix}-intake-2`)
    expect(own.requests().get('sts')?.get('AssumeRole')).toBeGreaterThanOrEqual(1)
    const rule = await own
      .s3(across.pairs[0]!.source)
      .send(new GetBucketReplicationCommand({ Bucket: across.pairs[0]!.source.bucket }))
    expect(rule.ReplicationConfiguration!.Rules![0]!.Destination!.Account).toBe('222222222222')
  } finally {
    own.close()
  }
})

describe('queues', () => {
  test('are resolved with their redrive policy, and kept longer when dead', async () => {
    await provision({ estate, aws })
    const resolved = await queues.resolveAll()
    expect(resolved.map(({ name }) => name)).toEqual(estate.queues.map(({ name }) => name))
    const [first] = resolved
    expect(first).toMatchObject({
      url: expect.stringContaining(`${prefix}-intake-1`),
      arn: `arn:aws:sqs:eu-west-1:111111111111:${prefix}-intake-1`,
      visibilitySeconds: 30,
      deadLetter: { arn: `arn:aws:sqs:eu-west-1:111111111111:${prefix}-intake-1-dead-letters`, maxReceiveCount: 10 },
    })
    const dead = await aws.sqs(estate.queues[0]!).send(
      new GetQueueAttributesCommand({
        QueueUrl: `${first!.url}-dead-letters`,
        AttributeNames: ['MessageRetentionPeriod'],
      }),
    )
    expect(Number(dead.Attributes!.MessageRetentionPeriod)).toBeGreaterThan(first!.retentionSeconds)
  })

  test('one that is missing is named with its account and region', async () => {
    await expect(queues.resolve(estate.queues[0]!)).rejects.toMatchObject({
      code: 'QUEUE_MISSING',
      exit: 6,
      message: `no queue ${prefix}-intake-1 of account main (111111111111) (eu-west-1)`,
    })
  })

  test('tell their depth', async () => {
    await provision({ estate, aws })
    const { source } = estate.pairs[0]!
    for (const key of ['1', '2', '3', '4', '5']) {
      await aws.s3(source).send(new PutObjectCommand({ Bucket: source.bucket, Key: key, Body: 'x' }))
    }
    await vi.waitFor(async () => {
      const [first] = await queues.depths()
      expect(first).toMatchObject({ queue: `${prefix}-intake-1`, inFlight: 0, delayed: 0 })
      expect(first!.visible).toBeGreaterThanOrEqual(5)
    })
  })
})

test('the snapshot is read as it was written, and one of another ledger is kept aside', async () => {
  await provision({ estate, aws })
  const store = makeSnapshotStore({ estate, aws })!
  await expect(store.read()).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' })
  expect(await store.whose()).toBeUndefined()
  await store.write('{"open":["é"]}', { ledger: 'aaaa', atRisk: 1 })
  await store.write('{"open":["ü"]}', { ledger: 'aaaa', atRisk: 2 })
  expect(await store.read()).toBe('{"open":["ü"]}')
  expect(await store.whose()).toEqual({ ledger: 'aaaa', atRisk: 2 })
  await store.keep('aaaa')
  await store.write('{"open":[]}', { ledger: 'bbbb', atRisk: 0 })
  expect(await store.read('aaaa')).toBe('{"open":["ü"]}')
  expect(await store.read()).toBe('{"open":[]}')
  await expect(store.read('cccc')).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' })
  const other = makeSnapshotStore({ estate: { ...estate, name: 'another' }, aws })!
  expect(await other.whose()).toBeUndefined()
})
