import { describe, expect, it } from 'vitest'
import { makeRandom } from '../../../sandbox/random.ts'
import { Bucket } from '../../../sandbox/s3/store/bucket.ts'
import { withoutVersion, withVersion } from '../../../sandbox/s3/store/chain.ts'
import { behindPrefix, compareKeys } from '../../../sandbox/s3/store/key-order.ts'
import { type ListAsk, listObjects, listVersions } from '../../../sandbox/s3/store/listing.ts'
import { makeSequencers } from '../../../sandbox/s3/store/sequencers.ts'
import { StoredVersion } from '../../../sandbox/s3/store/version.ts'
import { fc, runs } from '../../support/fc.ts'

const nextSequencer = makeSequencers(makeRandom('listing'))

function makeBucket(): Bucket {
  return new Bucket({
    name: 'model',
    region: 'eu-west-1',
    account: '111111111111',
    created: 0,
    random: makeRandom('listing'),
  })
}

/** Puts a version, or a marker, on top of a key. */
function write(bucket: Bucket, key: string, marker: boolean): StoredVersion {
  const version = StoredVersion.make({
    key,
    versionId: bucket.nextVersionId(),
    sequencer: nextSequencer(),
    body: marker ? undefined : Buffer.from(key),
    lastModified: 0,
  })
  bucket.objects.update(key, (chain) => withVersion(chain, version))
  return version
}

function purge(bucket: Bucket, version: StoredVersion): void {
  bucket.objects.update(version.key, (chain) => chain && withoutVersion(chain, version))
  bucket.rememberGone(version)
}

/** Few letters, so that keys share prefixes; all classes of UTF-8, and both sides of the surrogates. */
const letter = fc.constantFrom(
  'a',
  'b',
  '/',
  '/',
  '//',
  ' ',
  '\n',
  '~',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '😀',
)
const key = fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join(''))
/** One write in five is followed by a purge, so that chains grow long. */
const purgeNth = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(50) })
const writesOf = (keys: fc.Arbitrary<string>) =>
  fc.array(fc.record({ key: keys, marker: fc.boolean(), purgeNth }), { maxLength: 60, size: 'max' })
/** Of many keys, and of two that are written again and again. */
const writes = fc.oneof(writesOf(key), writesOf(fc.constantFrom('a', 'b')))
const ask = fc.record({
  prefix: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, key),
  delimiter: fc.constantFrom('', '/', '//', 'a', '😀'),
  max: fc.integer({ min: 1, max: 7 }),
})

/** What is in the bucket, by the plainest means: newest first, and a byte comparison of all keys. */
class Model {
  versions: StoredVersion[] = []

  sorted(): StoredVersion[] {
    return this.versions.toSorted(
      (a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || (a.sequencer < b.sequencer ? 1 : -1),
    )
  }

  latest(): StoredVersion[] {
    const seen = new Set<string>()
    return this.sorted().filter((version) => !seen.has(version.key) && seen.add(version.key))
  }
}

function fill(
  bucket: Bucket,
  model: Model,
  steps: readonly { key: string; marker: boolean; purgeNth: number | null }[],
): void {
  for (const step of steps) {
    model.versions.push(write(bucket, step.key, step.marker))
    if (step.purgeNth === null) continue
    const [gone] = model.versions.splice(step.purgeNth % model.versions.length, 1)
    purge(bucket, gone!)
  }
}

/** Entries and common prefixes of the whole listing, in one sequence. */
function expected(versions: readonly StoredVersion[], { prefix, delimiter }: ListAsk): string[] {
  const names: string[] = []
  for (const { key, versionId } of versions) {
    if (!key.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const name = at < 0 ? `${key} ${versionId}` : `prefix ${key.slice(0, at + delimiter.length)}`
    if (names.at(-1) !== name) names.push(name)
  }
  return names
}

describe('listings agree with a naive model, page by page', () => {
  it('of objects', () => {
    fc.assert(
      fc.property(writes, ask, (steps, asked) => {
        const bucket = makeBucket()
        const model = new Model()
        fill(bucket, model, steps)
        const entries: string[] = []
        const prefixes: string[] = []
        for (let after: string | undefined, pages = 0; ; pages++) {
          const page = listObjects(bucket, asked, after)
          const count = page.entries.length + page.commonPrefixes.length
          expect(count).toBeLessThanOrEqual(asked.max)
          entries.push(...page.entries.map(({ key, versionId }) => `${key} ${versionId}`))
          prefixes.push(...page.commonPrefixes.map((prefix) => `prefix ${prefix}`))
          if (page.next === undefined) break
          expect(count).toBe(asked.max)
          expect(pages).toBeLessThan(100)
          after = page.next.key
        }
        const all = expected(
          model.latest().filter(({ deleteMarker }) => !deleteMarker),
          asked,
        )
        expect(entries).toEqual(all.filter((name) => !name.startsWith('prefix ')))
        expect(prefixes).toEqual(all.filter((name) => name.startsWith('prefix ')))
      }),
      runs(500),
    )
  })

  it('of versions, also where a page, or its last entry, is purged before the next is asked for', () => {
    fc.assert(
      fc.property(writes, ask, fc.constantFrom('nothing', 'page', 'last'), (steps, asked, purging) => {
        const bucket = makeBucket()
        const model = new Model()
        fill(bucket, model, steps)
        const latest = new Set(model.latest())
        const all = expected(model.sorted(), asked)
        const entries: string[] = []
        const prefixes: string[] = []
        for (let after: Parameters<typeof listVersions>[2], pages = 0; ; pages++) {
          const page = listVersions(bucket, asked, after)
          const count = page.entries.length + page.commonPrefixes.length
          expect(count).toBeLessThanOrEqual(asked.max)
          for (const { version, isLatest } of page.entries) {
            if (purging === 'nothing') expect(isLatest).toBe(latest.has(version))
            entries.push(`${version.key} ${version.versionId}`)
          }
          const gone = { nothing: [], page: page.entries, last: page.entries.slice(-1) }[purging]
          for (const { version } of gone) purge(bucket, version)
          prefixes.push(...page.commonPrefixes.map((prefix) => `prefix ${prefix}`))
          if (page.next === undefined) break
          expect(count).toBe(asked.max)
          expect(pages).toBeLessThan(200)
          after = page.next
        }
        expect(entries).toEqual(all.filter((name) => !name.startsWith('prefix ')))
        expect(prefixes).toEqual(all.filter((name) => name.startsWith('prefix ')))
      }),
      runs(500),
    )
  })

  it('from any place on', () => {
    fc.assert(
      fc.property(writes, fc.constantFrom('', 'a', '😀', '\ue000'), key, (steps, prefix, after) => {
        const bucket = makeBucket()
        const model = new Model()
        fill(bucket, model, steps)
        const asked = { prefix, delimiter: '', max: 1000 }
        const isBehind = ({ key }: StoredVersion) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0
        const names = (versions: readonly StoredVersion[]) =>
          versions.map(({ key, versionId }) => `${key} ${versionId}`)
        const current = model.latest().filter(({ deleteMarker }) => !deleteMarker)
        expect(names(listObjects(bucket, asked, after).entries)).toEqual(expected(current.filter(isBehind), asked))
        const versions = listVersions(bucket, asked, { key: after }).entries.map(({ version }) => version)
        expect(names(versions)).toEqual(expected(model.sorted().filter(isBehind), asked))
      }),
      runs(500),
    )
  })

  it('of many keys, over the bounds of chunks', () => {
    const bucket = makeBucket()
    const names = Array.from({ length: 5000 }, (_, n) => `k/${(n * 7919) % 5000}`)
    const written = names.map((name) => write(bucket, name, false))
    for (const version of written.slice(0, 2000)) purge(bucket, version)
    const left = names.slice(2000).toSorted()
    const page = listObjects(bucket, { prefix: 'k/', delimiter: '', max: 10_000 }, undefined)
    expect(page.entries.map(({ key }) => key)).toEqual(left)
    expect(bucket.objects.size).toBe(3000)
    const rest = listObjects(bucket, { prefix: '', delimiter: '', max: 10 }, left[1500])
    expect(rest.entries.map(({ key }) => key)).toEqual(left.slice(1501, 1511))
  })
})

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    const any = fc.string({ unit: 'binary', maxLength: 5 })
    fc.assert(
      fc.property(
        fc.oneof(key, any),
        fc.oneof(key, any),
        (a, b) => Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b)),
      ),
      runs(2000),
    )
  })

  it('has a first key behind a prefix', () => {
    fc.assert(
      fc.property(key, key, (prefix, other) => {
        const behind = behindPrefix(prefix)
        expect(compareKeys(prefix + other, behind)).toBeLessThan(0)
        expect(behind.startsWith(prefix)).toBe(false)
        if (!other.startsWith(prefix) && compareKeys(other, prefix) > 0) {
          expect(compareKeys(other, behind)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
    expect(behindPrefix('a\u{10ffff}')).toBe('b')
    expect(compareKeys('\u{10ffff}'.repeat(255), behindPrefix('\u{10ffff}'))).toBeLessThan(0)
  })
})
