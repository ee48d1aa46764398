import {
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type QueueConfiguration,
} from '@aws-sdk/client-s3'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Body, type LocalAws, type LocalQueue, startLocalAws } from '../../support/local-aws.ts'

let aws: LocalAws

beforeEach(async () => {
  aws = await startLocalAws(3)
})

afterEach(() => aws.close())

async function put(bucket: string, key: string): Promise<void> {
  await aws.s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'content' }))
}

async function configure(bucket: string, QueueConfigurations: QueueConfiguration[]): Promise<void> {
  const NotificationConfiguration = { QueueConfigurations }
  await aws.s3().send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }))
}

const recordsOf = (bodies: readonly Body[]) => bodies.flatMap(({ Records = [] }) => Records)
const keysOf = (bodies: readonly Body[]) => recordsOf(bodies).map(({ s3 }) => s3.object.key)

async function countsOf(bucket: string) {
  const { notifications } = (await aws.control('replication')) as {
    notifications: Record<string, Record<string, number>>
  }
  return notifications[bucket]
}

describe('a configuration', () => {
  it('is greeted with a test event', async () => {
    const bucket = await aws.bucket('docs')
    const queue = await aws.queue('intake')
    await configure(bucket, [{ Id: 'all', QueueArn: queue.arn, Events: ['s3:ObjectCreated:*'] }])
    const [greeting] = await aws.receive(queue, 1)
    expect(greeting).toMatchObject({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: bucket })
    const stored = await aws.s3().send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }))
    expect(stored.QueueConfigurations).toMatchObject([
      { Id: 'all', QueueArn: queue.arn, Events: ['s3:ObjectCreated:*'] },
    ])
  })

  it.each<[string, (here: string, there: string) => QueueConfiguration[], RegExp]>([
    ['a queue of another region', (_, there) => [{ QueueArn: there, Events: ['s3:ObjectCreated:*'] }], /region/],
    [
      'a queue that is not there',
      (here) => [{ QueueArn: `${here}x`, Events: ['s3:ObjectCreated:*'] }],
      /Unable to validate/,
    ],
    [
      'overlapping events',
      (here) => [
        { QueueArn: here, Events: ['s3:ObjectCreated:*'] },
        { QueueArn: here, Events: ['s3:ObjectCreated:Put'] },
      ],
      /overlap|ambiguous/i,
    ],
  ])('is refused for %s', async (_what, targets, message) => {
    const bucket = await aws.bucket('docs')
    const here = await aws.queue('intake')
    const there = await aws.queue('intake', 'eu-west-2')
    await expect(configure(bucket, targets(here.arn, there.arn))).rejects.toMatchObject({
      name: 'InvalidArgument',
      message: expect.stringMatching(message) as string,
    })
    expect(await aws.drain(here)).toEqual([])
  })
})

describe('an event', () => {
  it('goes where its type, prefix and suffix say', async () => {
    const bucket = await aws.bucket('docs')
    const [pdf, gone] = [await aws.queue('pdf'), await aws.queue('gone')]
    const Filter = {
      Key: {
        FilterRules: [
          { Name: 'prefix' as const, Value: 'a/' },
          { Name: 'suffix' as const, Value: '.pdf' },
        ],
      },
    }
    await configure(bucket, [
      { Id: 'pdf', QueueArn: pdf.arn, Events: ['s3:ObjectCreated:Put'], Filter },
      { Id: 'gone', QueueArn: gone.arn, Events: ['s3:ObjectRemoved:*'] },
    ])
    await aws.receive(pdf, 1)
    await aws.receive(gone, 1)
    for (const key of ['a/1.pdf', 'b/1.pdf', 'a/1.txt', 'a/2 é+.pdf']) await put(bucket, key)
    await aws.s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a/1.pdf' }))
    expect(keysOf(await aws.receive(pdf, 2))).toEqual(['a/1.pdf', 'a/2+%C3%A9%2B.pdf'])
    expect(recordsOf(await aws.receive(gone, 1))).toMatchObject([
      { eventName: 'ObjectRemoved:DeleteMarkerCreated', s3: { configurationId: 'gone', object: { size: 0 } } },
    ])
    expect(await aws.drain(pdf)).toEqual([])
  })

  it('carries a version id only where the bucket is versioned, and sequencers that grow', async () => {
    const queue = await aws.queue('intake')
    for (const [name, versioning] of [
      ['plain', 'none'],
      ['versioned', 'Enabled'],
    ] as const) {
      const bucket = await aws.bucket(name, 'eu-west-1', versioning)
      await aws.subscribe(bucket, queue)
      await put(bucket, 'k')
      await put(bucket, 'k')
      const VersionId = (await aws.head(bucket, 'k'))?.VersionId
      await aws.s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k', VersionId }))
      const objects = recordsOf(await aws.receive(queue, 3)).map(({ s3 }) => s3.object)
      expect(objects.map(({ versionId }) => versionId !== undefined)).toEqual(Array(3).fill(versioning === 'Enabled'))
      const sequencers = objects.map(({ sequencer }) => sequencer!)
      expect(sequencers).toEqual([...new Set(sequencers)].toSorted((a, b) => (a < b ? -1 : 1)))
    }
  })

  it('goes by a topic to the queues that subscribe to it, wrapped', async () => {
    const bucket = await aws.bucket('docs')
    const queue = await aws.queue('intake')
    const { TopicArn } = await aws.sns().send(new CreateTopicCommand({ Name: 'antivirus' }))
    await aws.sns().send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn }))
    const TopicConfigurations = [{ Id: 'av', TopicArn, Events: ['s3:ObjectCreated:*' as const] }]
    const NotificationConfiguration = { TopicConfigurations }
    await aws.s3().send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }))
    await put(bucket, 'k')
    const wrapped = await aws.receive(queue, 2)
    expect(wrapped).toMatchObject([{ Type: 'Notification', TopicArn, Subject: 'Amazon S3 Notification' }, { TopicArn }])
    const inner = wrapped.map(({ Message }) => JSON.parse(Message as string) as Body)
    expect(inner[0]).toMatchObject({ Event: 's3:TestEvent' })
    expect(keysOf(inner)).toEqual(['k'])
  })

  it('goes to EventBridge where the bucket says so', async () => {
    const bucket = await aws.bucket('docs')
    const queue = await aws.queue('bridge')
    const bridge = { method: 'PUT', body: JSON.stringify({ 'eu-west-1': queue.arn }) }
    expect((await fetch(`${aws.sandbox.url}/_sandbox/eventbridge`, bridge)).status).toBe(204)
    const NotificationConfiguration = { EventBridgeConfiguration: {} }
    await aws.s3().send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }))
    await put(bucket, 'a b')
    expect(await aws.receive(queue, 1)).toMatchObject([
      {
        'detail-type': 'Object Created',
        source: 'aws.s3',
        detail: { bucket: { name: bucket }, object: { key: 'a b', size: 7 } },
      },
    ])
  })
})

describe('faults on order', () => {
  async function subscribed(): Promise<{ bucket: string; queue: LocalQueue }> {
    const bucket = await aws.bucket('docs')
    const queue = await aws.queue('intake')
    await aws.subscribe(bucket, queue)
    return { bucket, queue }
  }

  it('drop, and say how many', async () => {
    const { bucket, queue } = await subscribed()
    await aws.faults({ notifications: [{ drop: 0.5 }] })
    for (let n = 0; n < 40; n += 1) await put(bucket, `k${n}`)
    const { sent, dropped } = (await countsOf(bucket))!
    expect(sent! + dropped!).toBe(40)
    expect(dropped).toBeGreaterThan(5)
    expect(await aws.drain(queue)).toHaveLength(sent!)
  })

  it('duplicate and reorder; in the end every event is there', async () => {
    const { bucket, queue } = await subscribed()
    await aws.faults({ notifications: [{ duplicate: 0.3, reorderMs: 60 }] })
    for (let n = 0; n < 40; n += 1) await put(bucket, `k${n}`)
    const { duplicated } = (await countsOf(bucket))!
    expect(duplicated).toBeGreaterThan(2)
    const keys = keysOf(await aws.receive(queue, 40 + duplicated!))
    expect(new Set(keys).size).toBe(40)
    expect([...new Set(keys)]).not.toEqual(Array.from({ length: 40 }, (_, n) => `k${n}`))
  })
})
