/**
 * Where `landfall audit` keeps its findings and its checkpoint. The checkpoint names how long the file of findings was:
 * what a killed audit wrote after it is cut off again, so that each finding is in the file once.
 */
import { mkdir, open, type FileHandle, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Finding } from '../domain/audit/finding.ts'
import { formatOf, WRITERS } from '../domain/audit/report.ts'
import { diskFault } from '../domain/disk-full.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'

export interface AuditFiles<State> {
  write(pair: string, findings: readonly Finding[]): Promise<void>
  checkpoint(state: State): Promise<void>
  /** Removes the checkpoint: there is nothing left to resume. */
  done(): Promise<void>
  close(): Promise<void>
}

interface Kept<State> {
  readonly state: State
  /** Bytes of the file of findings. */
  readonly offset: number
  /** The file of findings itself: another one must not be cut. */
  readonly out?: string | undefined
}

/** What a killed audit left; undefined: nothing. */
export async function readCheckpoint<State>(file: string): Promise<Kept<State> | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw unusable(file, error)
  }
  try {
    return JSON.parse(text) as Kept<State>
  } catch (error) {
    throw unusable(file, error)
  }
}

/** Without `out` findings are counted alone. With `from`, the findings go on where that checkpoint was. */
export async function openAuditFiles<State>(of: {
  readonly checkpoint: string
  readonly out?: string | undefined
  readonly from?: Kept<State> | undefined
}): Promise<AuditFiles<State>> {
  const { checkpoint, out, from } = of
  const writer = out === undefined ? undefined : WRITERS[formatOf(out)]
  const file = out === undefined ? undefined : await openOut(out, from !== undefined)
  let offset = 0
  if (file !== undefined) {
    const { size } = await file.stat()
    offset = from?.offset ?? 0
    if (from !== undefined && size < from.offset) {
      await file.close()
      throw new LandfallError('USAGE', `${out} is shorter than its checkpoint says: it was changed since`, {
        hint: 'Begin anew without --resume.',
      })
    }
    await file.truncate(offset)
    if (offset === 0) await put(writer!.head)
  }
  await mkdir(dirname(checkpoint), { recursive: true })

  async function put(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    let at = 0
    while (at < bytes.length) {
      const { bytesWritten } = await onDisk(out!, () => file!.write(bytes, at, bytes.length - at, offset + at))
      at += bytesWritten
    }
    offset += bytes.length
  }

  return {
    async write(pair, findings) {
      if (file === undefined || findings.length === 0) return
      let text = ''
      for (const finding of findings) text += writer!.line(pair, finding)
      await put(text)
      await onDisk(out!, () => file.datasync())
    },
    async checkpoint(state) {
      const kept: Kept<State> = { state, offset, ...(out === undefined ? {} : { out }) }
      const next = `${checkpoint}.new`
      try {
        await onDisk(next, () => writeSynced(next, JSON.stringify(kept)))
        await rename(next, checkpoint)
      } catch (error) {
        // The one before it stands, and is what --resume goes on from.
        await rm(next, { force: true })
        throw error
      }
    },
    done: () => rm(checkpoint, { force: true }),
    async close() {
      await file?.close()
    },
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

/** Throws DISK_FULL where that is what it is. */
async function onDisk<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw diskFault(file, error)
  }
}

async function openOut(file: string, keep: boolean): Promise<FileHandle> {
  try {
    await mkdir(dirname(file), { recursive: true })
    if (!keep) return await open(file, 'w', 0o600)
    return await open(file, 'r+').catch((error: unknown) => {
      if (isAbsent(error)) return open(file, 'w', 0o600)
      throw error
    })
  } catch (error) {
    throw unusable(file, error)
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function unusable(file: string, cause: unknown): LandfallError {
  const full = diskFault(file, cause)
  if (isLandfallError(full)) return full
  const said = cause instanceof Error ? cause.message : String(cause)
  return new LandfallError('USAGE', `${file} can't be used: ${said}`, { cause, hint: 'Name another file.' })
}
