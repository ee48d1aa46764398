import type { StoredVersion } from './version.ts'

/**
 * The versions of one key. Most keys have one: it stands for itself, which saves a list for each of a million keys.
 */
export type Chain = StoredVersion | Versions

/** Oldest first, so that a write appends; replicas may come late. The sequencers rise. */
interface Versions {
  readonly list: StoredVersion[]
  /** Made for long lists when first asked for. */
  byId: Map<string, StoredVersion> | undefined
}

const SCAN_MOST = 64

export function latestOf(chain: Chain): StoredVersion {
  return 'list' in chain ? chain.list.at(-1)! : chain
}

/** How many versions and markers there are. */
export function lengthOf(chain: Chain): number {
  return 'list' in chain ? chain.list.length : 1
}

/** Newest first: 0 is the latest. */
export function newestAt(chain: Chain, index: number): StoredVersion | undefined {
  if ('list' in chain) return chain.list[chain.list.length - 1 - index]
  return index === 0 ? chain : undefined
}

export function findVersion(chain: Chain, versionId: string): StoredVersion | undefined {
  if (!('list' in chain)) return chain.versionId === versionId ? chain : undefined
  if (chain.list.length <= SCAN_MOST) return chain.list.find((version) => version.versionId === versionId)
  chain.byId ??= new Map(chain.list.map((version) => [version.versionId, version]))
  return chain.byId.get(versionId)
}

/** How many versions are newer than this sequencer, itself included: where a listing newest first goes on behind it. */
export function countFrom(chain: Chain, sequencer: string): number {
  if (!('list' in chain)) return chain.sequencer >= sequencer ? 1 : 0
  return chain.list.length - firstFrom(chain.list, sequencer)
}

export function withVersion(chain: Chain | undefined, version: StoredVersion): Chain {
  if (chain === undefined) return version
  if (!('list' in chain)) {
    return { list: chain.sequencer < version.sequencer ? [chain, version] : [version, chain], byId: undefined }
  }
  if (chain.list.at(-1)!.sequencer < version.sequencer) chain.list.push(version)
  else chain.list.splice(firstFrom(chain.list, version.sequencer), 0, version)
  chain.byId?.set(version.versionId, version)
  return chain
}

/** Undefined where nothing is left. */
export function withoutVersion(chain: Chain, version: StoredVersion): Chain | undefined {
  if (!('list' in chain)) return chain === version ? undefined : chain
  const at = firstFrom(chain.list, version.sequencer)
  if (chain.list[at] !== version) return chain
  chain.list.splice(at, 1)
  chain.byId?.delete(version.versionId)
  return chain.list.length === 1 ? chain.list[0] : chain
}

/** The first position whose sequencer is not below. */
function firstFrom(list: readonly StoredVersion[], sequencer: string): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]!.sequencer < sequencer) low = middle + 1
    else high = middle
  }
  return low
}
