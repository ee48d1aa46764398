/**
 * What a send-back has done so far, in a file that outlives a killed process: a letter that was sent and not yet deleted
 * is not sent again, but deleted, by the run that follows.
 *
 * One JSON line a step. `begun` is written before a send and `sent` after its acknowledgement, before the delete: a letter
 * that is `begun` and no more may have been sent, or not. It is sent again, since a double does no harm (the ledger counts
 * a version once) and a loss does.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LandfallError } from '../domain/errors.ts'

/** `dropped`: SQS did not take it, or it came up no more. Nothing of it is under way: should it come up, it is sent. */
export type Step = 'begun' | 'sent' | 'done' | 'dropped'
const STEPS: ReadonlySet<unknown> = new Set<Step>(['begun', 'sent', 'done', 'dropped'])
const OVER: ReadonlySet<Step> = new Set<Step>(['done', 'dropped'])

export interface Journal {
  readonly path: string
  /** Letters go by `letterKey`, not by their id alone. */
  stepOf(key: string): Step | undefined
  /** Resolves when `sent` is on disk; the others, which cost no more than a double or a look, when they are written. */
  write(step: Step, keys: readonly string[]): Promise<void>
  /** Letters begun or sent, and not through. */
  pending(): readonly string[]
  close(): Promise<void>
}

/** Throws FILE_UNWRITABLE. A journal of which nothing is pending begins anew. */
export async function openJournal(path: string): Promise<Journal> {
  const steps = new Map<string, Step>()
  const file = await attemptFile(path, async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return open(path, 'a+', 0o600)
  })
  try {
    await attemptFile(path, () => load(file, steps))
  } catch (error) {
    await file.close()
    throw error
  }
  const pending = (): string[] => [...steps].filter(([, step]) => !OVER.has(step)).map(([key]) => key)
  return {
    path,
    stepOf: (key) => steps.get(key),
    write: (step, keys) =>
      attemptFile(path, async () => {
        await file.appendFile(keys.map((key) => `${JSON.stringify({ key, step })}\n`).join(''))
        if (step === 'sent') await file.datasync()
        for (const key of keys) steps.set(key, step)
      }),
    pending,
    close: () => file.close(),
  }
}

async function load(file: FileHandle, steps: Map<string, Step>): Promise<void> {
  const text = await file.readFile('utf8')
  for (const line of text.split('\n')) {
    const read = readLine(line)
    if (read !== undefined) steps.set(read.key, read.step)
  }
  if ([...steps.values()].every((step) => OVER.has(step))) {
    steps.clear()
    await file.truncate(0)
  } else if (!text.endsWith('\n')) await file.appendFile('\n')
}

/** Undefined for the half line that a kill leaves, whose step then counts as not taken. */
function readLine(line: string): { readonly key: string; readonly step: Step } | undefined {
  try {
    const { key, step } = JSON.parse(line) as { key?: unknown; step?: Step }
    return typeof key === 'string' && STEPS.has(step) ? { key, step: step! } : undefined
  } catch {
    return undefined
  }
}

async function attemptFile<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError('FILE_UNWRITABLE', `the journal ${path} cannot be kept: ${said}`, {
      cause: error,
      hint: 'Name another place by --journal <file>: without a journal a killed run could not be resumed.',
    })
  }
}
