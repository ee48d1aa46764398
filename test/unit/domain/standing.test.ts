import { describe, expect, test } from 'vitest'
import { type Entry, overtaken, type Standing, standing } from '../../../src/domain/repair/standing.ts'

const SECOND = 1000
const object = (versionId: string, second = 10, etag = versionId): Entry & { readonly kind: 'object' } => ({
  kind: 'object',
  versionId,
  size: 3,
  etag,
  lastModified: second * SECOND,
  replication: 'unknown',
  checksums: [],
})
const marker = (versionId: string): Entry => ({ kind: 'marker', versionId })

/** `free over <what>`, or the verdict and why. */
function words(at: Partial<Standing>): string {
  const verdict = standing({ versionId: 'v2', source: [object('v2'), object('v1', 5)], destination: [], ...at })
  if (verdict.kind === 'free') return `free over ${verdict.current?.versionId ?? 'nothing'}`
  return verdict.kind === 'stop' ? `stop: ${verdict.why}` : verdict.kind
}

describe('what may be written again', () => {
  test.each<[string, Partial<Standing>, string | RegExp]>([
    ['nothing is at the destination', {}, 'free over nothing'],
    ['an older version of the source is there', { destination: [object('v1', 5)] }, 'free over v1'],
    [
      'an older marker of the source is there',
      {
        source: [object('v2'), marker('m1')],
        destination: [marker('m1'), object('x')],
      },
      'free over nothing',
    ],
    ['something from before is there, that the source has no more', { destination: [object('x', 9)] }, 'free over x'],
    ['something else is under its own id', { destination: [{ ...object('v2'), size: 1 }] }, 'free over v2'],
    ['it is there already', { destination: [object('v2')] }, 'there'],
    ['a marker is under its own id', { destination: [marker('v2')] }, /^stop: .*under its version id/],
    ['somebody else wrote since', { destination: [object('x', 11)] }, 'ask'],
    ['somebody else wrote in the same second', { destination: [object('x', 10)] }, 'ask'],
    ['... and it is a copy of this', { destination: [object('x', 11)], copyOf: { sourceVersion: 'v2' } }, 'copied'],
    [
      '... and it is a copy of an older one',
      { destination: [object('x', 11)], copyOf: { sourceVersion: 'v1' } },
      'free over x',
    ],
    [
      "... and it is nobody's copy",
      { destination: [object('x', 11)], copyOf: { sourceVersion: undefined } },
      /^stop: .*newer version/,
    ],
    [
      '... and it is a copy of what the source has no more',
      { destination: [object('x', 11)], copyOf: { sourceVersion: 'v0' } },
      /^stop: .*newer version/,
    ],
    ['a marker that the source does not have', { destination: [marker('x')] }, /^stop: .*delete marker on top/],
    ['the destination keeps no versions', { destination: [object('null', 1)] }, /^stop: .*keeps no versions/],
    ['it is not current', { versionId: 'v1' }, /^stop: a newer version is current/],
    ['it was deleted', { source: [marker('m'), object('v2')] }, /^stop: it was deleted/],
    ['it is gone', { source: [object('v1')] }, /^stop: it is not at the source/],
    ['the key is gone', { source: [] }, /^stop: it is not at the source/],
    ['it is a marker', { source: [marker('v2')] }, /^stop: it is a delete marker/],
    ['it is null', { versionId: 'null', source: [object('null')] }, /^stop: versioning was off/],
  ])('%s', (_, at, expected) => {
    if (typeof expected === 'string') expect(words(at)).toBe(expected)
    else expect(words(at)).toMatch(expected)
  })
})

describe('what came between look and write', () => {
  const written = { versionId: 'v2', before: [object('v1', 5)] }
  const source = [object('v2'), marker('m1'), object('v1', 5)]
  test.each<[string, readonly Entry[], readonly Entry[], string | undefined]>([
    ['nothing', source, [object('copy'), object('v1', 5)], undefined],
    ['a late replica of what is older', source, [object('copy'), marker('m1'), object('v1', 5)], undefined],
    [
      'a marker at the destination',
      source,
      [object('copy'), marker('x'), object('v1', 5)],
      'it was deleted at the destination meanwhile',
    ],
    ['a marker at the source', [marker('m3'), ...source], [object('copy')], 'it was deleted at the source meanwhile'],
    [
      'a newer version',
      [object('v3'), ...source],
      [object('copy')],
      'a newer version was written at the source meanwhile',
    ],
    ['the end of the key', [], [object('copy')], 'it was deleted at the source meanwhile'],
  ])('%s', (_, source, destination, why) => {
    const came = overtaken(written, source, destination)
    expect(came?.why).toBe(why)
    expect(came?.over?.versionId).toBe(why?.startsWith('a newer') === true ? 'v3' : undefined)
  })
})
