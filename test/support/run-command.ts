/** A command of `landfall` run in the test's own process: what it printed, and its exit code. */
import type { Io } from '../../src/commands/command.ts'
import { main } from '../../src/commands/shell.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const text = { stdout: '', stderr: '' }
  const out = (name: 'stdout' | 'stderr') => ({
    write: (more: string) => void (text[name] += more),
    isTTY: false,
    columns: 120,
    colour: false,
  })
  const io: Io = { env, stdout: out('stdout'), stderr: out('stderr'), exitCode: 0 }
  return { code: await main([...args], io), ...text }
}

/** The document that `--json` leaves on the last line of stdout. */
export function jsonOf({ stdout }: Ran): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as unknown
}
