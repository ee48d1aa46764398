/** Keeps a drill's report: in the bucket beside the snapshot, and in a folder where one is named. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diskFault } from '../domain/disk-full.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { DumpStore } from '../ports.ts'
import { type ReportFiles, storeReport } from '../workers/drill-report.ts'
import type { Progress } from './progress.ts'

/**
 * Where it is now. The folder first, and each in spite of the other: the evidence is lost neither with a bucket that does
 * not answer nor with a disk that is full. Throws DISK_FULL, or the folder's own error, when the bucket has its turn behind it.
 */
export async function keepReport(needs: {
  readonly files: ReportFiles
  readonly drills: { readonly store: DumpStore; readonly prefix: string } | undefined
  readonly out: string | undefined
  readonly progress: Progress
}): Promise<readonly string[]> {
  const { files, drills, out, progress } = needs
  const kept: string[] = []
  let refused: { readonly error: unknown } | undefined
  try {
    if (out !== undefined) kept.push(...(await writeInto(out, files)))
  } catch (error) {
    refused = { error: diskFault(out!, error) }
  }
  if (drills === undefined) progress.say('service.snapshot is absent: the report is kept in no bucket')
  else {
    try {
      kept.push(await storeReport(drills, files))
    } catch (error) {
      if (!isLandfallError(error) || kept.length === 0) throw error
      progress.say(`the report could not be stored: ${error.message}; it is in ${out}`)
    }
  }
  if (refused === undefined) return kept
  if (kept.length > 0) progress.say(`the report is at ${kept.join(', ')}, and not in ${out}`)
  throw refused.error
}

async function writeInto(folder: string, { files }: ReportFiles): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const { name, body } of files) {
    const path = join(folder, name)
    await writeFile(path, body)
    paths.push(path)
  }
  return paths
}
