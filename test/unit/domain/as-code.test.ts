import { expect, test } from 'vitest'
import { fc } from '../../support/fc.ts'
import {
  differencesOf,
  type Found,
  ownTags,
  OWNER_TAG,
  planOf,
  tagText,
  type Wanted,
} from '../../../src/domain/as-code.ts'

const TAGS = ownTags('estate', { team: 'storage' })
const wanted = (name: string, fields: object = {}): Wanted => ({ name, kind: 'metric', fields: { ...fields } })
const found = (name: string, fields: object = {}, tags: ReadonlyMap<string, string> = TAGS): Found => ({
  ...wanted(name, fields),
  arn: `arn:${name}`,
  tags,
})
const names = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name)

test('creates, changes, removes and leaves alone', () => {
  const plan = planOf(
    [wanted('new'), wanted('same', { a: 1 }), wanted('other', { a: { b: [1, 2] } }), wanted('theirs')],
    [
      found('same', { a: 1 }),
      found('other', { a: { b: [1, 3] } }),
      found('old'),
      found('theirs', {}, new Map()),
      found('untagged', {}, new Map()),
      found('neighbour', {}, ownTags('another', {})),
    ],
    TAGS,
  )
  expect(names(plan.create)).toEqual(['new'])
  expect(plan.change).toMatchObject([
    { wanted: { name: 'other' }, differences: [{ path: 'a.b[1]', before: 3, after: 2 }] },
  ])
  expect(names(plan.remove)).toEqual(['old'])
  expect(names(plan.same)).toEqual(['same'])
  expect(names(plan.taken)).toEqual(['theirs'])
  expect(names(plan.foreign)).toEqual(['untagged', 'neighbour'])
})

test('a tag that is wanted and absent is a change; one more than is wanted is not', () => {
  const owner = [OWNER_TAG, 'estate'] as const
  const plan = planOf(
    [wanted('less'), wanted('more')],
    [found('less', {}, new Map([owner])), found('more', {}, new Map([...TAGS, ['cost', 'ours']]))],
    TAGS,
  )
  expect(plan.change.map(({ wanted: { name }, tags }) => [name, [...tags]])).toEqual([['less', [['team', 'storage']]]])
  expect(names(plan.same)).toEqual(['more'])
})

test('with nothing wanted, all that is ours goes and nothing else', () => {
  const plan = planOf([], [found('a'), found('b', {}, new Map()), found('c')], TAGS)
  expect(names(plan.remove)).toEqual(['a', 'c'])
  expect([plan.create, plan.change, plan.taken]).toEqual([[], [], []])
})

test('once made true, a plan is empty', () => {
  const things = fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[a-e]$/), fields: fc.dictionary(fc.string(), fc.jsonValue()) }),
    {
      selector: ({ name }) => name,
    },
  )
  const both = fc.record({ want: things, there: things })
  fc.assert(
    fc.property(both, ({ want, there }) => {
      const desired = want.map(({ name, fields }) => wanted(name, fields))
      const before = there.map(({ name, fields }) => found(name, fields))
      const plan = planOf(desired, before, TAGS)
      const gone = new Set(names(plan.remove))
      const put = new Map([...plan.create, ...plan.change.map((change) => change.wanted)].map((one) => [one.name, one]))
      const after = [
        ...before.filter(({ name }) => !gone.has(name) && !put.has(name)),
        ...[...put.values()].map(({ name, fields }) => found(name, fields)),
      ]
      const second = planOf(desired, after, TAGS)
      expect([second.create, second.change, second.remove]).toEqual([[], [], []])
      expect(names(second.same).sort()).toEqual(names(desired).sort())
    }),
  )
})

test('differences are leaf by leaf, and absent is undefined', () => {
  expect(differencesOf({ a: 1 }, { a: 1, b: undefined })).toEqual([])
  expect(differencesOf({ a: [1] }, { a: { 0: 1 } })).toHaveLength(1)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => differencesOf(value, JSON.parse(JSON.stringify(value))).length === 0),
  )
})

test('a tag holds only what CloudWatch takes', () => {
  expect(tagText('digitalmarketplace (demo)')).toBe('digitalmarketplace -demo-')
})
