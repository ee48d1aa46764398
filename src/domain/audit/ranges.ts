/**
 * Ranges of keys, and where to cut one in two, so that several connections list one bucket.
 *
 * S3 lists forward only and tells nothing of how its keys are spread, so a cut is found by probes: "which is the first
 * key after this one?". Keys are words over characters, and a bucket's keys are a tree of them: the probes find the
 * shallowest place where the rest of the range forks, and halve the characters there. A wrong guess costs a probe and
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

export interface Cut {
  /** Goes to the left part: left.upTo, and right.after. Undefined: not worth it, or impossible. */
  readonly at?: string | undefined
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

/**
 * Looks for a cut of what is left of a range: the keys above `from`, which is itself a key that was read.
 * @param bound an earlier `Cut.bound` of this range
 */
export async function findCut(
  from: string,
  { upTo, bound }: { readonly upTo?: string | undefined; readonly bound?: string | undefined },
  probe: Probe,
): Promise<Cut> {
  const limit = lower(upTo, bound)
  const within = (key: string | undefined): boolean =>
    key !== undefined && (limit === undefined || compareKeys(key, limit) <= 0)
  const path = Array.from(from)
  const beyond = (depth: number): string => path.slice(0, depth + 1).join('') + LAST
  const known = limit === undefined ? 0 : commonLength(path, Array.from(limit))

  /** The key that tells whether something of the range is beyond all that begins as the first `depth + 1` characters do. */
  const keyBeyond = (depth: number): Promise<string | undefined> => inRange(beyond(depth))

  async function inRange(marker: string): Promise<string | undefined> {
    const key = await probe(marker)
    return within(key) ? key : undefined
  }

  // The shallower the place, the less is beyond it: so the shallowest with anything beyond is found by halving.
  let low = known
  let high = path.length
  let first: string | undefined
  if (low < high) {
    first = await keyBeyond(low)
    if (first !== undefined) high = low
    else low += 1
  }
  while (low < high) {
    const middle = (low + high) >> 1
    const key = await keyBeyond(middle)
    if (key === undefined) low = middle + 1
    else {
      high = middle
      first = key
    }
  }
  const prefix = path.slice(0, high).join('')
  const tight = high === 0 ? limit : lower(limit, prefix + LAST)
  // Nothing is beyond any part of `from`: all that is left begins with it.
  first ??= await inRange(from)
  if (first === undefined || Buffer.byteLength(prefix) > LONGEST) return { bound: tight }

  // All that is left shares `prefix`; the next character is what tells it apart.
  let under = path[high]?.codePointAt(0) ?? -1
  const firstChild = first.codePointAt(prefix.length) ?? 0
  let top = Math.min(childOf(limit, prefix), firstChild > ASCII_LAST ? UNICODE_LAST : ASCII_LAST)
  if (firstChild > top) top = UNICODE_LAST
  under = Math.max(under, 0)
  let lowest = tight
  while (top > under) {
    const middle = (under + top) >> 1
    const at = prefix + character(middle) + LAST
    if ((await inRange(at)) !== undefined) return { at, bound: lowest }
    lowest = lower(lowest, at)
    top = middle
  }
  return { bound: lowest }
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
