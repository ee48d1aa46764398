/** `landfall init terraform`: printed, or written as files. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Estate } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import { terraformFiles } from '../domain/setup/terraform-files.ts'
import type { Io } from './command.ts'
import { createWhole } from './files.ts'
import { printLine } from './output.ts'

export async function writeTerraform(
  estate: Estate,
  options: { readonly pair?: string; readonly out?: string; readonly force?: true },
  { stdout, stderr }: Io,
): Promise<void> {
  const files = terraformFiles(estate, options.pair)
  const { out } = options
  if (out === undefined) {
    for (const { path, text } of files) printLine(stdout, `# ---- ${path}\n${text}`)
    return
  }
  for (const { path, text } of files) {
    const full = join(out, path)
    await makeFolder(dirname(full))
    const file = await createWhole(full, { overwrite: options.force === true })
    try {
      await file.write(text)
      await file.finish()
    } catch (error) {
      await file.abandon()
      throw error
    }
    printLine(stderr, `wrote ${full}`)
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError('FILE_UNWRITABLE', `${path} cannot be made: ${said}`, { cause: error })
  }
}
