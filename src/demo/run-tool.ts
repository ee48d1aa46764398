import { execFile } from 'node:child_process'
import type { Environment } from '../config/environment.ts'

export type ToolResult =
  | { readonly ok: true; readonly stdout: string }
  /** `why`: the tool's last words, in one line. */
  | { readonly ok: false; readonly why: string }

/** Runs a program of the machine to its end. Never throws: whether it is there and works is what the caller asks. */
export function runTool(
  command: string,
  args: readonly string[],
  options: { readonly env: Environment; readonly timeoutMs: number },
): Promise<ToolResult> {
  return new Promise((resolve) => {
    // LC_ALL: the words of an error are shown to the user beside ours, and some are looked at.
    const env = { ...options.env, LC_ALL: 'C' }
    const settings = { env, timeout: options.timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const
    execFile(command, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true, stdout })
      else if (error.code === 'ENOENT') resolve({ ok: false, why: `there is no ${command} on the PATH` })
      else if (error.killed === true)
        resolve({ ok: false, why: `${command} took longer than ${options.timeoutMs / 1000} s` })
      else resolve({ ok: false, why: stderr.trim().split('\n').at(-1) || `${command} failed: ${String(error.code)}` })
    })
  })
}
