/** One of PostgreSQL's tools as a child process: what it says on stderr is kept in part, and it ends when it is told to. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of what it said on stderr. */
  readonly said: string
}

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>
  /** Resolves, however it ends. */
  readonly ended: Promise<Ended>
  /** SIGTERM, and SIGKILL where that is not enough. */
  kill(): void
}

const SAID_BYTES = 8192
const KILL_MS = 3_000

export function startChild(
  file: string,
  args: readonly string[],
  options: {
    readonly env: Record<string, string>
    readonly signal?: AbortSignal | undefined
    /** Where its output goes; `process.stdout` is none then. */
    readonly output?: Socket | undefined
  },
): Child {
  const stdio = ['pipe', options.output ?? 'pipe', 'pipe'] as const
  const child = spawn(file, args, { env: options.env, stdio: [...stdio] }) as Child['process']
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_BYTES)
  })
  // A tool that has ended reads no more; its end is what tells.
  child.stdin.on('error', () => {})
  let timer: NodeJS.Timeout | undefined
  const kill = (): void => {
    if (child.exitCode !== null || child.signalCode !== null || timer !== undefined) return
    child.kill('SIGTERM')
    timer = setTimeout(() => child.kill('SIGKILL'), KILL_MS)
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, said: `${said}${error.message}` }))
    child.on('close', (code, signal) => resolve({ code, signal, said: said.trim() }))
  }).finally(() => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', kill)
  })
  if (options.signal?.aborted === true) kill()
  else options.signal?.addEventListener('abort', kill)
  return { process: child, ended, kill }
}

/** How it ended, in words. */
export function howEnded({ code, signal }: Ended): string {
  if (signal !== null) return `was ended by ${signal}`
  return code === null ? 'could not be started' : `ended with ${code}`
}
