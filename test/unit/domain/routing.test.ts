import { describe, expect, it } from 'vitest'
import type { BucketEvent } from '../../../src/domain/events/event.ts'
import { makeRouter, routeEvents, type PairEvents, type PairRoute } from '../../../src/domain/routing.ts'
import { versionId63 } from '../../../src/domain/version.ts'
import { fc, runs } from '../../support/fc.ts'

const pair = (name: string, source: string, destination: string): PairRoute => ({
  name,
  source: { bucket: source },
  destination: { bucket: destination },
  purgePrincipals: ['AWS:AROAERASURE:*', 'AWS:AIDAADMIN'],
})
const ESTATE = [
  pair('documents', 'documents', 'documents-copy'),
  // Two sources, one destination.
  pair('letters', 'letters', 'shared-copy'),
  pair('orders', 'orders', 'shared-copy'),
  // Two ways.
  pair('there', 'west', 'east'),
  pair('back', 'east', 'west'),
]
const REPLICATION = 'AWS:AROAEXAMPLE:s3-replication'
const T = Date.UTC(2026, 10, 23)

const event = (bucket: string, more: Partial<BucketEvent> = {}): BucketEvent => ({
  kind: 'created',
  name: 'ObjectCreated:Put',
  bucket,
  key: 'a',
  versionId: 'v1',
  size: 10,
  etag: 'e',
  sequencer: '00AA',
  time: T,
  principal: 'AWS:AROAEXAMPLE:developers',
  lifecycle: false,
  ...more,
})
const replica = (bucket: string, more: Partial<BucketEvent> = {}): BucketEvent =>
  event(bucket, { principal: REPLICATION, time: T + 9_000, ...more })
const id = versionId63({ key: 'a', versionId: 'v1' })

/** Only what is not empty, by pair. */
function route(...events: BucketEvent[]): Record<string, Partial<PairEvents>> {
  return Object.fromEntries([...routeEvents(ESTATE, events).pairs].map(([name, work]) => [name, told(work)]))
}
function told(work: PairEvents): Partial<PairEvents> {
  return Object.fromEntries(
    Object.entries(work).filter(([, value]) => (Array.isArray(value) ? value.length : value) !== 0),
  )
}

describe('at a source', () => {
  it('a write is booked, with what is needed and no more', () => {
    expect(route(event('documents'))).toEqual({
      documents: { bookings: [{ id, key: 'a', versionId: 'v1', kind: 'object', eventTime: T, size: 10, etag: 'e' }] },
    })
  })

  it('a null version is booked with its sequencer, which tells one write from the next', () => {
    const [first, second] = ['00AA', '00AB'].map(
      (sequencer) => route(event('documents', { versionId: 'null', sequencer }))['documents']!.bookings![0]!,
    )
    expect(first).toMatchObject({ versionId: 'null', sequencer: '00AA' })
    expect(first!.id).not.toBe(second!.id)
  })

  it('null versions whose events have no sequencer are told apart by their time', () => {
    const [first, second] = [T, T + 1].map(
      (time) =>
        route(event('documents', { versionId: 'null', time, sequencer: undefined }))['documents']!.bookings![0]!,
    )
    expect(first!.id).not.toBe(second!.id)
  })

  it('a marker is booked without a size; one of a lifecycle rule says so', () => {
    const booked = (lifecycle: boolean) =>
      route(event('documents', { kind: 'marker', lifecycle }))['documents']!.bookings
    expect(booked(false)).toEqual([{ id, key: 'a', versionId: 'v1', kind: 'marker', eventTime: T }])
    expect(booked(true)).toMatchObject([{ kind: 'marker', lifecycle: true }])
  })

  it('a purge is counted, and its version looked at', () => {
    expect(route(event('documents', { kind: 'purged' }))).toEqual({
      documents: {
        purges: [expect.objectContaining({ id: expect.any(String), byStranger: false, key: 'a', versionId: 'v1' })],
        nudges: [{ id }],
      },
    })
    expect(route(event('documents', { kind: 'purged', versionId: 'null' }))).toEqual({
      documents: { purges: [expect.objectContaining({ byStranger: false, versionId: 'null' })] },
    })
  })

  it('a replica is no new version: S3 does not chain', () => {
    expect(route(replica('documents'))).toEqual({ documents: {} })
  })
})

describe("S3's replication events", () => {
  const notice = (more: Partial<NonNullable<BucketEvent['replication']>>, top: Partial<BucketEvent> = {}) =>
    route(
      event('documents', {
        kind: 'replication',
        time: T + 60_000,
        replication: {
          notice: 'failed',
          destinationBucket: 'documents-copy',
          operation: 'OBJECT_PUT',
          requestTime: T,
          failureReason: 'DstKmsKeyNotFound',
          ...more,
        },
        ...top,
      }),
    )['documents']

  it('book the version too, since its own event may be lost, and have it looked at with the reason', () => {
    expect(notice({})).toEqual({
      bookings: [{ id, key: 'a', versionId: 'v1', kind: 'object', eventTime: T, size: 10, etag: 'e' }],
      nudges: [{ id, reason: 'DstKmsKeyNotFound' }],
    })
    expect(notice({ operation: 'OBJECT_DELETE' })?.bookings).toMatchObject([{ kind: 'marker' }])
    expect(notice({ requestTime: undefined })?.bookings).toMatchObject([{ eventTime: T + 60_000 }])
    expect(notice({ failureReason: undefined })?.nudges).toEqual([{ id }])
  })

  it('of a change of metadata book nothing: the version may be closed long since', () => {
    expect(notice({ operation: 'OBJECT_TAGGING' })).toEqual({ nudges: [{ id, reason: 'DstKmsKeyNotFound' }] })
  })

  it("about another rule's destination are no matter of this pair", () => {
    expect(notice({ destinationBucket: 'elsewhere' })).toEqual({})
    expect(notice({ destinationBucket: undefined })).toHaveProperty('nudges')
  })

  it('can tell no null version from another', () => {
    expect(notice({}, { versionId: 'null' })).toEqual({})
  })
})

describe('at a destination', () => {
  it("S3 replication's writes are arrivals", () => {
    expect(route(replica('documents-copy'))).toEqual({
      documents: { arrivals: [{ id, time: T + 9_000, kind: 'object', size: 10, etag: 'e' }] },
    })
    expect(route(replica('documents-copy', { kind: 'marker' }))).toEqual({
      documents: { arrivals: [{ id, time: T + 9_000, kind: 'marker' }] },
    })
  })

  it('a null replica is known by its own sequencer, which no version has: the looks find it', () => {
    expect(route(replica('documents-copy', { versionId: 'null' }))).toEqual({ documents: {} })
  })

  it.each(['AWS:AROAEXAMPLE:developers', 'AWS:AROAEXAMPLE:s3-replication-tool', ':s3-replication '])(
    'a write by %s proves nothing',
    (principal) => {
      expect(route(event('documents-copy', { principal }))).toEqual({ documents: {} })
    },
  )

  it.each([undefined, '111111111111', 's3.amazonaws.com'])(
    'a write by %s may be a replica: a look tells',
    (principal) => {
      expect(route(event('documents-copy', { principal }))).toEqual({ documents: { nudges: [{ id }] } })
    },
  )

  it("a lifecycle rule's marker is nobody's write", () => {
    expect(route(event('documents-copy', { kind: 'marker', lifecycle: true }))).toEqual({ documents: {} })
  })

  it('a purge is tampering unless a lifecycle rule or an allowed principal made it', () => {
    const purge = (more: Partial<BucketEvent>) =>
      route(event('documents-copy', { kind: 'purged', ...more }))['documents']
    const reopenings = [{ id, key: 'a', versionId: 'v1', kind: 'object', eventTime: T, size: 10, etag: 'e' }]
    for (const principal of ['AWS:AROAEXAMPLE:developers', 'AWS:AIDAADMIN2', undefined]) {
      const purges = [{ id: expect.any(String), byStranger: true, key: 'a', versionId: 'v1', principal }]
      expect(purge({ principal })).toEqual({ purges, reopenings })
    }
    const allowed = [expect.objectContaining({ byStranger: false })]
    expect(purge({ principal: 'AWS:AIDAADMIN' })).toEqual({ purges: allowed, reopenings })
    expect(purge({ principal: 'AWS:AROAERASURE:request-7' })).toEqual({ purges: allowed, reopenings })
    expect(purge({ lifecycle: true })).toEqual({ purges: allowed })
  })

  it('a purge has an id of its own, the same in each delivery', () => {
    const idOfPurge = (more: Partial<BucketEvent>) =>
      route(event('documents-copy', { kind: 'purged', sequencer: '0a', ...more }))['documents']!.purges![0]!.id
    expect(idOfPurge({ time: T + 1 })).toBe(idOfPurge({}))
    expect(new Set([idOfPurge({}), idOfPurge({ sequencer: '0b' }), idOfPurge({ versionId: 'v2' }), id]).size).toBe(4)
  })
})

describe('a destination that several pairs share', () => {
  it("tells each of them: the event does not say whose the version is, and its id is only the right one's", () => {
    const routed = route(replica('shared-copy'))
    expect(Object.keys(routed)).toEqual(['letters', 'orders'])
    expect(routed['letters']).toEqual(routed['orders'])
  })
})

describe('a two-way pair', () => {
  it("takes a replica as the other pair's arrival, never as its own version", () => {
    expect(route(replica('east'))).toEqual({ back: {}, there: { arrivals: [expect.objectContaining({ id })] } })
  })

  it("takes a person's write as its own version, and as nothing foreign", () => {
    expect(route(event('east'))).toEqual({ back: { bookings: [expect.objectContaining({ id })] }, there: {} })
  })
})

describe('routing', () => {
  it('counts events of buckets that no pair has', () => {
    const { pairs, unrouted } = routeEvents(ESTATE, [event('x'), event('y'), event('x'), event('__proto__')])
    expect(pairs.size).toBe(0)
    expect([...unrouted]).toEqual([
      ['x', 2],
      ['y', 1],
      ['__proto__', 1],
    ])
  })

  it('does not depend on order or on batches', () => {
    const buckets = ['documents', 'documents-copy', 'letters', 'shared-copy', 'west', 'east', 'x']
    const any: fc.Arbitrary<BucketEvent> = fc
      .record({
        bucket: fc.constantFrom(...buckets),
        kind: fc.constantFrom('created' as const, 'marker' as const, 'purged' as const, 'replication' as const),
        versionId: fc.constantFrom('v1', 'v2', 'null'),
        principal: fc.constantFrom(REPLICATION, 'AWS:AIDAADMIN', undefined),
        lifecycle: fc.boolean(),
      })
      .map(({ bucket, ...more }) => event(bucket, more))
    const batches = fc.array(any, { maxLength: 20 }).chain((events) =>
      fc.record({
        events: fc.constant(events),
        shuffled: fc.shuffledSubarray(events, { minLength: events.length }),
        cut: fc.nat(events.length),
      }),
    )
    const router = makeRouter(ESTATE)
    const sum = (...parts: (readonly BucketEvent[])[]) => {
      const lines: string[] = []
      const totals = new Map<string, number>()
      for (const { pairs, unrouted } of parts.map(router)) {
        for (const [name, work] of pairs) {
          for (const [field, value] of Object.entries(work)) {
            if (typeof value === 'number') totals.set(`${name} ${field}`, (totals.get(`${name} ${field}`) ?? 0) + value)
            else lines.push(...(value as readonly object[]).map((item) => `${name} ${field} ${JSON.stringify(item)}`))
          }
        }
        for (const [bucket, n] of unrouted) totals.set(bucket, (totals.get(bucket) ?? 0) + n)
      }
      return { lines: lines.toSorted(), totals: Object.fromEntries([...totals].filter(([, n]) => n > 0)) }
    }
    fc.assert(
      fc.property(batches, ({ events, shuffled, cut }) => {
        expect(sum(shuffled.slice(0, cut), shuffled.slice(cut))).toEqual(sum(events))
      }),
      runs(300),
    )
  })
})

describe('under the prefix of Landfall itself', () => {
  const canary = { key: '_landfall/canary', versionId: 'c1' }

  it('nothing is a version of anybody, whatever happens', () => {
    const keys = fc.constantFrom('_landfall/canary', '_landfall/', '_landfall/x/y')
    const events = fc.record({
      bucket: fc.constantFrom('documents', 'documents-copy', 'west', 'east', 'shared-copy'),
      key: keys,
      kind: fc.constantFrom('created' as const, 'marker' as const, 'purged' as const, 'replication' as const),
      principal: fc.constantFrom(REPLICATION, 'AWS:x', undefined),
    })
    fc.assert(
      fc.property(fc.array(events), (list) => {
        const { pairs, unrouted } = routeEvents(
          ESTATE,
          list.map(({ bucket, ...more }) => event(bucket, more)),
        )
        expect([pairs.size, unrouted.size]).toEqual([0, 0])
      }),
    )
  })

  it('the canary is seen at the source, and lands at the destination', () => {
    expect(routeEvents(ESTATE, [event('documents', canary), replica('documents-copy', canary)]).canaries).toEqual([
      { pair: 'documents', step: 'seen', versionId: 'c1' },
      { pair: 'documents', step: 'landed', versionId: 'c1' },
    ])
  })

  it('one that came by replication is not written at the source of the way back', () => {
    expect(routeEvents(ESTATE, [replica('east', canary)]).canaries).toEqual([
      { pair: 'there', step: 'landed', versionId: 'c1' },
    ])
  })

  it('is not a key that only looks like it', () => {
    expect(routeEvents(ESTATE, [event('documents', { key: '_landfall' })]).canaries).toEqual([])
    expect(routeEvents(ESTATE, [event('documents', { key: 'x/_landfall/canary' })]).pairs.size).toBe(1)
  })
})
