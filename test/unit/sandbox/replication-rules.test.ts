import { fc } from '../../support/fc.ts'
import { describe, expect, it } from 'vitest'
import { type Candidate, rulesFor } from '../../../sandbox/replication/rules.ts'
import type { ReplicationRule } from '../../../sandbox/types.ts'
import { makeRule } from '../../support/fake-s3.ts'

const PLAIN: Candidate = {
  key: 'g-cloud-12/documents/92191/pricing.pdf',
  deleteMarker: false,
  tags: undefined,
  storageClass: 'STANDARD',
  sse: 'AES256',
  replication: undefined,
}
const MARKER: Candidate = { ...PLAIN, deleteMarker: true }

function ids(rules: readonly ReplicationRule[], candidate: Candidate): readonly string[] {
  return rulesFor({ role: 'arn:aws:iam::222222222222:role/replication', rules }, candidate).map(({ id }) => id)
}

describe('which rules replicate a version', () => {
  const v1 = makeRule({ id: 'v1', schema: 'V1' })

  it.each<[string, readonly ReplicationRule[], Candidate, readonly string[]]>([
    ['an object under a V1 rule', [v1], PLAIN, ['v1']],
    ['an object under another prefix', [makeRule({ prefix: 'agreements/' })], PLAIN, []],
    ['a disabled rule', [makeRule({ enabled: false })], PLAIN, []],
    ['a delete marker under V1', [v1], MARKER, ['v1']],
    ['a delete marker under V2', [makeRule()], MARKER, []],
    ['a delete marker under V2 that replicates them', [makeRule({ id: 'dm', deleteMarkers: true })], MARKER, ['dm']],
    ['a delete marker under a tag filter', [makeRule({ tags: { a: 'b' }, deleteMarkers: true })], MARKER, []],
    ['a replica', [v1], { ...PLAIN, replication: 'REPLICA' }, []],
    ['an archived object', [v1], { ...PLAIN, storageClass: 'DEEP_ARCHIVE' }, []],
    ['an object in instant retrieval', [v1], { ...PLAIN, storageClass: 'GLACIER_IR' }, ['v1']],
    ['a KMS object', [v1], { ...PLAIN, sse: 'aws:kms' }, []],
    [
      'a KMS object under a rule that selects them',
      [makeRule({ id: 'kms', sseKms: true })],
      { ...PLAIN, sse: 'aws:kms' },
      ['kms'],
    ],
    [
      'all of several tags',
      [makeRule({ id: 't', tags: { a: '1', b: '2' } })],
      { ...PLAIN, tags: { a: '1', b: '2', c: '3' } },
      ['t'],
    ],
    ['one of several tags', [makeRule({ tags: { a: '1', b: '2' } })], { ...PLAIN, tags: { a: '1' } }, []],
  ])('%s', (_what, rules, candidate, expected) => {
    expect(ids(rules, candidate)).toEqual(expected)
  })

  it('takes the strongest rule of one destination, and one for each of several', () => {
    const rules = [
      makeRule({ id: 'weak', priority: 1 }),
      makeRule({ id: 'strong', priority: 2 }),
      makeRule({ id: 'elsewhere', priority: 0, to: 'other' }),
    ]
    expect(ids(rules, PLAIN)).toEqual(['strong', 'elsewhere'])
  })

  it('lets the strongest rule keep delete markers at home', () => {
    const rules = [makeRule({ id: 'weak', priority: 1, deleteMarkers: true }), makeRule({ id: 'strong', priority: 2 })]
    expect(ids(rules, MARKER)).toEqual([])
    expect(ids(rules, PLAIN)).toEqual(['strong'])
  })

  it('replicates nothing without a configuration', () => {
    expect(rulesFor(undefined, PLAIN)).toEqual([])
  })
})

describe('for any rules and versions', () => {
  const word = fc.constantFrom('a', 'b', 'ab')
  const tags = fc.dictionary(word, word, { maxKeys: 2 })
  const rules = fc.array(
    fc
      .record({
        schema: fc.constantFrom('V1' as const, 'V2' as const),
        enabled: fc.boolean(),
        priority: fc.nat(3),
        prefix: fc.constantFrom('', 'a', 'ab', 'b'),
        tags,
        to: word,
        deleteMarkers: fc.boolean(),
        sseKms: fc.boolean(),
      })
      .map((rule) => makeRule(rule)),
    { maxLength: 6 },
  )
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    key: fc.constantFrom('a', 'ab', 'abc', 'b', ''),
    deleteMarker: fc.boolean(),
    tags: fc.option(tags, { nil: undefined }),
    storageClass: fc.constantFrom('STANDARD', 'GLACIER', 'GLACIER_IR'),
    sse: fc.constantFrom('AES256', 'aws:kms', undefined),
    replication: fc.constantFrom(undefined, 'REPLICA' as const),
  })

  it('at most one rule a destination; each chosen one fits, and no stronger one that fits was passed over', () => {
    fc.assert(
      fc.property(rules, candidate, (rules, version) => {
        const chosen = rulesFor({ role: '', rules }, version)
        const fits = (rule: ReplicationRule) =>
          rule.enabled &&
          version.key.startsWith(rule.prefix) &&
          Object.entries(rule.tags).every(([name, value]) => version.tags?.[name] === value)
        expect(new Set(chosen.map((rule) => rule.destination.bucket)).size).toBe(chosen.length)
        for (const rule of chosen) {
          expect(fits(rule)).toBe(true)
          const rivals = rules.filter((other) => fits(other) && other.destination.bucket === rule.destination.bucket)
          expect(Math.max(...rivals.map(({ priority }) => priority))).toBe(rule.priority)
        }
        if (version.replication === 'REPLICA' || version.storageClass === 'GLACIER') expect(chosen).toEqual([])
      }),
    )
  })

  it('disabling a rule, or rules of other destinations, never changes what the others do', () => {
    fc.assert(
      fc.property(rules, candidate, (rules, version) => {
        const whole = rulesFor({ role: '', rules }, version)
        const byDestination = ['a', 'b', 'ab'].flatMap((bucket) =>
          rulesFor({ role: '', rules: rules.filter(({ destination }) => destination.bucket === bucket) }, version),
        )
        expect(new Set(byDestination)).toEqual(new Set(whole))
      }),
    )
  })
})
