import type { Bucket } from './bucket.ts'
import { type Chain, countFrom, findVersion, latestOf, newestAt } from './chain.ts'
import { behindPrefix, compareKeys } from './key-order.ts'
import type { StoredVersion } from './version.ts'

export interface ListAsk {
  readonly prefix: string
  /** Empty: none. Keys that have it behind the prefix are rolled up into common prefixes. */
  readonly delimiter: string
  /** Counts entries and common prefixes together. */
  readonly max: number
}

export interface Page<T> {
  readonly entries: readonly T[]
  readonly commonPrefixes: readonly string[]
  /** Undefined at the end; else the last thing on this page: a common prefix, or a key (with the version). */
  readonly next: { readonly key: string; readonly versionId?: string | undefined } | undefined
}

export interface ListedVersion {
  readonly version: StoredVersion
  readonly isLatest: boolean
}

/**
 * Latest versions that are no markers, in byte order.
 * @param after a key or common prefix: the page starts behind it; undefined: at the beginning
 */
export function listObjects(bucket: Bucket, ask: ListAsk, after: string | undefined): Page<StoredVersion> {
  const walk = makeWalk(bucket, ask, after)
  const entries: StoredVersion[] = []
  for (;;) {
    walk.cursor.toVisible()
    const chain = walk.here()
    if (chain === undefined) return { entries, commonPrefixes: walk.rolled, next: undefined }
    if (entries.length + walk.rolled.length >= ask.max) {
      return { entries, commonPrefixes: walk.rolled, next: ask.max === 0 ? undefined : { key: walk.last! } }
    }
    if (walk.rollUp()) continue
    const version = latestOf(chain)
    entries.push(version)
    walk.step(version.key)
  }
}

/**
 * All versions and markers, in byte order of the keys, newest first in each.
 * @param after starts behind this key, or, with a version id, behind that version of it
 */
export function listVersions(
  bucket: Bucket,
  ask: ListAsk,
  after: { readonly key: string; readonly versionId?: string | undefined } | undefined,
): Page<ListedVersion> {
  const inside = after?.versionId === undefined ? undefined : bucket.objects.get(after.key)
  const walk = makeWalk(bucket, ask, after?.key, inside !== undefined)
  const entries: ListedVersion[] = []
  let skip = inside === undefined ? 0 : newerThanOrAt(bucket, inside, { key: after!.key, versionId: after!.versionId! })
  for (;;) {
    const chain = walk.here()
    if (chain === undefined) return { entries, commonPrefixes: walk.rolled, next: undefined }
    const full = (): boolean => entries.length + walk.rolled.length >= ask.max
    const stop = (): Page<ListedVersion> => ({
      entries,
      commonPrefixes: walk.rolled,
      next: ask.max === 0 ? undefined : { key: walk.last!, versionId: walk.lastVersion },
    })
    const first = newestAt(chain, skip)
    if (first !== undefined) {
      if (full()) return stop()
      if (walk.rollUp()) continue
      for (let at = skip, version: StoredVersion | undefined = first; version !== undefined;) {
        if (full()) return stop()
        entries.push({ version, isLatest: at === 0 })
        walk.lastVersion = version.versionId
        walk.last = version.key
        version = newestAt(chain, ++at)
      }
    }
    skip = 0
    walk.cursor.next()
  }
}

/**
 * How many versions of a chain to leave out behind a marker. One that was deleted since its page was read is known for
 * a while; where nothing is known of it the key is listed from its newest version: twice is better than never.
 */
function newerThanOrAt(bucket: Bucket, chain: Chain, after: { key: string; versionId: string }): number {
  const sequencer = findVersion(chain, after.versionId)?.sequencer ?? bucket.goneSequencer(after.key, after.versionId)
  return sequencer === undefined ? 0 : countFrom(chain, sequencer)
}

const STEPS_MOST = 8

/** The walk over a bucket's keys that both listings share. */
function makeWalk(bucket: Bucket, ask: ListAsk, after: string | undefined, inside = false) {
  const { prefix, delimiter } = ask
  const rolled: string[] = []
  const { objects } = bucket
  const behindRolled =
    after !== undefined && delimiter !== '' && after.startsWith(prefix) && commonPrefixOf(after, ask) === after
  const start =
    after === undefined || compareKeys(prefix, after) > 0
      ? objects.seek(prefix, false)
      : objects.seek(behindRolled ? behindPrefix(after) : after, !behindRolled && !inside)
  /** Folders are often small: a few steps are cheaper than a search from the top. */
  const skip = (common: string): void => {
    for (let steps = 0; steps < STEPS_MOST; steps++) {
      walk.cursor.next()
      if (walk.cursor.key?.startsWith(common) !== true) return
    }
    walk.cursor = objects.seek(behindPrefix(common), false)
  }
  const walk = {
    cursor: start,
    rolled,
    last: undefined as string | undefined,
    lastVersion: undefined as string | undefined,
    /** The value under the cursor; undefined at the end of the bucket or of the prefix. */
    here(): Chain | undefined {
      const { key, value } = walk.cursor
      return key?.startsWith(prefix) === true ? value : undefined
    },
    /** Rolls the key under the cursor up, if it is to be, and jumps behind all that roll up with it. */
    rollUp(): boolean {
      const common = delimiter === '' ? undefined : commonPrefixOf(walk.cursor.key!, ask)
      if (common === undefined) return false
      rolled.push(common)
      walk.last = common
      walk.lastVersion = undefined
      skip(common)
      return true
    },
    step(key: string): void {
      walk.last = key
      walk.cursor.next()
    },
  }
  return walk
}

function commonPrefixOf(key: string, { prefix, delimiter }: ListAsk): string | undefined {
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}
