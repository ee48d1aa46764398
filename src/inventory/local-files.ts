/**
 * The files of an inventory on this machine. `aws s3 sync` keeps the keys' folders, so a file is found below one of the
 * folders above its manifest; where only the files were copied, beside it. Each is hashed before it counts: half of a
 * copy would make the other half missing.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { LandfallError } from '../domain/errors.ts'
import type { InventoryFile } from './manifest.ts'

/** Local paths in the order of `files`. Throws INVENTORY_INCOMPLETE. */
export async function localFiles(
  files: readonly InventoryFile[],
  at: { readonly manifest: string; readonly root?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const paths: string[] = []
  for (const file of files) {
    const path = await findFile(file, at)
    await verify(path, file, at.signal)
    paths.push(path)
  }
  return paths
}

async function findFile(
  { key }: InventoryFile,
  { manifest, root }: { readonly manifest: string; readonly root?: string | undefined },
): Promise<string> {
  // A manifest is input: a key of it must not lead out of the folder.
  if (key.startsWith('/') || key.includes('\0') || key.split(/[/\\]/).includes('..')) {
    throw incomplete(`the manifest names a file by a key that leads elsewhere: ${JSON.stringify(key)}`)
  }
  const folder = dirname(resolve(manifest))
  const candidates =
    root === undefined
      ? [
          ...above(folder).map((one) => join(one, key)),
          join(folder, basename(key)),
          join(folder, 'data', basename(key)),
        ]
      : [join(root, key)]
  for (const path of candidates) if (await isFile(path)) return path
  throw incomplete(
    root === undefined
      ? `no file for the key ${JSON.stringify(key)}, neither beside ${manifest} nor below a folder above it`
      : `no file ${join(root, key)}`,
  )
}

function above(folder: string): readonly string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...above(parent)]
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

async function verify(path: string, file: InventoryFile, signal: AbortSignal | undefined): Promise<void> {
  const { size } = await stat(path)
  if (size !== file.size) throw damaged(path, file, `it has ${size} bytes`)
  const hash = createHash('md5')
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer)
  const md5 = hash.digest('hex')
  if (md5 !== file.md5) throw damaged(path, file, `its MD5 is ${md5}`)
}

export function damaged(name: string, { size, md5 }: InventoryFile, what: string): LandfallError {
  return incomplete(`${name} is not the file that the manifest means (${size} bytes, MD5 ${md5}): ${what}`)
}

export function incomplete(message: string): LandfallError {
  return new LandfallError('INVENTORY_INCOMPLETE', message)
}
