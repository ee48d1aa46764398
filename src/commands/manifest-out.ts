/** `--manifest-out`: what an audit found missing, as the manifest of a job of S3 Batch Replication. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Finding } from '../domain/audit/finding.ts'
import { LandfallError } from '../domain/errors.ts'
import { batchRow } from '../inventory/batch-manifest.ts'

export interface ManifestOut {
  write(findings: readonly Finding[]): Promise<void>
  /** What it holds, and what was left out. */
  notes(): readonly string[]
  close(): Promise<void>
}

/** Without a file nothing is written. Throws USAGE. */
export async function makeManifestOut(file: string | undefined, bucket: string): Promise<ManifestOut> {
  const handle = file === undefined ? undefined : await openFile(file)
  let rows = 0
  let markers = 0
  return {
    async write(findings) {
      if (handle === undefined) return
      let text = ''
      for (const finding of findings) {
        if (finding.class !== 'missing') continue
        const row = batchRow(bucket, finding)
        if (row === undefined) markers += 1
        else rows += 1
        text += row ?? ''
      }
      if (text !== '') await handle.write(text)
    },
    notes() {
      if (handle === undefined) return []
      const without = markers === 0 ? '' : `; ${markers} missing delete markers are not in it, which no batch job makes`
      return [`${file} is a manifest of ${rows} objects for S3 Batch Replication${without}.`]
    },
    async close() {
      await handle?.close()
    },
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'w', 0o600)
  } catch (error) {
    throw new LandfallError('USAGE', `${file} can't be written: ${(error as Error).message}`, {
      cause: error,
      hint: 'Name another file by --manifest-out.',
    })
  }
}
