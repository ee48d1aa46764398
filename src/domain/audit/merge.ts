/**
 * The merge-join of both sides of a range by key: streaming, a page or two of each side in memory.
 */
import { type AuditRules, type Classified, classifyKey, looksSame } from './classify.ts'
import { type Finding, type SideSeen } from './finding.ts'
import { isOwnKey } from '../canary.ts'
import { compareKeys } from './key-order.ts'
import { classifySpilled, makeDealer, partOfText, type Spill } from './spill.ts'

/** One line of a listing. */
export interface Listed extends SideSeen {
  readonly key: string
}

/** The next versions of one side in the listing's order; empty pages are allowed, undefined is the end. */
export type NextPage = () => Promise<readonly Listed[] | undefined>

export interface MergeNeeds {
  readonly source: NextPage
  readonly destination: NextPage
  readonly rules: AuditRules
  readonly openSpill: () => Promise<Spill>
  /** More versions of one key than this are not held in memory. */
  readonly keyLimit?: number | undefined
  /** Told of each pair of versions that match, for those who look deeper. */
  readonly onMatch?: ((source: Listed, destination: Listed) => void) | undefined
  /** Told of each version at the source. */
  readonly onSource?: ((source: Listed) => void) | undefined
}

export interface MergedBatch extends Classified {
  /** All keys up to this one are in; undefined: no key was left. */
  readonly upTo: string | undefined
  readonly ended: boolean
}

export interface Merge {
  /** At least this many versions of the source, unless the range ends before. */
  batch(versions: number): Promise<MergedBatch>
  /** The first key of the range. */
  readonly first: string | undefined
  /** The key in hand, or the last one. */
  readonly position: string | undefined
  /** Ends the range at this key, which must not be below `position`. */
  cut(upTo: string): void
}

export const KEY_LIMIT = 10_000

export function makeMerge(needs: MergeNeeds): Merge {
  const { rules, keyLimit = KEY_LIMIT, onMatch, onSource } = needs
  const source = new Stream(needs.source)
  const destination = new Stream(needs.destination)
  let first: string | undefined
  let position: string | undefined

  async function batch(versions: number): Promise<MergedBatch> {
    const findings: Finding[] = []
    let compared = 0
    let matched = 0
    while (compared + findings.length < versions) {
      const left = source.here ?? (await source.fill())
      const right = destination.here ?? (await destination.fill())
      if (left === undefined && right === undefined) return { compared, matched, findings, upTo: position, ended: true }
      if (left !== undefined && right !== undefined && plain(left, right)) {
        position = left.key
        first ??= position
        compared += 1
        matched += 1
        onSource?.(left)
        onMatch?.(left, right)
        source.step()
        destination.step()
        continue
      }
      const key = lowerKey(left, right)
      position = key
      first ??= position
      const result = await oneKey(key)
      compared += result.compared
      matched += result.matched
      for (const finding of result.findings) findings.push(finding)
    }
    return { compared, matched, findings, upTo: position, ended: false }
  }

  /** One version on each side, and they look the same: nearly all keys. */
  function plain(left: Listed, right: Listed): boolean {
    if (left.key !== right.key || left.versionId !== right.versionId || !looksSame(left, right)) return false
    return source.isLastOfKey && destination.isLastOfKey
  }

  async function oneKey(key: string): Promise<Classified> {
    const left = await source.take(key, keyLimit)
    const right = await destination.take(key, keyLimit)
    if (source.here?.key === key || destination.here?.key === key) return giant(key, left, right)
    const result = classifyKey(key, left, right, rules)
    tellMatches(left, right)
    return result
  }

  function tellMatches(left: readonly Listed[], right: readonly Listed[]): void {
    if (onSource !== undefined) for (const version of left) onSource(version)
    if (onMatch === undefined) return
    const there = new Map(right.map((version) => [version.versionId, version]))
    for (const version of left) {
      const partner = there.get(version.versionId)
      if (partner !== undefined && looksSame(version, partner)) onMatch(version, partner)
    }
  }

  async function giant(key: string, left: readonly Listed[], right: readonly Listed[]): Promise<Classified> {
    const spill = await needs.openSpill()
    try {
      const partOf = (version: SideSeen): number =>
        partOfText(rules.policy.match === 'version' ? version.versionId : `${version.kind} ${version.size ?? 0}`)
      const dealers = { source: makeDealer(spill, 's', partOf), destination: makeDealer(spill, 'd', partOf) }
      await dealAll(key, left, source, dealers.source, keyLimit)
      await dealAll(key, right, destination, dealers.destination, keyLimit)
      return await classifySpilled(
        key,
        spill,
        { source: dealers.source.head, destination: dealers.destination.head },
        rules,
      )
    } finally {
      await spill.end()
    }
  }

  return {
    batch,
    get first() {
      return first
    },
    get position() {
      return position
    },
    cut(upTo) {
      source.cut(upTo)
      destination.cut(upTo)
    },
  }
}

async function dealAll(
  key: string,
  first: readonly Listed[],
  stream: Stream,
  dealer: ReturnType<typeof makeDealer>,
  limit: number,
): Promise<void> {
  let versions = first
  while (versions.length > 0) {
    for (const version of versions) await dealer.add(version)
    versions = await stream.take(key, limit)
  }
  await dealer.end()
}

function lowerKey(left: Listed | undefined, right: Listed | undefined): string {
  if (left === undefined) return right!.key
  if (right === undefined) return left.key
  return compareKeys(left.key, right.key) <= 0 ? left.key : right.key
}

/** One side: the page in hand, and where in it. */
class Stream {
  readonly #next: NextPage
  #page: readonly Listed[] = []
  #at = 0
  #ended = false
  #upTo: string | undefined

  constructor(next: NextPage) {
    this.#next = next
  }

  get here(): Listed | undefined {
    return this.#page[this.#at]
  }

  /** False also at the end of a page, when it is not known. */
  get isLastOfKey(): boolean {
    const next = this.#page[this.#at + 1]
    return next !== undefined ? next.key !== this.#page[this.#at]!.key : this.#ended
  }

  step(): void {
    this.#at += 1
  }

  async fill(): Promise<Listed | undefined> {
    while (this.#at >= this.#page.length && !this.#ended) {
      const page = await this.#next()
      this.#page = (page ?? []).filter(({ key }) => !isOwnKey(key))
      this.#at = 0
      if (page === undefined) this.#ended = true
      else if (this.#upTo !== undefined) this.cut(this.#upTo)
    }
    return this.here
  }

  /** The next versions of this key, at most so many. */
  async take(key: string, most: number): Promise<readonly Listed[]> {
    const taken: Listed[] = []
    for (;;) {
      const here = this.here ?? (await this.fill())
      if (here === undefined || here.key !== key || taken.length >= most) return taken
      taken.push(here)
      this.#at += 1
    }
  }

  cut(upTo: string): void {
    this.#upTo = upTo
    const last = this.#page.at(-1)
    if (last === undefined || compareKeys(last.key, upTo) <= 0) return
    const end = this.#page.findIndex(({ key }) => compareKeys(key, upTo) > 0)
    this.#page = this.#page.slice(0, Math.max(end, 0))
    this.#ended = true
  }
}
