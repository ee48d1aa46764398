import { fc } from '../../support/fc.ts'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeKey } from '../../../sandbox/notifications/document.ts'
import { makeNotifications, type Notifications } from '../../../sandbox/notifications/engine.ts'
import { matches, overlap } from '../../../sandbox/notifications/matching.ts'
import type { NotificationTarget } from '../../../sandbox/types.ts'
import { makeFakeWorld } from '../../support/fake-s3.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111111111111:intake'
const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:antivirus'

function makeTarget(target: Partial<NotificationTarget> = {}): NotificationTarget {
  return {
    id: 'landfall',
    kind: 'queue',
    arn: QUEUE,
    events: ['s3:ObjectCreated:*'],
    prefix: '',
    suffix: '',
    ...target,
  }
}

interface Message {
  readonly to: string
  readonly at: number
  readonly body: Record<string, unknown>
}

let world: ReturnType<typeof makeFakeWorld>
let messages: Message[]
let notifications: Notifications

function setUp(targets: readonly NotificationTarget[] = [makeTarget()], eventBridge = false): void {
  world = makeFakeWorld()
  messages = []
  const take = (to: string, body: string): boolean => {
    if (to.endsWith('gone')) return false
    messages.push({ to, at: world.clock.now(), body: JSON.parse(body) as Record<string, unknown> })
    return true
  }
  const exists = (arn: string) => arn === QUEUE || arn === TOPIC
  const takes = () => true
  notifications = makeNotifications({
    ...world,
    sqs: { exists, takes, send: take },
    sns: { exists, takes, publish: take },
  })
  world.s3.make('bucket', { notification: { targets, eventBridge } })
}

interface Document {
  readonly Records: readonly { readonly s3: { readonly object: Record<string, unknown> } & Record<string, unknown> }[]
}

const recordOf = (message: Message | undefined) => (message!.body as unknown as Document).Records[0]!
const keyOf = (message: Message | undefined) => recordOf(message).s3.object['key']

beforeEach(() => setUp())

describe('the document of an event', () => {
  const fixture = (name: string) =>
    (JSON.parse(readFileSync(new URL(`../../fixtures/events/${name}.json`, import.meta.url), 'utf8')) as Document)
      .Records[0]!

  it.each([
    ['object-created-put', {}, {}],
    ['object-created-multipart', {}, { eventName: 'ObjectCreated:CompleteMultipartUpload' }],
    ['object-removed-delete-marker', { body: undefined }, {}],
    [
      'lifecycle-expiration-delete',
      {},
      { eventName: 'LifecycleExpiration:Delete', kind: 'purged' as const, lifecycle: true },
    ],
  ])('has the members of %s, and its kinds of values', (name, draft, how) => {
    setUp([makeTarget({ events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'] })])
    world.s3.put('bucket', { key: 'k', ...draft }, how)
    const made = recordOf(messages[0])
    const model = fixture(name)
    expect(shapeOf(made)).toEqual(shapeOf(model))
    expect(made).toMatchObject({ eventName: (model as unknown as { eventName: string }).eventName })
    expect(made).toMatchObject({ eventVersion: (model as unknown as { eventVersion: string }).eventVersion })
  })

  it('has no versionId where the bucket was never versioned, and none but creates and deletes have a sequencer', () => {
    setUp([makeTarget({ events: ['s3:ObjectCreated:*', 's3:ObjectTagging:*'] })])
    world.s3.make('bucket', { versioning: undefined, notification: world.s3.bucket('bucket')!.notification })
    const version = world.s3.put('bucket', { key: 'k', versionId: 'null' })
    world.s3.tag('bucket', version, { a: 'b' })
    expect(Object.keys(recordOf(messages[0]).s3.object)).toEqual(['key', 'size', 'eTag', 'sequencer'])
    expect(Object.keys(recordOf(messages[1]).s3.object)).toEqual(['key', 'size', 'eTag'])
  })

  it('encodes keys as a form does', () => {
    expect(encodeKey('g-cloud-12/updates/Q&A – réponses (final) 100% + annexe.pdf')).toBe(
      'g-cloud-12/updates/Q%26A+%E2%80%93+r%C3%A9ponses+%28final%29+100%25+%2B+annexe.pdf',
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        const encoded = encodeKey(key)
        expect(encoded).toMatch(/^[\w.*/%+-]*$/)
        expect(decodeURIComponent(encoded.replaceAll('+', '%20'))).toBe(key)
      }),
    )
  })

  it("carries S3's word about a replication", () => {
    setUp([makeTarget({ events: ['s3:Replication:*'] })])
    const version = world.s3.put('bucket', { key: 'k' })
    const replicationEventData = { failureReason: 'DstBucketNotFound' }
    const failed = 'Replication:OperationFailedReplication'
    notifications.raise({
      ...world.s3.changes[0]!,
      kind: 'replication',
      eventName: failed,
      version,
      replicationEventData,
    })
    expect(messages).toHaveLength(1)
    expect(recordOf(messages[0])).toMatchObject({ eventName: failed, eventVersion: '2.2', replicationEventData })
  })
})

describe('which targets an event goes to', () => {
  it.each<[Partial<NotificationTarget>, string, string, boolean]>([
    [{}, 'ObjectCreated:Put', 'k', true],
    [{}, 'ObjectRemoved:Delete', 'k', false],
    [{ events: ['s3:ObjectCreated:Put'] }, 'ObjectCreated:Copy', 'k', false],
    [{ events: ['s3:ObjectRemoved:Delete'] }, 'ObjectRemoved:DeleteMarkerCreated', 'k', false],
    [{ prefix: 'a/', suffix: '.pdf' }, 'ObjectCreated:Put', 'a/b.pdf', true],
    [{ prefix: 'a/' }, 'ObjectCreated:Put', 'b/a/', false],
    [{ suffix: '.pdf' }, 'ObjectCreated:Put', 'a.pdf.txt', false],
  ])('%j %s %s: %s', (target, eventName, key, expected) => {
    expect(matches(makeTarget(target), eventName, key)).toBe(expected)
  })

  it('goes to queues and topics alike, and tells of those that are gone', () => {
    setUp([
      makeTarget({ prefix: 'a' }),
      makeTarget({ kind: 'topic', arn: TOPIC, prefix: 'b' }),
      makeTarget({ arn: 'gone', prefix: 'c' }),
    ])
    for (const key of ['a', 'b', 'c', 'd']) world.s3.put('bucket', { key })
    expect(messages.map((message) => [message.to, keyOf(message)])).toEqual([
      [QUEUE, 'a'],
      [TOPIC, 'b'],
    ])
    expect(notifications.counts()['bucket']).toMatchObject({ sent: 2, undeliverable: 1 })
  })

  it('refuses targets as S3 does', () => {
    const say = (target: Partial<NotificationTarget>) => world.s3.check('bucket', makeTarget(target))
    expect(say({})).toBeUndefined()
    expect(say({ kind: 'topic', arn: TOPIC })).toBeUndefined()
    expect(say({ arn: `${QUEUE}-missing` })).toMatch(/Unable to validate/)
    expect(say({ arn: QUEUE.replace('eu-west-1', 'eu-west-2') })).toMatch(/region is not valid/)
    expect(say({ events: ['s3:ObjectCreated'] })).toMatch(/not supported/)
    expect(say({ events: ['s3:ObjectRemoved:DeleteMarkerCreated', 's3:Replication:*'] })).toBeUndefined()
  })

  it('an overlap is there exactly where one event of one key would reach two targets', () => {
    const target = fc.record({
      events: fc.subarray(
        ['s3:ObjectCreated:*', 's3:ObjectCreated:Put', 's3:ObjectCreated:Copy', 's3:ObjectRemoved:*'],
        {
          minLength: 1,
        },
      ),
      prefix: fc.constantFrom('', 'a', 'ab', 'b'),
      suffix: fc.constantFrom('', 'y', 'xy', 'x'),
    })
    fc.assert(
      fc.property(target, target, (a, b) => {
        const pair = [makeTarget(a), makeTarget(b)]
        const names = ['ObjectCreated:Put', 'ObjectCreated:Copy', 'ObjectRemoved:Delete']
        // Long enough to hold the longest prefix and suffix side by side.
        const keys = [a.prefix, b.prefix].flatMap((start) => [a.suffix, b.suffix].map((end) => `${start}-${end}`))
        const both = names.some((name) => keys.some((key) => pair.every((one) => matches(one, name, key))))
        expect(overlap({ targets: pair, eventBridge: false }) !== undefined).toBe(both)
      }),
    )
  })

  it('a configured target is greeted', () => {
    world.s3.test({ bucket: 'bucket', region: 'eu-west-1', target: makeTarget(), time: 0, requestId: 'ABC' })
    expect(messages[0]?.body).toMatchObject({
      Event: 's3:TestEvent',
      Bucket: 'bucket',
      Time: '1970-01-01T00:00:00.000Z',
    })
  })
})

describe('EventBridge', () => {
  it('gets its own envelope, with the key as it is, where a queue is named for the region', () => {
    setUp([], true)
    world.s3.put('bucket', { key: 'a b' })
    expect(messages).toEqual([])
    notifications.bridge('eu-west-1', QUEUE)
    const version = world.s3.put('bucket', { key: 'a b' })
    world.s3.put('bucket', { key: 'a b', body: undefined })
    world.s3.tag('bucket', version, { a: 'b' })
    expect(messages.map(({ body }) => body)).toMatchObject([
      {
        'detail-type': 'Object Created',
        detail: { object: { key: 'a b', 'version-id': version.versionId }, reason: 'PutObject' },
      },
      { 'detail-type': 'Object Deleted', detail: { 'deletion-type': 'Delete Marker Created' } },
    ])
  })
})

describe('faults on order', () => {
  const put = (count: number) => {
    for (let n = 0; n < count; n += 1) world.s3.put('bucket', { key: `k${n}` })
    world.clock.advance(60_000)
  }

  it('drop a share, and count what they dropped', () => {
    world.faults.merge({ notifications: [{ drop: 0.1 }] })
    put(2000)
    const { dropped, sent } = notifications.counts()['bucket']!
    expect(dropped).toBeGreaterThan(140)
    expect(dropped).toBeLessThan(260)
    expect(sent).toBe(2000 - dropped)
    expect(messages).toHaveLength(sent)
  })

  it('send a share twice, some at once and some seconds later, the very same document', () => {
    world.faults.merge({ notifications: [{ duplicate: 0.2 }] })
    put(1000)
    const { duplicated, sent } = notifications.counts()['bucket']!
    expect(duplicated).toBeGreaterThan(140)
    expect(sent).toBe(1000 + duplicated)
    const times = Map.groupBy(messages, keyOf)
    const apart = [...times.values()]
      .filter((same) => same.length === 2)
      .map(([a, b]) => {
        expect(b!.body).toEqual(a!.body)
        return b!.at - a!.at
      })
    expect(apart.some((ms) => ms === 0)).toBe(true)
    expect(apart.some((ms) => ms > 1000)).toBe(true)
    expect(Math.max(...apart)).toBeLessThan(3000)
  })

  it('reorder within the bound', () => {
    world.faults.merge({ notifications: [{ reorderMs: 500 }] })
    const start = world.clock.now()
    put(200)
    expect(messages).toHaveLength(200)
    expect(messages.map(keyOf)).not.toEqual(messages.map((_, n) => `k${n}`))
    expect(Math.max(...messages.map(({ at }) => at - start))).toBeLessThan(500)
    expect(notifications.counts()['bucket']).toMatchObject({ delayed: 0, sent: 200 })
  })

  it('strike only the bucket they name, and the same events under the same seed', () => {
    world.faults.merge({ notifications: [{ drop: 1, bucket: 'another' }] })
    put(10)
    expect(messages).toHaveLength(10)
    const runs = [0, 1].map(() => {
      setUp()
      world.faults.merge({ notifications: [{ drop: 0.3, duplicate: 0.3, reorderMs: 900 }] })
      put(300)
      return messages
    })
    expect(runs[0]).toEqual(runs[1])
  })
})

/** Names of members and kinds of leaves. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]))
}
