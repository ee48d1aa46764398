import { describe, expect, test } from 'vitest'
import { calendarOf } from '../../../src/domain/dump/calendar.ts'
import { catalogOf, type CatalogParts, documentId, type VersionLine } from '../../../src/domain/dump/catalog.ts'
import { dumpHealthOf } from '../../../src/domain/dump/health.ts'
import { horizonDays, lifecycleOf } from '../../../src/domain/dump/lifecycle.ts'
import { dumpName, manifestKey, verifiedKey } from '../../../src/domain/dump/name.ts'
import { planRetention, type Retained } from '../../../src/domain/dump/retention.ts'
import { shipmentsIn } from '../../../src/domain/dump/shipments.ts'
import type { BucketEvent } from '../../../src/domain/events/event.ts'
import { manifestOf, recordOf } from '../../support/catalog-world.ts'
import { fc, runs } from '../../support/fc.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-24T06:00:00Z')
const at = (night: number): number => Date.parse('2026-11-24T02:00:00Z') - night * DAY
const DUMP = { stage: 'production', place: { prefix: 'nightly/' } }

const keyOf = (night: number, stage = 'production'): string =>
  `nightly/${dumpName({ stage, at: at(night), format: 'plain', compression: 'gzip', encryption: 'openpgp' })}`
const line = (key: string, more: Partial<VersionLine> = {}): VersionLine => ({
  kind: 'object',
  key,
  versionId: `v-${key}`,
  latest: true,
  lastModified: NOW,
  size: 100,
  etag: 'e',
  ...more,
})
const catalog = (parts: Partial<CatalogParts>) =>
  catalogOf({ dump: DUMP, here: [], replica: [], manifests: new Map(), verified: new Map(), drills: [], ...parts })

describe('the catalog', () => {
  test('other stages, folders and files are none of it; documents are no dumps', () => {
    const here = [
      line(keyOf(0)),
      line(keyOf(0, 'staging')),
      line(keyOf(0, 'production-eu')),
      line(keyOf(0).slice('nightly/'.length)),
      line(manifestKey(keyOf(0))),
      line('nightly/production-notes.txt'),
    ]
    expect(catalog({ here }).map(({ key }) => key)).toEqual([keyOf(0)])
  })

  test('a replica is the same version id, or the same bytes; never a version of another size', () => {
    const here = [line(keyOf(0)), line(keyOf(1), { versionId: 'null' }), line(keyOf(2))]
    const replica = [line(keyOf(0)), line(keyOf(1), { versionId: 'r' }), line(keyOf(2), { size: 99 })]
    const entries = catalog({ here, replica })
    expect(entries.map((entry) => [entry.here?.versionId, entry.replica?.versionId])).toEqual([
      [`v-${keyOf(0)}`, `v-${keyOf(0)}`],
      ['null', 'r'],
      [`v-${keyOf(2)}`, undefined],
      [undefined, `v-${keyOf(2)}`],
    ])
  })

  test('what only documents tell of has expired; documents of one version say nothing of another', () => {
    const key = keyOf(0)
    const manifest = manifestOf(key, 'v1', at(0), Buffer.from('x'))
    const verified = new Map([
      [documentId({ key: verifiedKey(key), versionId: '1' }), recordOf(key, 'v1', at(0), 'verified')],
    ])
    const manifests = new Map([[documentId({ key: manifestKey(key), versionId: '1' }), manifest]])
    expect(catalog({ manifests, verified })).toMatchObject([{ expired: true, state: 'verified' }])
    const [second, first] = [
      line(key, { versionId: 'v2' }),
      line(key, { versionId: 'v1', latest: false, lastModified: NOW - 1 }),
    ]
    expect(catalog({ here: [second, first], manifests, verified })).toMatchObject([
      { here: { versionId: 'v2', superseded: false }, state: 'unverified', madeBy: 'others', documents: [] },
      { here: { versionId: 'v1', superseded: true }, state: 'verified', madeBy: 'landfall' },
    ])
  })

  test('thirty days as weeks: the best of each day', () => {
    const here = [line(keyOf(0)), line(keyOf(1)), line(keyOf(2))]
    const verified = new Map(
      [0, 1].map((night) => [
        documentId({ key: verifiedKey(keyOf(night)), versionId: '1' }),
        recordOf(keyOf(night), `v-${keyOf(night)}`, at(night), night === 0 ? 'verified' : 'failed'),
      ]),
    )
    const weeks = calendarOf(catalog({ here, replica: [line(keyOf(0))], verified }), { now: NOW })
    expect(weeks.map(({ week }) => week)).toEqual(['2026-W44', '2026-W45', '2026-W46', '2026-W47', '2026-W48'])
    expect(weeks.at(-1)!.days.join('')).toBe('FV     ')
    expect(weeks.at(-2)!.days.join('')).toBe('......u')
    expect(weeks.flatMap(({ days }) => days).filter((day) => day !== ' ')).toHaveLength(30)
  })
})

describe('health', () => {
  test('ages by names, the ratio of the last two, and since when a replica is missing', () => {
    const here = [
      line(keyOf(0), { size: 30, lastModified: NOW - 1000 }),
      line(keyOf(1), { size: 60, lastModified: NOW - DAY }),
      line(keyOf(20), { lastModified: NOW - 20 * DAY }),
    ]
    const health = dumpHealthOf('production', catalog({ here }), { now: NOW, replicated: true })
    expect(health).toEqual({
      dump: 'production',
      newest: at(0),
      newestState: 'unverified',
      bytes: 30,
      sizeRatio: 0.5,
      unverified: 2,
      failed: 0,
      unreplicatedSince: NOW - DAY,
      replicated: true,
      days: { last: Math.floor(NOW / DAY) * DAY, letters: '.........u..................uu'.split('') },
    })
    expect(dumpHealthOf('production', [], { now: NOW, replicated: false })).toEqual({
      dump: 'production',
      unverified: 0,
      failed: 0,
      replicated: false,
    })
  })

  test('what was written over, and what a clock dates ahead, is not the newest', () => {
    const here = [
      line(keyOf(-400)),
      line(keyOf(3), { versionId: 'new' }),
      line(keyOf(3), { versionId: 'old', latest: false, size: 1 }),
    ]
    expect(dumpHealthOf('production', catalog({ here }), { now: NOW, replicated: false })).toMatchObject({
      newest: at(3),
      bytes: 100,
    })
  })
})

test('lifecycle rules never delete what the retention keeps, of any nightly history', () => {
  const counts = fc.record({
    last: fc.integer({ min: 1, max: 40 }),
    daily: fc.nat(40),
    weekly: fc.nat(20),
    monthly: fc.nat(24),
    yearly: fc.nat(3),
  })
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 1500 }), (retention, nights) => {
      const dumps = Array.from({ length: nights }, (_, night): Retained => ({
        id: String(night),
        at: at(night),
        state: 'verified',
      }))
      const { kept } = planRetention({ dumps, retention, freshMs: DAY, now: NOW })
      const oldest = Math.min(...kept.map(({ dump }) => dump.at))
      expect((NOW - oldest) / DAY).toBeLessThan(horizonDays(retention))
    }),
    runs(60),
  )
  expect(
    lifecycleOf({ ...DUMP, name: 'p' }, { last: 1, daily: 0, weekly: 0, monthly: 1, yearly: 0 }).Rules[0],
  ).toMatchObject({
    Filter: { Prefix: 'nightly/production-' },
    Expiration: { Days: 32 },
  })
})

test('events of uploads in a shipment are orders, once each; markers, folders and other places are none', () => {
  const shipments = [
    { name: 'a', from: { bucket: 'staging', prefix: 'in/' }, to: { bucket: 'backups', prefix: '' } },
    { name: 'b', from: { bucket: 'staging', prefix: '' }, to: { bucket: 'other', prefix: '' } },
  ]
  const event = (key: string, more: Partial<BucketEvent> = {}): BucketEvent => ({
    kind: 'created',
    name: 'ObjectCreated:Put',
    bucket: 'staging',
    key,
    versionId: 'null',
    time: NOW,
    lifecycle: false,
    ...more,
  })
  const events = [
    event('in/x'),
    event('in/x'),
    event('y'),
    event('in/'),
    event('in/x', { kind: 'marker' }),
    event('in/z', { bucket: 'elsewhere' }),
  ]
  expect(shipmentsIn(shipments, events)).toEqual([
    { shipment: 'a', key: 'in/x' },
    { shipment: 'b', key: 'in/x' },
    { shipment: 'b', key: 'y' },
  ])
})
