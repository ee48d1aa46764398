import { PutObjectCommand } from '@aws-sdk/client-s3'
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import type { WrittenVersion } from '../../src/demo/traffic.ts'
import { versionId63 } from '../../src/domain/version.ts'
import created from '../fixtures/events/object-created-put.json' with { type: 'json' }
import { expectAllAccounted } from '../support/accounted.ts'
import { QUEUES } from '../support/estate-file.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { startHere } from '../support/outage.ts'

const MIB = 1024 * 1024
/** Enough that a busy machine, whose handler outlasts the visibility now and then, parks no good message. */
const RECEPTIONS = 4

const KEYS = [
  '🗂️'.repeat(146) + 'ab',
  'a\nb\r\nc\td',
  '../../etc/passwd',
  'a/../b/./c//d/',
  '+ %2B %20 %zz',
  '{documents}:due',
  ' ',
  '__proto__',
  '"\'\\<&>',
  'é/é',
]

/** Never to be read, whoever looks at them; `good` is a record that is. */
function poison(good: object): string[] {
  const [record] = created.Records
  return [
    'x'.repeat(MIB),
    `{"Records":[${'1,'.repeat(MIB / 2 - 20)}1]}`.slice(0, MIB),
    Buffer.from(Array.from({ length: 4096 }, (_, n) => 32 + ((n * 37) % 220))).toString('latin1'),
    '['.repeat(100_000),
    '{"Records":[',
    'null',
    JSON.stringify({
      Records: [{ ...record, s3: { ...record!.s3, object: { ...record!.s3.object, key: '%E0%A4%A' } } }],
    }),
    // Its first record is good, and is booked; the message itself stays, and is parked.
    JSON.stringify({
      Records: [good, { eventVersion: '2.1', eventName: 'ObjectCreated:Put', __proto__: null, s3: [] }],
    }),
  ]
}

test('hostile messages end in the dead-letter queue; their neighbours, a thousand records in one and absurd keys are booked', async () => {
  const world = await startWorld({ maxReceiveCount: RECEPTIONS })
  onTestFinished(() => world.stop())
  const [documents, communications] = world.estate.pairs
  expect(KEYS.some((key) => Buffer.byteLength(key) === 1024)).toBe(true)

  // Written unannounced, and then told of by one message of a thousand records.
  await world.setFaults({ notifications: [{ bucket: communications!.source.bucket, drop: 1 }] })
  const bulk = await putAll(
    world,
    communications!.source.bucket,
    Array.from({ length: 1001 }, (_, n) => `bulk/${n}.pdf`),
  )
  await world.clearFaults()
  const records = bulk.map((version) => recordOf(communications!.source.bucket, version))
  const bad = poison(records[1000]!)

  const { lines } = await startHere(world)
  const [odd] = await Promise.all([
    putAll(world, documents!.source.bucket, KEYS),
    send(world, [...bad.slice(0, 4), JSON.stringify({ Records: records.slice(0, 1000) }), ...bad.slice(4)]),
  ])
  const traffic = world.traffic({ events: 100, perSecond: 100 })
  await traffic.done
  const written = new Map([
    [documents!.name, [...odd, ...traffic.written().get(documents!.name)!]],
    [communications!.name, [...bulk, ...traffic.written().get(communications!.name)!]],
  ])
  await expectAllAccounted(world, { done: traffic.done, written: () => written }, { dead: bad.length })

  // One line a reception, with the reason; and nothing else was upset.
  expect(lines.filter(({ message }) => message === 'message unreadable')).toHaveLength(RECEPTIONS * bad.length)
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
})

async function putAll(world: EstateWorld, bucket: string, keys: readonly string[]): Promise<WrittenVersion[]> {
  const written: WrittenVersion[] = []
  for (let at = 0; at < keys.length; at += 50) {
    const some = keys.slice(at, at + 50).map(async (key): Promise<WrittenVersion> => {
      const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'x' })
      const { VersionId } = await world.clients.source.s3.send(put)
      return { id: versionId63({ key, versionId: VersionId! }), key, versionId: VersionId! }
    })
    written.push(...(await Promise.all(some)))
  }
  return written
}

function recordOf(bucket: string, { key, versionId }: WrittenVersion): object {
  const [record] = created.Records
  const object = { ...record!.s3.object, key, versionId, size: 1, eTag: '9dd4e461268c8034f5c8564e155c67a6' }
  const s3 = { ...record!.s3, bucket: { ...record!.s3.bucket, name: bucket, arn: `arn:aws:s3:::${bucket}` }, object }
  return { ...record, eventTime: new Date().toISOString(), s3 }
}

async function send(world: EstateWorld, bodies: readonly string[]): Promise<void> {
  const { sqs } = world.clients.source
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QUEUES[0] }))
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
}
