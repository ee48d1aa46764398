/**
 * Ranges of keys, and where to cut one in two, so that several connections list one bucket.
 *
 * S3 lists forward only and tells nothing of how its keys are spread, so a cut is found by probes: "which is the first
 * key after this one?". Keys are words over characters, and a bucket's keys are a tree of them: the probes find the
 * shallowest place where the rest of the range forks, and cut between the characters there. A wrong guess costs a probe and
 * balance, never a key: ranges are cut at strings, whether or not they are keys.
 */
import { compareKeys } from './key-order.ts'

/** All keys above `after` up to and with `upTo`; without them from the first, to the last key. */
export interface KeyRange {
  readonly after?: string | undefined
  readonly upTo?: string | undefined
}

export const ALL_KEYS: KeyRange = {}

/** The first key above the marker, wherever it is; undefined: there is none. */
export type Probe = (marker: string) => Promise<string | undefined>

export interface Cuts {
  /** Rising, with keys between any two of them and behind the last one. Empty: not worth it, or impossible. */
  readonly at: readonly string[]
  /** No key was found above this in the range: tighter than `upTo`, and a hint only. */
  readonly bound?: string | undefined
}

/** Above every character of a key's: what begins with `prefix` is at or below `prefix + LAST`. */
const LAST = '\u{10FFFF}'
/** S3 takes no longer marker (bytes). Cuts that deep would be of no use anyhow. */
const LONGEST = 900
const ASCII_LAST = 0x7e
const UNICODE_LAST = 0x10ffff

export function contains({ after, upTo }: KeyRange, key: string): boolean {
  if (after !== undefined && compareKeys(key, after) <= 0) return false
  return upTo === undefined || compareKeys(key, upTo) <= 0
}

/** Probes at one time: a round of them takes as long as one. */
const DEPTHS = 4
const PLACES = 7
/** As many cuts are worth no further round. */
const ENOUGH = 3

/**
 * Looks for cuts of what is left of a range: the keys above `from`, which is itself a key that was read.
 * @param bound an earlier `Cuts.bound` of this range
 */
export async function findCuts(
  from: string,
  { upTo, bound }: { readonly upTo?: string | undefined; readonly bound?: string | undefined },
  probe: Probe,
): Promise<Cuts> {
  const limit = lower(upTo, bound)
  const path = Array.from(from)

  async function inRange(marker: string): Promise<string | undefined> {
    const key = await probe(marker)
    return key === undefined || (limit !== undefined && compareKeys(key, limit) > 0) ? undefined : key
  }

  const fork = await findFork(path, limit === undefined ? 0 : commonLength(path, Array.from(limit)), inRange)
  const prefix = path.slice(0, fork.depth).join('')
  const tight = fork.depth === 0 ? limit : lower(limit, prefix + LAST)
  // Nothing is beyond any part of `from`: all that is left begins with it.
  const first = fork.first ?? (await inRange(from))
  if (first === undefined || Buffer.byteLength(prefix) > LONGEST) return { at: [], bound: tight }

  // All that is left shares `prefix`; the next character is what tells it apart.
  const under = path[fork.depth]?.codePointAt(0) ?? 0
  const firstChild = first.codePointAt(prefix.length) ?? 0
  let top = Math.min(childOf(limit, prefix), firstChild > ASCII_LAST ? UNICODE_LAST : ASCII_LAST)
  if (firstChild > top) top = UNICODE_LAST
  let lowest = tight
  for (;;) {
    const places = spread(under, top, PLACES)
    const markers = places.map((code) => prefix + character(code) + LAST)
    const keys = await Promise.all(markers.map(inRange))
    // A key that holds the last character of all may lie above a marker that should be above it: never cut behind it.
    const at = markers.filter(
      (marker, index) => compareKeys(marker, from) >= 0 && isBefore(keys[index], keys[index + 1], markers[index + 1]),
    )
    const over = keys.indexOf(undefined)
    if (over !== -1) {
      lowest = lower(lowest, markers[over])
      top = places[over]!
    }
    const isEnough = at.length >= ENOUGH || over === -1 || (at.length > 0 && top - under <= PLACES)
    if (isEnough || top <= under) return { at, bound: lowest }
  }
}

/** A key lies between this marker, behind which it is the first, and the next one. */
function isBefore(key: string | undefined, next: string | undefined, marker: string | undefined): boolean {
  if (key === undefined) return false
  return marker === undefined || next === undefined || compareKeys(key, marker) <= 0
}

/**
 * The shallowest depth at which the range forks: all keys of the range share the characters of `path` above it. The
 * shallower a place, the less is beyond all that begins as `path` does up to it, so the places are halved (and more).
 */
async function findFork(
  path: readonly string[],
  known: number,
  inRange: Probe,
): Promise<{ readonly depth: number; readonly first: string | undefined }> {
  const beyond = (depth: number): Promise<string | undefined> => inRange(path.slice(0, depth + 1).join('') + LAST)
  let low = known
  let high = path.length
  let first: string | undefined
  if (known > 0 && low < high) {
    first = await beyond(low)
    if (first !== undefined) return { depth: low, first }
    low += 1
  }
  while (low < high) {
    const depths = spread(low, high, DEPTHS)
    const keys = await Promise.all(depths.map(beyond))
    const at = keys.findIndex((key) => key !== undefined)
    if (at === -1) low = depths.at(-1)! + 1
    else {
      high = depths[at]!
      first = keys[at]
      if (at > 0) low = depths[at - 1]! + 1
    }
  }
  return { depth: high, first }
}

/** Whole numbers from `low` up to, without, `high`, at most so many and evenly spread; the middle where there is one. */
function spread(low: number, high: number, most: number): readonly number[] {
  const count = Math.min(most, high - low)
  return Array.from({ length: count }, (_, index) => low + Math.floor(((index + 1) * (high - low)) / (count + 1)))
}

/** How far `at` is on the way from `after` to `upTo`, 0 to 1, by the characters that tell them apart: a rough guess. */
export function progressOf({ after = '', upTo }: KeyRange, at: string): number {
  const last = upTo ?? LAST
  let same = 0
  while (same < at.length && at[same] === last[same] && at[same] === after[same]) same += 1
  const from = valueOf(after, same)
  const to = valueOf(last, same)
  const share = to > from ? (valueOf(at, same) - from) / (to - from) : 0
  return Math.min(1, Math.max(0, share))
}

const WEIGHT = 96

function valueOf(text: string, from: number): number {
  let value = 0
  for (let digit = 0; digit < 4; digit += 1) {
    const unit = text.charCodeAt(from + digit)
    const place = Number.isNaN(unit) ? 0 : Math.min(WEIGHT - 1, Math.max(0, unit - 31))
    value = value * WEIGHT + place
  }
  return value
}

/** The greatest next character that keys under `prefix` can have below the limit. */
function childOf(limit: string | undefined, prefix: string): number {
  if (limit === undefined || !limit.startsWith(prefix)) return UNICODE_LAST
  return limit.codePointAt(prefix.length) ?? UNICODE_LAST
}

/** Surrogates are no characters of their own, and have no UTF-8. */
function character(code: number): string {
  return String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? 0xd7ff : code)
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  let same = 0
  while (same < one.length && one[same] === other[same]) same += 1
  return same
}

function lower(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined) return other
  if (other === undefined) return one
  return compareKeys(one, other) <= 0 ? one : other
}
