/** Alarms and dashboards as code: what is wanted against what is found, and the steps between. Pure. */

/** Values as JSON has them. */
export type Fields = Readonly<Record<string, unknown>>

export interface Wanted {
  readonly name: string
  readonly kind: string
  readonly fields: Fields
}

export interface Found extends Wanted {
  readonly arn: string
  readonly tags: ReadonlyMap<string, string>
}

export interface Difference {
  /** `threshold`, `watched.m.metric`, `widgets[3].properties.title`. */
  readonly path: string
  /** Undefined: absent. */
  readonly before: unknown
  readonly after: unknown
}

export interface Change<W extends Wanted> {
  readonly wanted: W
  readonly found: Found
  readonly differences: readonly Difference[]
  /** Tags to set; a tag that is too much stays, since others may tag as well. */
  readonly tags: ReadonlyMap<string, string>
}

export interface Plan<W extends Wanted> {
  readonly create: readonly W[]
  readonly change: readonly Change<W>[]
  readonly remove: readonly Found[]
  readonly same: readonly W[]
  /** Wanted, but there under this name without our tag: nothing may be done before a person decides. */
  readonly taken: readonly Found[]
  /** Carries our prefix and not our tag: somebody else's, left alone. */
  readonly foreign: readonly Found[]
}

/** The tag that says whose it is: prefix and tag together decide, and only both. */
export const OWNER_TAG = 'landfall:estate'

/** CloudWatch refuses other characters in the value of a tag. */
export const tagText = (text: string): string => text.replaceAll(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '-').slice(0, 256)

export function ownTags(estate: string, more: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map([...Object.entries(more), [OWNER_TAG, tagText(estate)]])
}

/** `found`: all that carries the prefix. With nothing wanted it is the plan of a removal. */
export function planOf<W extends Wanted>(
  wanted: readonly W[],
  found: readonly Found[],
  tags: ReadonlyMap<string, string>,
): Plan<W> {
  const there = new Map(found.map((one) => [one.name, one]))
  const names = new Set(wanted.map(({ name }) => name))
  const owned = (one: Found): boolean => one.tags.get(OWNER_TAG) === tags.get(OWNER_TAG)
  const known = wanted.flatMap((one) => {
    const match = there.get(one.name)
    // Of another kind: CloudWatch keeps metric and composite alarms apart, and neither becomes the other.
    return match === undefined || !owned(match) ? [] : [changeOf(one, match, tags)]
  })
  return {
    create: wanted.filter(({ name }) => !there.has(name)),
    change: known.filter((change) => change.differences.length + change.tags.size > 0),
    remove: found.filter((one) => !names.has(one.name) && owned(one)),
    same: known.filter((change) => change.differences.length + change.tags.size === 0).map((change) => change.wanted),
    taken: found.filter((one) => names.has(one.name) && !owned(one)),
    foreign: found.filter((one) => !names.has(one.name) && !owned(one)),
  }
}

function changeOf<W extends Wanted>(wanted: W, found: Found, tags: ReadonlyMap<string, string>): Change<W> {
  return {
    wanted,
    found,
    differences: differencesOf({ kind: found.kind, ...found.fields }, { kind: wanted.kind, ...wanted.fields }),
    tags: new Map([...tags].filter(([key, value]) => found.tags.get(key) !== value)),
  }
}

/** Leaf by leaf, in the order of their paths' first appearance. An absent member and `undefined` are the same. */
export function differencesOf(before: unknown, after: unknown, path = ''): readonly Difference[] {
  if (isNode(before) && isNode(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => {
      const inner = Array.isArray(after) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
      return differencesOf(before[key], after[key], inner)
    })
  }
  return before === after ? [] : [{ path, before, after }]
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
