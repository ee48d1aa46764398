/**
 * Writes to the estate's source buckets as its applications would: new documents, new versions of old ones, deletions,
 * and now and then what makes replication interesting. It keeps what it wrote: the truth that `lost` is counted against.
 *
 * One writer per pair, one write at a time in each: with a seed, each bucket sees the same writes in the same order,
 * whatever the others do. Determinism of the version ids rests on that.
 */
import type { BucketPlace } from '../config/estate.ts'
import { versionId63, type VersionId63 } from '../domain/version.ts'
import type { Writer } from '../aws/writer.ts'
import { type Chance, makeChance } from './chance.ts'
import { keyFor } from './keys.ts'

export interface WrittenVersion {
  readonly id: VersionId63
  readonly key: string
  readonly versionId: string
}

export interface Traffic {
  /** Resolves when all is written (`events`), or after `stop()`. Rejects with the first error of a writer. */
  readonly done: Promise<void>
  stop(): void
  /** By pair. */
  written(): ReadonlyMap<string, readonly WrittenVersion[]>
  /** Versions and markers written so far. */
  readonly count: number
}

export interface TrafficNeeds {
  readonly pairs: readonly { readonly name: string; readonly source: BucketPlace }[]
  readonly writer: Writer
  readonly seed: number
  /** How many versions to write in all; without it, writes until stopped. */
  readonly events?: number | undefined
  /** Writes a second, over all pairs. 0: as fast as the store takes them. */
  readonly perSecond: number
  /** Waits; returns early when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/** What one write does, with its weight. */
const ACTS = [
  ['new', 780],
  ['overwrite', 130],
  ['mark', 50],
  // Deleted for good before it can replicate: ends `gone`.
  ['purge', 15],
  // S3 replicates nothing that is written straight to an archive class: ends `excluded`.
  ['archive', 25],
] as const satisfies readonly (readonly [string, number])[]
type Act = (typeof ACTS)[number][0]

const REMEMBERED_KEYS = 500
const LARGEST = 128 * 1024

export function startTraffic(needs: TrafficNeeds): Traffic {
  const written = new Map<string, WrittenVersion[]>(needs.pairs.map(({ name }) => [name, []]))
  const stopping = new AbortController()
  let count = 0

  const shares = needs.pairs.map((_, index) =>
    needs.events === undefined
      ? Infinity
      : Math.floor(needs.events / needs.pairs.length) + (index < needs.events % needs.pairs.length ? 1 : 0),
  )
  const gapMs = needs.perSecond === 0 ? 0 : (1000 * needs.pairs.length) / needs.perSecond

  async function write(pair: TrafficNeeds['pairs'][number], share: number): Promise<void> {
    const chance = makeChance(needs.seed, pair.name)
    const keys: string[] = []
    const list = written.get(pair.name)!
    while (!stopping.signal.aborted && list.length < share) {
      await perform(pair, chance, keys, list)
      count += 1
      if (gapMs > 0) await needs.pause(gapMs * (0.5 + chance.next()), stopping.signal)
    }
  }

  async function perform(
    { name, source }: TrafficNeeds['pairs'][number],
    chance: Chance,
    keys: string[],
    list: WrittenVersion[],
  ): Promise<void> {
    const chosen = keys.length === 0 ? 'new' : choose(chance)
    const key = chosen === 'overwrite' || chosen === 'mark' ? chance.pick(keys) : keyFor(name, chance)
    if (chosen === 'mark') {
      remember(list, key, await needs.writer.mark(source, key))
      return
    }
    const body = bodyOf(chance)
    const put = await needs.writer.put(source, key, body, {
      contentType: 'application/pdf',
      storageClass: chosen === 'archive' ? 'GLACIER' : undefined,
      // The antivirus service tags what it has scanned.
      tagging: chance.next() < 0.5 ? 'avStatus.result=pass' : undefined,
    })
    remember(list, key, put)
    if (chosen === 'purge') await needs.writer.purge(source, key, put.versionId)
    if (chosen === 'new' && keys.length < REMEMBERED_KEYS) keys.push(key)
  }

  const done = Promise.all(needs.pairs.map(async (pair, index) => write(pair, shares[index]!))).then(() => undefined)
  // Whoever awaits `done` later must not find that the process ended of an unhandled rejection first.
  done.catch(() => stopping.abort())
  return {
    done,
    stop: () => stopping.abort(),
    written: () => written,
    get count() {
      return count
    },
  }
}

function remember(list: WrittenVersion[], key: string, { versionId }: { readonly versionId: string }): void {
  list.push({ id: versionId63({ key, versionId }), key, versionId })
}

function choose(chance: Chance): Act {
  let left = chance.below(ACTS.reduce((sum, [, weight]) => sum + weight, 0))
  for (const [act, weight] of ACTS) {
    if (left < weight) return act
    left -= weight
  }
  return 'new'
}

/** A few kilobytes mostly, sometimes much more: sizes of real documents divided by about 50, to spare a laptop. */
function bodyOf(chance: Chance): Uint8Array {
  const size = Math.min(LARGEST, Math.max(1, Math.round(chance.logNormal(3000, 1.2))))
  const body = new Uint8Array(size)
  // The head differs from version to version, so that a wrong replica can't have the right checksum.
  for (let index = 0; index < Math.min(16, size); index += 1) body[index] = chance.below(256)
  return body
}
