import { describe, expect, it } from 'vitest'
import { dueOf, midnightAfter } from '../../../sandbox/s3/lifecycle/due.ts'
import { readRules } from '../../../sandbox/s3/lifecycle/rules.ts'
import { StoredVersion, type VersionDraft } from '../../../sandbox/s3/store/version.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 24)

/** Made so many days before now, at noon. */
function made(daysAgo: number, more: Partial<VersionDraft> = {}): StoredVersion {
  return StoredVersion.make({
    key: 'docs/a.pdf',
    versionId: `v${daysAgo}`,
    body: Buffer.from('content'),
    lastModified: NOW - daysAgo * DAY + DAY / 2,
    sequencer: '0',
    ...more,
  })
}

const marker = (daysAgo: number) => made(daysAgo, { body: undefined })

function due(rule: string, ...versions: readonly StoredVersion[]) {
  const xml = `<LifecycleConfiguration><Rule><Status>Enabled</Status>${rule}</Rule></LifecycleConfiguration>`
  const { expires, purges, loneMarker } = dueOf(versions, readRules(xml), NOW)
  return { expires, purges: purges.map(({ versionId }) => versionId), loneMarker }
}

const NOTHING = { expires: false, purges: [], loneMarker: false }
const EXPIRES = { ...NOTHING, expires: true }

describe('a current version', () => {
  const days = '<Expiration><Days>30</Days></Expiration>'

  it('expires at the midnight after its days', () => {
    expect(midnightAfter(Date.UTC(2026, 0, 15, 10, 30), 3)).toBe(Date.UTC(2026, 0, 19))
    expect(midnightAfter(Date.UTC(2026, 0, 15), 3)).toBe(Date.UTC(2026, 0, 18))
    expect(due(days, made(31))).toEqual(EXPIRES)
    expect(due(days, made(30))).toEqual(NOTHING)
    expect(due(days, marker(40), made(41))).toEqual(NOTHING)
  })

  it('expires on a date', () => {
    const on = (date: string) => due(`<Expiration><Date>${date}</Date></Expiration>`, made(1))
    expect(on('2026-11-24T00:00:00Z')).toEqual(EXPIRES)
    expect(on('2026-11-25T00:00:00Z')).toEqual(NOTHING)
  })

  it.each([
    ['the prefix', '<Prefix>docs/</Prefix>', true],
    ['another prefix', '<Filter><Prefix>other/</Prefix></Filter>', false],
    ['the tag', '<Filter><Tag><Key>kind</Key><Value>draft</Value></Tag></Filter>', true],
    ['another tag', '<Filter><Tag><Key>kind</Key><Value>final</Value></Tag></Filter>', false],
    ['the size', '<Filter><ObjectSizeGreaterThan>6</ObjectSizeGreaterThan></Filter>', true],
    ['another size', '<Filter><ObjectSizeLessThan>7</ObjectSizeLessThan></Filter>', false],
    [
      'all of several',
      '<Filter><And><Prefix>docs/</Prefix><Tag><Key>kind</Key><Value>draft</Value></Tag><ObjectSizeLessThan>8</ObjectSizeLessThan></And></Filter>',
      true,
    ],
    [
      'not all of several',
      '<Filter><And><Prefix>docs/</Prefix><Tag><Key>kind</Key><Value>final</Value></Tag></And></Filter>',
      false,
    ],
  ])('by a rule with %s', (_what, filter, expires) => {
    expect(due(filter + days, made(40, { tags: { kind: 'draft' } }))).toEqual({ ...NOTHING, expires })
  })

  it.each([
    ['PENDING', false],
    ['FAILED', false],
    ['COMPLETED', true],
    ['REPLICA', true],
  ] as const)('whose replication is %s: expires %s', (replication, expires) => {
    expect(due(days, made(40, { replication }))).toEqual({ ...NOTHING, expires })
  })

  it('stays under a rule that is switched off', () => {
    const xml = `<LifecycleConfiguration><Rule><Status>Disabled</Status>${days}</Rule></LifecycleConfiguration>`
    expect(readRules(xml)).toEqual([])
  })
})

describe('noncurrent versions', () => {
  const after = (days: number, keep?: number) =>
    `<NoncurrentVersionExpiration><NoncurrentDays>${days}</NoncurrentDays>${
      keep === undefined ? '' : `<NewerNoncurrentVersions>${keep}</NewerNoncurrentVersions>`
    }</NoncurrentVersionExpiration>`

  it('count from when the next newer one was made, whatever their own age', () => {
    expect(due(after(10), made(5), made(400))).toEqual(NOTHING)
    expect(due(after(10), made(11), made(12), made(13)).purges).toEqual(['v12', 'v13'])
    expect(due(after(10), made(9), made(12), made(13)).purges).toEqual(['v13'])
  })

  it('stay where that many newer noncurrent ones are not yet above them', () => {
    expect(due(after(1, 2), made(20), made(21), made(22), made(23)).purges).toEqual(['v23'])
  })

  it('go with noncurrent markers, and stay while they have not replicated', () => {
    expect(due(after(1), made(20), marker(21), made(22, { replication: 'FAILED' })).purges).toEqual(['v21'])
  })
})

describe('a delete marker that is all that is left', () => {
  const lone = { expires: false, purges: ['v40'], loneMarker: true }

  it('goes by the rule for it, or when it is old enough', () => {
    const rule = '<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>'
    expect(due(rule, marker(40))).toEqual(lone)
    expect(due(rule, marker(40), made(41))).toEqual(NOTHING)
    expect(due('<Expiration><Days>30</Days></Expiration>', marker(40))).toEqual(lone)
    expect(due('<Expiration><Days>50</Days></Expiration>', marker(40))).toEqual(NOTHING)
  })
})
