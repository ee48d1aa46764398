/**
 * Brings an inventory's files from S3 to a folder, a few at a time, each verified as it streams by. Free space is looked
 * at before: a disk that fills up half-way would take others' work with it.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { diskFault } from '../domain/disk-full.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { InventoryObjects } from '../ports.ts'
import { damaged } from './local-files.ts'
import type { InventoryFile, InventoryManifest } from './manifest.ts'
import type { RowSide } from './rows.ts'

export interface FetchOptions {
  readonly objects: InventoryObjects
  readonly pair: string
  readonly side: RowSide
  /** The bucket that the manifest was read from. */
  readonly bucket: string
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  /** Bytes so far, and of all. */
  readonly progress?: ((bytes: number, of: number) => void) | undefined
}

const AT_ONCE = 4
/** What is left to others, and to the join to spill to. */
const SPARE_BYTES = 512 * 1024 ** 2

/** Local paths in the order of the manifest. Throws INVENTORY_INCOMPLETE, DISK_FULL, or what the port throws. */
export async function fetchFiles(manifest: InventoryManifest, options: FetchOptions): Promise<readonly string[]> {
  const { files } = manifest
  const total = files.reduce((sum, { size }) => sum + size, 0)
  await requireSpace(options.folder, total)
  const extension = manifest.format === 'CSV' ? 'csv.gz' : 'parquet'
  const paths = files.map((_, index) => join(options.folder, `${options.side}-${index}.${extension}`))
  let bytes = 0
  const ended = new AbortController()
  const signal = options.signal === undefined ? ended.signal : AbortSignal.any([options.signal, ended.signal])
  const left = files.entries()
  const lane = async (): Promise<void> => {
    for (const [index, file] of left) {
      await fetchOne(file, paths[index]!, {
        ...options,
        signal,
        more: (count) => {
          bytes += count
          options.progress?.(bytes, total)
        },
      })
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  } catch (error) {
    // The others would go on writing into a folder that is being removed.
    ended.abort()
    throw error
  }
  return paths
}

async function fetchOne(
  file: InventoryFile,
  path: string,
  { objects, pair, side, bucket, signal, more }: FetchOptions & { readonly more: (bytes: number) => void },
): Promise<void> {
  const { body } = await objects.read({ pair, side, bucket, key: file.key, signal })
  const hash = createHash('md5')
  let size = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      size += chunk.length
      // A body that never ends is no inventory.
      if (size > file.size) throw damaged(`s3://${bucket}/${file.key}`, file, 'it has more bytes')
      hash.update(chunk)
      more(chunk.length)
      yield chunk
    }
  }
  try {
    await pipeline(counted(), createWriteStream(path), { signal })
  } catch (error) {
    if (isLandfallError(error)) throw error
    throw diskFault(path, error)
  }
  const md5 = hash.digest('hex')
  if (size !== file.size) throw damaged(`s3://${bucket}/${file.key}`, file, `it has ${size} bytes`)
  if (md5 !== file.md5) throw damaged(`s3://${bucket}/${file.key}`, file, `its MD5 is ${md5}`)
}

/** Throws DISK_FULL. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes + SPARE_BYTES) return
  const gib = (value: number): string => `${(value / 1024 ** 3).toFixed(1)} GiB`
  throw new LandfallError(
    'DISK_FULL',
    `${folder} has ${gib(free)} free; the inventory needs ${gib(bytes + SPARE_BYTES)}`,
  )
}
