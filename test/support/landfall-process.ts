/** `landfall` as it runs in a container: a process of its own, spoken to by signals, streams and exit codes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished, vi } from 'vitest'

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
/** A busy machine starts Node slowly. */
const STARTS_WITHIN_MS = 60_000

export interface LogLineOut {
  readonly level: string
  readonly msg: string
  readonly [name: string]: unknown
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** From the spawn to the exit. */
  readonly ms: number
}

export interface LandfallProcess {
  readonly process: ChildProcess
  /** What it has logged so far, in order. */
  readonly log: readonly LogLineOut[]
  readonly stderr: string
  /** Resolves when it has logged this message; rejects when it ends before. */
  said(message: string): Promise<LogLineOut>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

export interface Invocation {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** In place of the checkout's own: an installed `landfall`. */
  readonly program?: string
}

/** It is killed at the end of the test, should it still run then. */
export function spawnLandfall({ args, env, cwd, program }: Invocation): LandfallProcess {
  const began = performance.now()
  const [file, first] = program === undefined ? [process.execPath, [CLI]] : [program, []]
  const child = spawn(file, [...first, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const log: LogLineOut[] = []
  let stdout = ''
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`
    const parsed = asLogLine(line)
    if (parsed !== undefined) log.push(parsed)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = once(child, 'close').then(([code, signal]: unknown[]): Ended => {
    const ms = performance.now() - began
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr, ms }
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    process: child,
    log,
    get stderr() {
      return stderr
    },
    said(message) {
      const find = (): LogLineOut => {
        const line = log.find(({ msg }) => msg === message)
        if (line !== undefined) return line
        throw new Error(`never said: ${message}\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`)
      }
      return Promise.race([vi.waitFor(find, { timeout: STARTS_WITHIN_MS, interval: 20 }), ended.then(find)])
    },
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

/** `landfall run`, at work. */
export async function startLandfall(
  world: { readonly configFile: string; readonly env: Readonly<Record<string, string>> },
  more: readonly string[] = [],
): Promise<LandfallProcess> {
  const landfall = spawnLandfall({ args: ['run', '--config', world.configFile, ...more], env: world.env })
  await landfall.said('landfall runs')
  return landfall
}

/** Runs a command to its end. */
export async function landfall(invocation: Invocation): Promise<Ended> {
  return spawnLandfall(invocation).ended
}

/** Warnings and errors, but for what the doctor finds of a world that is odd on purpose. */
export function upset(log: readonly LogLineOut[]): readonly LogLineOut[] {
  return log.filter(({ level, msg }) => (level === 'warn' || level === 'error') && msg !== 'finding')
}

function asLogLine(line: string): LogLineOut | undefined {
  try {
    const parsed = JSON.parse(line) as LogLineOut
    return typeof parsed.msg === 'string' ? parsed : undefined
  } catch {
    return undefined
  }
}
