/**
 * A dump when its time has come: `landfall dump run` as a child process, so that its hashing keeps no job's lock from
 * being renewed. Who makes it, what is stored and what is cleaned up is the child's own business, and its lease's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { ERRORS, type ErrorCode, LandfallError } from '../domain/errors.ts'
import type { Handler, Log } from '../ports.ts'

export interface ScheduledDumps {
  readonly handle: Handler<{ readonly dump: string }>
  /** Tells every child to stop in order; a dump that was broken off is made by the next try. */
  stop(): void
}

export interface DumpCommand {
  readonly file: string
  /** Up to and without `dump run`. */
  readonly args: readonly string[]
  /** After the name. */
  readonly more: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last line of stdout, and the last of stderr. */
  readonly out: string
  readonly said: string
}

const KEPT = 64 * 1024

export function makeScheduledDumps(needs: {
  /** Names of those that have a schedule. */
  readonly dumps: ReadonlySet<string>
  readonly command: DumpCommand
  readonly log: Log
}): ScheduledDumps {
  const { dumps, command, log } = needs
  const children = new Set<ChildProcess>()

  async function run(name: string, signal: AbortSignal): Promise<Ended> {
    const args = [...command.args, 'dump', 'run', name, '--json', ...command.more]
    const child = spawn(command.file, args, { env: { ...command.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    const stop = (): void => void child.kill('SIGTERM')
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
      return await new Promise<Ended>((resolve) => {
        child.on('error', (error) => resolve({ code: null, signal: null, out: '', said: error.message }))
        child.on('close', (code, by) => {
          resolve({ code, signal: by, out: out.trimEnd().split('\n').at(-1) ?? '', said: said.trim() })
        })
      })
    } finally {
      children.delete(child)
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    async handle({ dump }, signal) {
      if (!dumps.has(dump)) {
        log.warn({ dump }, 'a dump is due that the configuration has no schedule for; it is left')
        return { kind: 'done' }
      }
      const ended = await run(dump, signal)
      if (ended.code === 0) {
        const { key, manifest } = JSON.parse(ended.out) as { key: string; manifest: { stored: { bytes: number } } }
        log.info({ dump, key, bytes: manifest.stored.bytes }, 'a dump was made')
        return { kind: 'done' }
      }
      const fault = faultOf(dump, ended)
      if (fault.code !== 'DUMP_RUNNING') throw fault
      log.info({ dump }, 'a dump is due that another container makes already')
      return { kind: 'done' }
    },
    stop() {
      for (const child of children) child.kill('SIGTERM')
    },
  }
}

/** What the child said in its own words, by `--json`; or how it ended, where it had no time for words. */
function faultOf(dump: string, { code, signal, out, said }: Ended): LandfallError {
  const told = errorOf(out)
  if (told !== undefined) return new LandfallError(told.code, told.message, { hint: told.next, details: { dump } })
  const how = signal === null ? `ended with ${code ?? 'no code'}` : `was ended by ${signal}`
  return new LandfallError('DUMP_FAILED', `landfall dump run ${dump} ${how}: ${said.split('\n').at(-1) ?? ''}`)
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
