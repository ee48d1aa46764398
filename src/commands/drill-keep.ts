/** Keeps a drill's report: in the bucket beside the snapshot, and in a folder where one is named. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isLandfallError } from '../domain/errors.ts'
import type { DumpStore } from '../ports.ts'
import { type ReportFiles, storeReport } from '../workers/drill-report.ts'
import type { Progress } from './progress.ts'

/** Where it is now. The folder first: the evidence is not to be lost with a bucket that does not answer. */
export async function keepReport(needs: {
  readonly files: ReportFiles
  readonly drills: { readonly store: DumpStore; readonly prefix: string } | undefined
  readonly out: string | undefined
  readonly progress: Progress
}): Promise<readonly string[]> {
  const { files, drills, out, progress } = needs
  const kept: string[] = []
  if (out !== undefined) {
    await mkdir(out, { recursive: true })
    for (const { name, body } of files.files) {
      const path = join(out, name)
      await writeFile(path, body)
      kept.push(path)
    }
  }
  if (drills === undefined) {
    progress.say('service.snapshot is absent: the report is kept in no bucket')
    return kept
  }
  try {
    return [...kept, await storeReport(drills, files)]
  } catch (error) {
    if (!isLandfallError(error) || kept.length === 0) throw error
    progress.say(`the report could not be stored: ${error.message}; it is in ${out}`)
    return kept
  }
}
