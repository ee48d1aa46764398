/** From what the operator named to an inventory that is whole and here: its manifest read, its files local and verified. */
import { readFile } from 'node:fs/promises'
import { LandfallError } from '../domain/errors.ts'
import type { InventoryObjects } from '../ports.ts'
import { fetchFiles } from './fetch.ts'
import { incomplete, localFiles } from './local-files.ts'
import { type InventoryManifest, parseManifest, requireBucket } from './manifest.ts'
import { placeOf } from './place.ts'
import type { RowSide } from './rows.ts'

export interface Inventory {
  /** As the operator named it. */
  readonly name: string
  readonly manifest: InventoryManifest
  /** Local paths. */
  readonly files: readonly string[]
}

export interface LoadOptions {
  readonly objects: InventoryObjects
  readonly pair: string
  readonly side: RowSide
  /** The bucket that it has to list. */
  readonly bucket: string
  /** An empty folder of ours, for files from S3. */
  readonly folder: string
  /** For local manifests: the folder that keys begin in. */
  readonly root?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((bytes: number, of: number) => void) | undefined
}

/** S3 writes one file for some million versions: a manifest beyond this is none. */
const MOST_BYTES = 64 * 1024 ** 2

/** Throws INVENTORY_UNFIT, INVENTORY_INCOMPLETE, DISK_FULL, USAGE, or what the port throws. */
export async function loadInventory(name: string, options: LoadOptions): Promise<Inventory> {
  const place = placeOf(name)
  const { pair, side, signal, objects } = options
  const text =
    place.kind === 'file'
      ? await readLocal(place.path)
      : await readAll(await objects.read({ pair, side, bucket: place.bucket, key: place.key, signal }), name)
  const manifest = parseManifest(text, name)
  requireBucket(manifest, { bucket: options.bucket, side, name })
  const files =
    place.kind === 'file'
      ? await localFiles(manifest.files, { manifest: place.path, root: options.root, signal })
      : await fetchFiles(manifest, { ...options, bucket: place.bucket })
  return { name, manifest, files }
}

async function readLocal(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new LandfallError('INVENTORY_INCOMPLETE', `no manifest ${path}: ${(error as Error).message}`, {
      cause: error,
      hint: 'Name the manifest.json of an inventory: a local file, or s3://bucket/key.',
    })
  }
}

async function readAll(object: Awaited<ReturnType<InventoryObjects['read']>>, name: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of object.body) {
    size += chunk.length
    if (size > MOST_BYTES) throw incomplete(`${name} is no manifest: it has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
