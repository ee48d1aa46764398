import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Said {
  /** 127: it does not start. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end; never rejects. */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Said> {
  try {
    return { code: 0, ...(await execute(program, args, { env, maxBuffer: 64 * 1024 * 1024 })) }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number | string; stdout?: string; stderr?: string }
    return { code: typeof code === 'number' ? code : 127, stdout: stdout ?? '', stderr: stderr || String(error) }
  }
}

/** The engine's own command; never rejects. */
export async function docker(...args: readonly string[]): Promise<Said> {
  return run('docker', args)
}
