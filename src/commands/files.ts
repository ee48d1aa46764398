/** Files that are there whole or not at all. */
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { diskFault } from '../domain/disk-full.ts'
import { LandfallError } from '../domain/errors.ts'

export interface WholeFile {
  write(text: string): Promise<void>
  /** Puts it on disk, and then under its name. */
  finish(): Promise<void>
  /** Leaves nothing behind. */
  abandon(): Promise<void>
}

/**
 * Written beside its name first. Throws DISK_FULL, and FILE_UNWRITABLE, at once where the file is there already and may not be
 * overwritten. Readable for its owner only: keys and bodies may be confidential.
 */
export async function createWhole(path: string, { overwrite }: { readonly overwrite: boolean }): Promise<WholeFile> {
  const part = `${path}.${process.pid}.part`
  const file = await attempt(path, async () => {
    if (!overwrite && (await exists(path))) throw taken(path)
    return open(part, 'w', 0o600)
  })
  let ended = false
  return {
    write: (text) => attempt(path, () => file.appendFile(text)),
    finish: () =>
      attempt(path, async () => {
        await file.sync()
        await file.close()
        ended = true
        if (overwrite) await rename(part, path)
        else {
          // A link, other than a rename, never takes a name that another has taken meanwhile.
          await link(part, path)
          await rm(part)
        }
        await syncFolder(path)
      }),
    async abandon() {
      if (!ended) await file.close().catch(() => {})
      await rm(part, { force: true })
    },
  }
}

/** The name itself must be on disk too. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined
  try {
    folder = await open(dirname(path), 'r')
    await folder.sync()
  } finally {
    await folder?.close()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

function taken(path: string, cause?: unknown): LandfallError {
  return new LandfallError('FILE_UNWRITABLE', `${path} is there already`, {
    cause,
    hint: 'Name another file, or overwrite this one by --force.',
  })
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const fault = diskFault(path, error)
    if (fault instanceof LandfallError) throw fault
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(path, error)
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError('FILE_UNWRITABLE', `${path} cannot be written: ${said}`, { cause: error })
  }
}
