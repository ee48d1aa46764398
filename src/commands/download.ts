/**
 * One version of a dump into a file: taken up again where an earlier run broke off, compared by what is on disk in the end,
 * and under its name only when it is whole.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { CatalogEntry, Held } from '../domain/dump/catalog.ts'
import { diskFault } from '../domain/disk-full.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, DumpStore } from '../ports.ts'
import type { Progress } from './progress.ts'
import { makeTransfer } from './transfer.ts'

export interface Downloaded {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** What it was compared with: the manifest's SHA-256, S3's checksum or ETag, or its size alone. */
  readonly proved: 'sha256' | 'checksum' | 'etag' | 'size'
  /** Bytes that an earlier run had brought. */
  readonly resumedAt: number
}

export interface DownloadNeeds {
  readonly store: Pick<DumpStore, 'read' | 'head'>
  readonly entry: CatalogEntry
  readonly held: Held
  readonly path: string
  readonly overwrite: boolean
  /** What `path` is to hold, made of what is stored; absent: what is stored. */
  readonly decode?: ((stored: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined
  readonly clock: Clock
  readonly progress: Progress
  readonly signal?: AbortSignal | undefined
}

const UPDATE_MS = 200

/** Throws FILE_UNWRITABLE, DISK_FULL, DUMP_DIFFERS, DUMP_MISSING, or what the store throws; what came so far stays for the next run. */
export async function download(needs: DownloadNeeds): Promise<Downloaded> {
  const { path, entry, held, overwrite } = needs
  if (!overwrite && (await sizeOf(path)) !== undefined) throw taken(path)
  const part = partOf(path, held)
  const resumedAt = await fetchInto(part, needs)
  needs.progress.update('comparing what is on disk')
  const sums = await sumsOf(part)
  const fault = await compare(needs, sums)
  if (typeof fault === 'object') {
    // Taken up again, wrong bytes would stay wrong for ever.
    await rm(part, { force: true })
    throw new LandfallError('DUMP_DIFFERS', `what came of ${entry.key} is not what is stored: ${fault.differs}`)
  }
  const whole = needs.decode === undefined ? part : await decoded(part, needs)
  await onDisk(path, () => place(whole, path, overwrite))
  if (whole !== part) await rm(part)
  return { path, bytes: sums.bytes, sha256: sums.sha256, proved: fault, resumedAt }
}

/** One name a version: what a run brought of another version must never be gone on with. */
function partOf(path: string, { versionId }: Held): string {
  const tag = createHash('sha256').update(versionId).digest('hex').slice(0, 12)
  return join(dirname(path), `.${basename(path)}.${tag}.part`)
}

async function fetchInto(part: string, needs: DownloadNeeds): Promise<number> {
  const { store, entry, held, clock, progress, signal } = needs
  const there = (await sizeOf(part)) ?? 0
  const from = there > held.size ? 0 : there
  const file = await onDisk(part, () => open(part, from === 0 ? 'w' : 'a', 0o600))
  let done = from
  let shown = -Infinity
  const transfer = makeTransfer({ total: held.size, began: from, at: clock.now() })
  try {
    if (from < held.size) {
      for await (const chunk of store.read({ key: entry.key, versionId: versionOf(held), from, signal })) {
        await onDisk(part, () => file.appendFile(chunk))
        done += chunk.length
        const now = clock.now()
        if (now - shown < UPDATE_MS) continue
        shown = now
        progress.update(transfer.line(done, now))
      }
    }
    await onDisk(part, () => file.sync())
  } finally {
    await file.close()
  }
  return from
}

const versionOf = ({ versionId }: Held): string | undefined => (versionId === 'null' ? undefined : versionId)

/** What fails half way leaves the stored bytes, which are good, and nothing else. */
async function decoded(part: string, { decode, progress, signal }: DownloadNeeds): Promise<string> {
  const plain = `${part}.plain`
  progress.update('decrypting')
  const file = await onDisk(plain, () => open(plain, 'w', 0o600))
  let whole = false
  try {
    for await (const chunk of decode!(createReadStream(part, { highWaterMark: 2 ** 20 }))) {
      signal?.throwIfAborted()
      await onDisk(plain, () => file.appendFile(chunk))
    }
    await onDisk(plain, () => file.sync())
    whole = true
  } finally {
    await file.close()
    if (!whole) await rm(plain, { force: true })
  }
  return plain
}

interface Sums {
  readonly bytes: number
  readonly sha256: string
  readonly md5: string
  readonly crc32: string
}

async function sumsOf(path: string): Promise<Sums> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')]
  let [bytes, sum] = [0, 0]
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    sha256.update(chunk)
    md5.update(chunk)
    sum = crc32(chunk, sum)
    bytes += chunk.length
  }
  const big = Buffer.alloc(4)
  big.writeUInt32BE(sum)
  return { bytes, sha256: sha256.digest('hex'), md5: md5.digest('hex'), crc32: big.toString('base64') }
}

async function compare(
  { store, entry, held }: DownloadNeeds,
  sums: Sums,
): Promise<Downloaded['proved'] | { readonly differs: string }> {
  if (sums.bytes !== held.size) return { differs: `${sums.bytes} bytes in place of ${held.size}` }
  const stored = entry.manifest?.stored
  if (stored !== undefined) return stored.sha256 === sums.sha256 ? 'sha256' : { differs: 'its SHA-256 is another' }
  const head = await store.head({ key: entry.key, versionId: versionOf(held) })
  const checksum = /^CRC32 FULL_OBJECT (.+)$/.exec(head?.checksum ?? '')?.[1]
  if (checksum !== undefined) return checksum === sums.crc32 ? 'checksum' : { differs: 'its CRC32 is another' }
  // Only an object of one part, encrypted by S3's own keys, has an MD5 for its ETag: another one proves nothing.
  return held.etag === sums.md5 ? 'etag' : 'size'
}

async function place(part: string, path: string, overwrite: boolean): Promise<void> {
  if (overwrite) await rename(part, path)
  else {
    // A link, other than a rename, never takes a name that another has taken meanwhile.
    await link(part, path)
    await rm(part)
  }
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unwritable(path, error)
  }
}

async function onDisk<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (isLandfallError(error)) throw error
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(path) : unwritable(path, error)
  }
}

const taken = (path: string): LandfallError =>
  new LandfallError('FILE_UNWRITABLE', `${path} is there already`, {
    hint: 'Name another file by --to, or overwrite this one by --force.',
  })

function unwritable(path: string, cause: unknown): LandfallError {
  const full = diskFault(path, cause)
  if (isLandfallError(full)) return full
  const said = cause instanceof Error ? cause.message : String(cause)
  return new LandfallError('FILE_UNWRITABLE', `${path} cannot be written: ${said}`, { cause })
}
