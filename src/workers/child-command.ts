/**
 * `landfall` itself as a child process, for what hashes, decrypts or compresses by the gigabyte: in the service's own
 * process it would keep its jobs' locks from being renewed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { ERRORS, type ErrorCode, LandfallError } from '../domain/errors.ts'

export interface DumpCommand {
  readonly file: string
  /** Up to and without the command. */
  readonly args: readonly string[]
  /** After it. */
  readonly more: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface ChildEnded {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last line of stdout, and the last of stderr. */
  readonly out: string
  readonly said: string
}

export interface Children {
  /** `--json` is added. Told to stop when the signal aborts. Resolves, however it ends. */
  run(command: readonly string[], signal: AbortSignal): Promise<ChildEnded>
  /** Tells every child to stop in order. */
  stop(): void
}

const KEPT = 64 * 1024

export function makeChildren(command: DumpCommand): Children {
  const children = new Set<ChildProcess>()
  return {
    async run(words, signal) {
      const args = [...command.args, ...words, '--json', ...command.more]
      const child = spawn(command.file, args, { env: { ...command.env }, stdio: ['ignore', 'pipe', 'pipe'] })
      children.add(child)
      const stop = (): void => void child.kill('SIGTERM')
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop)
      let out = ''
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        // A manifest of many tables is long: its last line is wanted whole.
        out += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-KEPT)
      })
      try {
        return await new Promise<ChildEnded>((resolve) => {
          child.on('error', (error) => resolve({ code: null, signal: null, out: '', said: error.message }))
          child.on('close', (code, by) => {
            resolve({ code, signal: by, out: out.trimEnd().split('\n').at(-1) ?? '', said: said.trim() })
          })
        })
      } finally {
        children.delete(child)
        signal.removeEventListener('abort', stop)
      }
    },
    stop() {
      for (const child of children) child.kill('SIGTERM')
    },
  }
}

/** What the child said in its own words, by `--json`; or how it ended, where it had no time for words. */
export function childFault(
  what: string,
  dump: string,
  { code, signal, out, said }: ChildEnded,
  fallback: ErrorCode,
): LandfallError {
  const told = errorOf(out)
  if (told !== undefined) return new LandfallError(told.code, told.message, { hint: told.next, details: { dump } })
  const how = signal === null ? `ended with ${code ?? 'no code'}` : `was ended by ${signal}`
  return new LandfallError(fallback, `landfall ${what} ${dump} ${how}: ${said.split('\n').at(-1) ?? ''}`)
}

function errorOf(
  line: string,
): { readonly code: ErrorCode; readonly message: string; readonly next: string } | undefined {
  try {
    const { error } = JSON.parse(line) as { error?: { code: ErrorCode; message: string; next: string } }
    return error !== undefined && error.code in ERRORS ? error : undefined
  } catch {
    return undefined
  }
}
