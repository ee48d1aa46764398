import { describe, expect, it } from 'vitest'
import { isLandfallError } from '../../../../src/domain/errors.ts'
import { compareSequencers, parseMessage } from '../../../../src/domain/events/index.ts'
import { fc, runs } from '../../../support/fc.ts'

type Change = Readonly<Record<string, unknown>>

/** An S3 record with parts of it replaced. */
function record(change: { top?: Change; object?: Change; s3?: Change } = {}): Record<string, unknown> {
  return {
    eventVersion: '2.5',
    eventSource: 'aws:s3',
    awsRegion: 'eu-west-1',
    eventTime: '2026-11-23T21:04:32.527Z',
    eventName: 'ObjectCreated:Put',
    userIdentity: { principalId: 'AWS:AROAEXAMPLE:developers' },
    s3: {
      bucket: { name: 'source' },
      object: { key: 'a', size: 1, eTag: 'e', versionId: 'v', sequencer: '00AA', ...change.object },
      ...change.s3,
    },
    ...change.top,
  }
}
const message = (...records: unknown[]): string => JSON.stringify({ Records: records })
const parseOne = (change: Parameters<typeof record>[0]) => parseMessage(message(record(change)))
const bridge = (detail: Change, top: Change = {}): string =>
  JSON.stringify({
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: '2026-11-23T21:04:33Z',
    region: 'eu-west-1',
    detail: { bucket: { name: 'source' }, object: { key: 'a', 'version-id': 'v' }, ...detail },
    ...top,
  })

describe('an S3 record', () => {
  it.each(['2.0', '2.1', '2.4', '2.5', '2.99'])('of version %s is read', (eventVersion) => {
    expect(parseOne({ top: { eventVersion } }).events).toHaveLength(1)
  })

  it.each(['3.0', '1.0', '20.1', 'two'])('of version %s is a fault', (eventVersion) => {
    expect(parseOne({ top: { eventVersion } })).toMatchObject({ events: [], faults: [expect.stringContaining('2.x')] })
  })

  it('may leave out, or null, whatever is not needed', () => {
    const bare = { size: null, eTag: null, versionId: null, sequencer: null }
    const [event] = parseOne({ object: bare, top: { userIdentity: null, awsRegion: null, eventVersion: null } }).events
    expect(event).toMatchObject({ key: 'a', versionId: 'null' })
    expect(event?.size).toBeUndefined()
    expect(event?.etag).toBeUndefined()
    expect(event?.sequencer).toBeUndefined()
    expect(event?.principal).toBeUndefined()
  })

  it('may have numbers as strings, and more fields than are known', () => {
    expect(parseOne({ object: { size: '184320', novelty: { deep: [] } } }).events[0]?.size).toBe(184_320)
    const top = { eventName: 'Replication:OperationMissedThreshold', replicationEventData: { threshold: '15' } }
    expect(parseOne({ top }).events[0]?.replication?.notice).toBe('missed-threshold')
  })

  it('keeps its event when the size is nonsense: the source is asked for it', () => {
    for (const size of [-1, 1.5, 1e300, 'NaN', '-3', '9'.repeat(30), {}, [], true]) {
      const parsed = parseOne({ object: { size } })
      expect(parsed.faults).toEqual([])
      expect(parsed.events[0]?.size).toBeUndefined()
    }
  })

  it("may keep the `s3:` prefix in its name, as other servers' do", () => {
    expect(parseOne({ top: { eventName: 's3:ObjectCreated:Put', eventSource: 'minio:s3' } }).events[0]).toMatchObject({
      kind: 'created',
      name: 'ObjectCreated:Put',
    })
  })

  it('of an unversioned bucket that is deleted is a purge of the null version', () => {
    const change = { top: { eventName: 'ObjectRemoved:Delete' }, object: { versionId: undefined } }
    expect(parseOne(change).events).toMatchObject([{ kind: 'purged', versionId: 'null' }])
  })

  it('with any way of creation is a write, also one that S3 adds later', () => {
    expect(parseOne({ top: { eventName: 'ObjectCreated:Teleport' } }).events[0]?.kind).toBe('created')
  })

  it.each([
    'LifecycleTransition',
    'ObjectTagging:Put',
    'ObjectTagging:Delete',
    'ObjectAcl:Put',
    'ObjectRestore:Post',
    'ObjectRestore:Completed',
    'IntelligentTiering',
    'ReducedRedundancyLostObject',
    'Replication:SomethingNew',
    'ObjectAnnotation:Put',
    'constructor',
    '__proto__',
  ])('%s is counted, not refused', (eventName) => {
    expect(parseOne({ top: { eventName } })).toMatchObject({ events: [], faults: [] })
    expect([...parseOne({ top: { eventName } }).ignored]).toEqual([[eventName, 1]])
  })

  it.each([
    ['no eventName', { top: { eventName: undefined } }],
    ['no bucket name', { s3: { bucket: {} } }],
    ['no key', { object: { key: undefined } }],
    ['no key', { object: { key: '' } }],
    ['not URL-encoded', { object: { key: 'bad%zz' } }],
    ['not URL-encoded', { object: { key: '%ff%fe' } }],
    ['not valid Unicode', { object: { key: 'lone \ud800 surrogate' } }],
    ['1025 bytes', { object: { key: 'x'.repeat(1025) } }],
    ['1026 bytes', { object: { key: encodeURIComponent('é'.repeat(513)) } }],
    ['event time is "yesterday"', { top: { eventTime: 'yesterday' } }],
    ['event time is absent', { top: { eventTime: undefined } }],
    ['event time is of type number', { top: { eventTime: 1 } }],
    ['event time is "2026-13-45T99:00:00Z"', { top: { eventTime: '2026-13-45T99:00:00Z' } }],
    ['version id of 2000', { object: { versionId: 'v'.repeat(2000) } }],
  ] as const)('with %s is a fault, and its neighbours are read', (reason, change) => {
    const parsed = parseMessage(
      message(record({ object: { key: 'before' } }), record(change), record({ object: { key: 'after' } })),
    )
    expect(parsed.events.map((event) => event.key)).toEqual(['before', 'after'])
    expect(parsed.faults).toEqual([expect.stringContaining(reason)])
    expect(parsed.faults[0]).toMatch(/^record 1: /)
  })

  it.each([null, 1, 'x', [], true])('that is %j is a fault', (nothing) => {
    expect(parseMessage(message(nothing, record()))).toMatchObject({ events: [{ key: 'a' }], faults: [/record 0/] })
  })
})

describe('keys', () => {
  /** As S3 does it: everything but the unreserved and the slash is encoded, and a space is a plus. */
  const encode = (key: string): string => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/')
  const key = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 200 })
    .filter((key) => Buffer.byteLength(key) <= 1024)

  it('of an S3 record come back whatever is in them', () => {
    fc.assert(
      fc.property(key, (key) => {
        expect(parseOne({ object: { key: encode(key) } }).events[0]?.key).toBe(key)
      }),
      runs(500),
    )
  })

  it('of EventBridge are taken as they are', () => {
    fc.assert(
      fc.property(key, (key) => {
        expect(parseMessage(bridge({ object: { key } })).events[0]?.key).toBe(key)
      }),
      runs(500),
    )
  })

  it.each(['../../etc/passwd', 'a\nb\r\n', 'nul\0', '😀/日本', 'é'.repeat(512), ' ', '//', '__proto__', '%'])(
    '%j',
    (key) => {
      expect(parseOne({ object: { key: encode(key) } }).events[0]?.key).toBe(key)
      expect(parseMessage(bridge({ object: { key } })).events[0]?.key).toBe(key)
    },
  )
})

describe('an EventBridge event', () => {
  const deleted = (detail: Change): string => bridge(detail, { 'detail-type': 'Object Deleted' })

  it('tells a marker from a purge, and a lifecycle rule from a person', () => {
    const kinds = [
      { 'deletion-type': 'Delete Marker Created', reason: 'DeleteObject' },
      { 'deletion-type': 'Permanently Deleted', reason: 'DeleteObject' },
      { 'deletion-type': 'Delete Marker Created', reason: 'Lifecycle Expiration' },
      { 'deletion-type': 'Permanently Deleted', reason: 'Lifecycle Expiration' },
    ].map((detail) => parseMessage(deleted(detail)).events[0])
    expect(kinds).toMatchObject([
      { kind: 'marker', lifecycle: false },
      { kind: 'purged', lifecycle: false },
      { kind: 'marker', lifecycle: true },
      { kind: 'purged', lifecycle: true },
    ])
  })

  it('that deletes in an unknown way is a fault: a guess would book what is not there', () => {
    expect(parseMessage(deleted({ 'deletion-type': 'Vanished' })).faults).toEqual(['deletion-type is "Vanished"'])
    expect(parseMessage(deleted({})).faults).toHaveLength(1)
  })

  it.each(['Object Restore Completed', 'Object Tags Added', 'Object ACL Updated', 'Object Storage Class Changed'])(
    '%s is counted',
    (name) => {
      expect([...parseMessage(bridge({}, { 'detail-type': name })).ignored]).toEqual([[name, 1]])
    },
  )
})

describe('a body that is no event', () => {
  const reason = (body: string): string => {
    try {
      return `read as ${parseMessage(body).form}`
    } catch (error) {
      if (!isLandfallError(error)) throw error
      expect(error.code).toBe('MESSAGE_UNREADABLE')
      return error.message
    }
  }

  it.each([
    ['', 'the body is not JSON'],
    ['\u0000\u0001\ufffd', 'the body is not JSON'],
    ['{"Records": [', 'the body is not JSON'],
    ['null', 'no object'],
    ['[]', 'no object'],
    ['"text"', 'no object'],
    ['{}', 'no S3 event'],
    ['{"Records": {}}', 'no S3 event'],
    ['{"Event": "s3:Other"}', 'no S3 event'],
    ['{"Type": "Notification", "Message": "hello"}', 'the message in the SNS envelope is not JSON'],
    ['{"Type": "Notification", "Message": "{}"}', 'no S3 event'],
    ['{"Type": "Notification", "TopicArn": "t"}', 'without a Notification'],
    ['{"Type": "SubscriptionConfirmation", "TopicArn": "t", "Message": "m"}', 'confirm the subscription'],
    ['{"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": {}}', '"aws.ec2"'],
    ['{"detail-type": "Object Created", "source": "aws.s3", "detail": null}', 'no S3 event'],
  ])('%j is refused by name', (body, why) => {
    expect(reason(body)).toContain(why)
  })

  it('is refused, and never crashes, whatever it is', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((json) => message(JSON.parse(json))),
      fc.json().map((json) => JSON.stringify({ Type: 'Notification', Message: json })),
      fc.json().map((json) => bridge(JSON.parse(`{"object":${json}}`))),
      fc
        .tuple(fc.constantFrom('top', 's3', 'object'), fc.dictionary(fc.string(), fc.jsonValue()))
        .map(([where, change]) => message(record({ [where]: change }))),
    )
    fc.assert(
      fc.property(hostile, (body) => {
        reason(body)
      }),
      runs(2_000),
    )
  })
})

describe('a hostile message', () => {
  it('of a thousand records loses none', () => {
    const records = Array.from({ length: 1000 }, (_, index) => record({ object: { key: `k${index}` } }))
    expect(parseMessage(message(...records)).events).toHaveLength(1000)
  })

  it('of 1 MiB, or nested without end, is read in no time', () => {
    const long = parseOne({ object: { key: 'x'.repeat(1_000_000) } })
    expect(long.faults).toEqual([expect.stringContaining('1000000 bytes')])
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    expect(() => parseMessage(deep)).toThrow('no S3 event')
    expect(() => parseMessage('['.repeat(1_000_000))).toThrow('not JSON')
  })

  it('does not reach a prototype', () => {
    const body = `{"Records":[{"__proto__":{"eventName":"ObjectCreated:Put"},"constructor":{"prototype":{"polluted":1}}}]}`
    expect(parseMessage(body)).toMatchObject({ events: [], faults: ['no eventName'] })
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it('with a thousand made-up names fills no table', () => {
    const names = Array.from({ length: 1000 }, (_, index) =>
      record({ top: { eventName: `${'N'.repeat(90)}${index}` } }),
    )
    const { ignored } = parseMessage(message(...names, record({ top: { eventName: 'L'.repeat(5000) } })))
    expect(ignored.size).toBeLessThanOrEqual(51)
    expect([...ignored.values()].reduce((sum, n) => sum + n, 0)).toBe(1001)
    expect(Math.max(...[...ignored.keys()].map((name) => name.length))).toBeLessThanOrEqual(100)
  })
})

describe('a message that is all faults', () => {
  it('is read no further than its hundredth', () => {
    const { events, faults } = parseMessage(message(record(), ...Array.from({ length: 100_000 }, () => 1), record()))
    expect(faults).toHaveLength(100)
    expect(events).toHaveLength(1)
  })
})

describe('compareSequencers', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEF'.split('')), minLength: 1, maxLength: 20 })

  it('pads on the right', () => {
    expect(compareSequencers('0055AED6DCD90281E5', '0055AED6DCD90281E6')).toBeLessThan(0)
    expect(compareSequencers('01', '00FF')).toBeGreaterThan(0)
    expect(compareSequencers('0055', '00550000')).toBe(0)
    expect(compareSequencers('ab', 'AB')).toBe(0)
  })

  it('is an order', () => {
    fc.assert(
      fc.property(hex, hex, hex, (a, b, c) => {
        expect(compareSequencers(a, b)).toBe(0 - compareSequencers(b, a))
        const [first, second, third] = [a, b, c].toSorted(compareSequencers)
        expect(compareSequencers(first!, second!)).toBeLessThanOrEqual(0)
        expect(compareSequencers(second!, third!)).toBeLessThanOrEqual(0)
        expect(compareSequencers(first!, third!)).toBeLessThanOrEqual(0)
        expect(compareSequencers(a, `${a}000`)).toBe(0)
      }),
    )
  })
})
