import { expect, test } from 'vitest'
import { makeIdSet } from '../../../../src/domain/repair/id-set.ts'
import { isEverything, isSelected, NO_REASON } from '../../../../src/domain/repair/selection.ts'
import { parseS3Uri } from '../../../../src/domain/s3-uri.ts'
import type { OpenVersion } from '../../../../src/domain/version.ts'
import { fc } from '../../../support/fc.ts'
import { booking, T0 } from '../../../support/versions.ts'

const version: OpenVersion = {
  ...booking(1).version,
  state: 'failed',
  looks: 1,
  reason: 'LookRefused s3:GetObjectVersion at source',
}
const NOW = T0 + 3_600_001

test.each([
  [{}, true],
  [{ pairs: ['whatever'] }, true],
  [{ reason: 'LookRefused' }, true],
  [{ reason: 'LookRefused s3:GetObjectVersion at source' }, true],
  [{ reason: 'Look' }, false],
  [{ reason: NO_REASON }, false],
  [{ prefix: 'documents/' }, true],
  [{ prefix: 'Documents/' }, false],
  [{ key: 'documents/1.pdf' }, true],
  [{ key: 'documents/1.pd' }, false],
  [{ key: 'documents/1.pdf', versionId: 'v1' }, true],
  [{ versionId: 'v2' }, false],
  [{ olderThanMs: 3_600_000 }, true],
  [{ olderThanMs: 3_600_001 }, false],
  [{ reason: 'LookRefused', prefix: 'other/' }, false],
])('%j selects: %s', (selection, wanted) => {
  expect(isSelected(selection, version, NOW)).toBe(wanted)
})

test('a version without a reason is found by what stands for it', () => {
  expect(isSelected({ reason: NO_REASON }, { ...version, reason: undefined }, NOW)).toBe(true)
})

test('everything: only where nothing narrows', () => {
  expect(isEverything({})).toBe(true)
  expect(isEverything({ pairs: undefined, reason: undefined })).toBe(true)
  for (const one of [
    { pairs: [] },
    { reason: '' },
    { prefix: '' },
    { key: 'a' },
    { versionId: 'v' },
    { olderThanMs: 0 },
  ]) {
    expect(isEverything(one)).toBe(false)
  }
})

test('the set of ids is a set', () => {
  const id = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)
  // Near ones too: the same low bits, and neighbours.
  const near = fc.nat(5000).chain((n) => fc.constantFrom(String(n), String(BigInt(n) * 2n ** 32n)))
  fc.assert(
    fc.property(fc.array(fc.oneof(id, near), { maxLength: 4000, size: 'max' }), (ids) => {
      const set = makeIdSet()
      const wanted = new Set<string>()
      for (const one of ids) {
        expect(set.add(one)).toBe(!wanted.has(one))
        wanted.add(one)
        expect(set.size).toBe(wanted.size)
      }
    }),
    { numRuns: 50 },
  )
})

test.each([
  ['s3://b/k', { bucket: 'b', key: 'k' }],
  ['s3://b//k/\nx?versionId=1', { bucket: 'b', key: '/k/\nx?versionId=1' }],
  ['s3://b/', undefined],
  ['s3://b', undefined],
  ['s3:///k', undefined],
  ['b/k', undefined],
])('%j as an object', (text, wanted) => {
  expect(parseS3Uri(text)).toEqual(wanted)
})
