/** Other people's command line clients, where this machine has them. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ACCOUNT } from './local-aws.ts'

const execute = promisify(execFile)

/** The distribution's own commands first: the PATH may hold wrappers of the same name. */
const FOLDERS = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]

/** The command's file; undefined, and a line on the console that says so, where the machine has none. */
export function findCommand(name: string): string | undefined {
  const found = FOLDERS.map((folder) => join(folder, name)).find(isExecutable)
  if (found === undefined) console.warn(`SKIPPED: the tests with the real \`${name}\` command: it is not installed`)
  return found
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface Workplace {
  readonly folder: string
  /** Runs a command to its end; resolves to its standard output, rejects with its standard error where it exits non-zero. */
  run(command: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string>
  remove(): Promise<void>
}

/** A folder that is home and working directory of the commands, so that no configuration of this machine reaches them. */
export async function makeWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-clients-'))
  return {
    folder,
    async run(command, args, environment = {}) {
      const env = {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        LANG: 'C.UTF-8',
        AWS_ACCESS_KEY_ID: ACCOUNT,
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
      }
      const { stdout } = await execute(command, [...args], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 })
      return stdout
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
