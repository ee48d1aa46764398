/**
 * Reads replicas drawn by chance as if the source's region were gone: to the last byte, by version id. Where the source
 * answers, every byte is compared with its own; else with what S3 recorded when the replica was written.
 */
import { createHash } from 'node:crypto'
import type { Pair } from '../config/estate.ts'
import type { ReplicasDrill, Sampled } from '../domain/dump/manifest.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { seeded } from '../domain/seeded.ts'
import type { Clock, DumpStore, ListedVersion, StoredObject } from '../ports.ts'
import { mapLimited } from './concurrency.ts'
import { makeSum, type StoredDigest } from './dump-read.ts'

export interface DrillReplicasNeeds {
  readonly pair: Pick<Pair, 'name' | 'destination'>
  readonly replica: Pick<DumpStore, 'versions' | 'head' | 'read'>
  /** Absent: as if its region were gone. */
  readonly source?: Pick<DumpStore, 'head' | 'read'> | undefined
  readonly clock: Clock
  readonly landfallVersion: string
}

export interface DrillReplicasOptions {
  readonly sample: number
  readonly seed: number
  readonly signal: AbortSignal
  readonly onListed?: ((versions: number) => void) | undefined
  readonly onRead?: ((done: number, bytes: number) => void) | undefined
}

const AT_ONCE = 4

/** Throws where the replica's bucket cannot be listed; what becomes of one version is in its line. */
export function makeDrillReplicas(
  needs: DrillReplicasNeeds,
): (options: DrillReplicasOptions) => Promise<ReplicasDrill> {
  const { pair, replica, clock } = needs

  return async (options) => {
    const startedAt = new Date(clock.now()).toISOString()
    const { drawn, listed } = await draw(options)
    let source: 'compared' | 'down' | 'not asked' = needs.source === undefined ? 'not asked' : 'compared'
    let done = 0
    let bytes = 0
    const sampled = await mapLimited(drawn, AT_ONCE, async (version): Promise<Sampled> => {
      const found = await look(version, options.signal, source === 'compared' ? needs.source : undefined, () => {
        source = 'down'
      })
      done += 1
      bytes += version.size
      options.onRead?.(done, bytes)
      return { key: version.key, versionId: version.versionId, bytes: version.size, ...found }
    })
    return {
      format: 1,
      pair: pair.name,
      from: { bucket: pair.destination.bucket, region: pair.destination.region },
      startedAt,
      endedAt: new Date(clock.now()).toISOString(),
      verdict: sampled.some(({ result }) => result === 'differs' || result === 'unreadable') ? 'failed' : 'readable',
      seed: options.seed,
      listed,
      bytes,
      sampled,
      source,
      landfallVersion: needs.landfallVersion,
    }
  }

  /** A reservoir: each version has the same chance, and none but the drawn ones are kept. */
  async function draw({ sample, seed, signal, onListed }: DrillReplicasOptions) {
    const random = seeded(seed)
    const drawn: ListedVersion[] = []
    let listed = 0
    let after: Awaited<ReturnType<DumpStore['versions']>>['next']
    do {
      const page = await replica.versions({ prefix: '', after, signal })
      for (const version of page.versions) {
        if (version.kind !== 'object') continue
        const at = Math.floor(random.next() * (listed + 1))
        if (listed < sample) {
          if (at < listed) drawn.push(drawn[at]!)
          drawn[at] = version
        } else if (at < sample) drawn[at] = version
        listed += 1
      }
      onListed?.(listed)
      after = page.next
    } while (after !== undefined)
    return { drawn, listed }
  }

  async function look(
    version: ListedVersion,
    signal: AbortSignal,
    source: DrillReplicasNeeds['source'],
    onDown: () => void,
  ): Promise<Pick<Sampled, 'result' | 'detail'>> {
    const at = { key: version.key, versionId: version.versionId }
    try {
      const theirs = await replica.head(at)
      if (theirs === undefined) return { result: 'unreadable', detail: 'it is listed, and not there' }
      const read = await readSums(replica, at, signal)
      if (read.bytes !== version.size) {
        return { result: 'differs', detail: `${read.bytes} bytes were read, and ${version.size} are listed` }
      }
      return (await beside(source, at, read, signal, onDown)) ?? recorded(theirs, read)
    } catch (error) {
      if (!isLandfallError(error) || signal.aborted) throw error
      // Of an outage of the replica's own region no version tells more than the next.
      if (error.code === 'AWS_UNREACHABLE') throw error
      return { result: 'unreadable', detail: `${error.code}: ${inert(error.message)}` }
    }
  }
}

type Sums = StoredDigest & { readonly md5: string }

async function readSums(
  store: Pick<DumpStore, 'read'>,
  at: { readonly key: string; readonly versionId: string },
  signal: AbortSignal,
): Promise<Sums> {
  const sum = makeSum()
  const md5 = createHash('md5')
  for await (const chunk of store.read({ ...at, signal })) {
    sum.push(chunk)
    md5.update(chunk)
  }
  return { ...sum.digest(), md5: md5.digest('hex') }
}

/** Undefined: the source could not be asked, or has this version no more. */
async function beside(
  source: DrillReplicasNeeds['source'],
  at: { readonly key: string; readonly versionId: string },
  read: Sums,
  signal: AbortSignal,
  onDown: () => void,
): Promise<Pick<Sampled, 'result' | 'detail'> | undefined> {
  if (source === undefined) return undefined
  try {
    if ((await source.head(at)) === undefined) return undefined
    const own = await readSums(source, at, signal)
    if (own.sha256 === read.sha256) return { result: 'same', detail: `SHA-256 ${read.sha256}, as the source's` }
    return { result: 'differs', detail: `SHA-256 ${read.sha256}, and the source's is ${own.sha256}` }
  } catch (error) {
    if (!(error instanceof LandfallError) || signal.aborted) throw error
    if (error.code === 'AWS_UNREACHABLE') onDown()
    return undefined
  }
}

function recorded(head: StoredObject, read: Sums): Pick<Sampled, 'result' | 'detail'> {
  const [algorithm, type, value] = (head.checksum ?? '').split(' ')
  const own = algorithm === 'CRC32' ? read.crc32 : Buffer.from(read.sha256, 'hex').toString('base64')
  const isKnown = type === 'FULL_OBJECT' && (algorithm === 'CRC32' || algorithm === 'SHA256')
  if (isKnown) {
    if (own === value) return { result: 'recorded', detail: `${algorithm} ${own}, as S3 recorded` }
    return { result: 'differs', detail: `${algorithm} ${own}, and S3 recorded ${value}` }
  }
  // Under SSE-KMS, or of several parts, an ETag is no MD5: where it differs it says nothing.
  if (head.etag === read.md5) return { result: 'recorded', detail: `MD5 ${read.md5}, as its ETag` }
  return {
    result: 'unverified',
    detail: `read to its end; SHA-256 ${read.sha256}, and S3 recorded nothing that is computed here`,
  }
}
