import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

export interface Watchdog {
  /** Calls it off: what it watches is stopped. */
  dismiss(): void
}

/**
 * Runs a shell command when this process is gone, however it went (`kill -9` too): its shell reads from a pipe that
 * only this process holds open. `args` are `$1`, `$2` ... of the script.
 *
 * Both it and what it watches live in process groups of their own: Ctrl-C at the terminal must reach Landfall alone,
 * which needs its Redis until the end of an orderly stop.
 */
export function whenGone(script: string, args: readonly string[]): Watchdog {
  const shell: ChildProcess = spawn('sh', ['-c', `read -r _; ${script}`, 'landfall-watchdog', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without a shell there is no watchdog; the orderly stop works all the same.
  shell.on('error', () => {})
  shell.stdin?.on('error', () => {})
  // Neither may keep this process from ending.
  shell.unref()
  ;(shell.stdin as Socket | null)?.unref()
  return {
    dismiss() {
      shell.kill('SIGKILL')
    },
  }
}
