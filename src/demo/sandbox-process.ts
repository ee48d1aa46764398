/** The sandbox as a process of its own: its CPU and memory stay apart from what is being watched. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LandfallError } from '../domain/errors.ts'

export interface SandboxProcess {
  readonly url: string
  stop(): Promise<void>
}

/** Beside src/ in a checkout; a production image and the npm package have none. */
const ENTRY = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url))

/** Throws SANDBOX_ABSENT where this installation has no sandbox: before anything else is fetched or started for it. */
export function requireSandbox(): void {
  if (!existsSync(ENTRY)) throw new LandfallError('SANDBOX_ABSENT', `there is no sandbox at ${ENTRY}`)
}

/** Throws SANDBOX_ABSENT. */
export async function startSandboxProcess(options: {
  readonly seed: number
  readonly port?: number
}): Promise<SandboxProcess> {
  requireSandbox()
  const args = [ENTRY, '--json', '--with-stdin', '--port', String(options.port ?? 0), '--seed', String(options.seed)]
  // A process group of its own: Ctrl-C at the terminal must not take the sandbox before Landfall has stopped in order.
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit')
  const first = await Promise.race([once(lines, 'line'), ended.then(([code]: unknown[]) => Promise.reject(died(code)))])
  const { url } = JSON.parse(String(first[0])) as { url: string }
  return {
    url,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

const died = (code: unknown): LandfallError =>
  new LandfallError('INTERNAL', `the sandbox ended with ${String(code)} before it was ready`)
