import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The engine's own command; never rejects. */
export async function docker(...args: readonly string[]): Promise<Said> {
  try {
    return { code: 0, ...(await run('docker', args, { maxBuffer: 64 * 1024 * 1024 })) }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number | string; stdout?: string; stderr?: string }
    return { code: typeof code === 'number' ? code : 127, stdout: stdout ?? '', stderr: stderr ?? String(error) }
  }
}
