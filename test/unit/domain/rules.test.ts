import { describe, expect, test } from 'vitest'
import { matchRule, type ReplicationRule } from '../../../src/domain/rules.ts'

const rule = (more: Partial<ReplicationRule> = {}): ReplicationRule => ({
  id: 'r',
  schema: 1,
  enabled: true,
  priority: 0,
  prefix: '',
  tags: new Map(),
  destination: 'there',
  deleteMarkers: true,
  ...more,
})
const v2 = (more: Partial<ReplicationRule> = {}): ReplicationRule => rule({ schema: 2, deleteMarkers: false, ...more })
const object = { key: 'a/b', kind: 'object' } as const
const marker = { key: 'a/b', kind: 'marker' } as const
const tagged = (...tags: [string, string][]) => ({ ...object, tags: new Map(tags) })

const why = (rules: readonly ReplicationRule[] | undefined, what: Parameters<typeof matchRule>[2] = object) => {
  const match = matchRule(rules, 'there', what)
  return match.kind === 'uncovered' ? match.why : match.kind
}

describe('V1 rules', () => {
  test('cover by prefix, markers too', () => {
    expect(matchRule([rule()], 'there', object)).toEqual({ kind: 'covered', rule: rule() })
    expect(why([rule({ prefix: 'a/' })])).toBe('covered')
    expect(why([rule({ prefix: 'a/' })], marker)).toBe('covered')
    expect(why([rule({ prefix: 'b/' })])).toEqual(['rule r covers keys that begin with "b/"'])
  })
  test('none, disabled, or for another bucket', () => {
    expect(why(undefined)).toEqual(['the source bucket has no replication configuration'])
    expect(why([])).toEqual(['the source bucket has no replication configuration'])
    expect(why([rule({ enabled: false })])).toEqual(['rule r is disabled'])
    expect(why([rule({ destination: 'elsewhere' })])).toEqual(['rule r replicates to elsewhere'])
  })
})

describe('V2 rules', () => {
  test('markers only where the rule says so, and never with tags', () => {
    expect(why([v2()])).toBe('covered')
    expect(why([v2()], marker)).toEqual(['rule r does not replicate delete markers'])
    expect(why([v2({ deleteMarkers: true })], marker)).toBe('covered')
    expect(why([v2({ deleteMarkers: true, tags: new Map([['k', 'v']]) })], marker)).toEqual([
      'rule r wants tags, which a delete marker has not',
    ])
  })
  test('tags: all of them, with their values; not known, it depends', () => {
    const rules = [
      v2({
        tags: new Map([
          ['k', 'v'],
          ['l', ''],
        ]),
      }),
    ]
    expect(why(rules)).toBe('depends')
    expect(why(rules, tagged(['k', 'v'], ['l', ''], ['m', 'x']))).toBe('covered')
    expect(why(rules, tagged(['k', 'v']))).toEqual(['rule r wants the tag l='])
    expect(why(rules, tagged(['k', 'w'], ['l', '']))).toEqual(['rule r wants the tag k=v'])
  })
  test('of several to one destination the highest priority decides; others count where it does not fit', () => {
    const high = v2({ id: 'high', priority: 9, prefix: 'a/' })
    const low = v2({ id: 'low', priority: 1, deleteMarkers: true })
    expect(matchRule([low, high], 'there', object)).toEqual({ kind: 'covered', rule: high })
    // The lower one would replicate it, and is not asked.
    expect(why([low, high], marker)).toEqual(['rule high does not replicate delete markers'])
    expect(matchRule([low, high], 'there', { ...marker, key: 'z' })).toEqual({ kind: 'covered', rule: low })
    expect(matchRule([low, { ...high, enabled: false }], 'there', object)).toEqual({ kind: 'covered', rule: low })
    expect(matchRule([low, { ...high, destination: 'x' }], 'there', object)).toEqual({ kind: 'covered', rule: low })
  })
})
