import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { LandfallError } from '../domain/errors.ts'
import { unpackDebianRedis } from './redis-debian.ts'

/** What starts a server: the program, and the environment that it needs. */
export interface ServerProgram {
  readonly binary: string
  readonly env: NodeJS.ProcessEnv
}

export interface ProgramOptions {
  readonly env: Environment
  readonly cacheDir: string
  readonly say: (text: string) => void
}

/** Where a checkout keeps what it unpacks. */
export const CACHE_DIR = join(import.meta.dirname, '..', '..', '.cache')

/** redis-server or valkey-server on the PATH. */
export async function findServer(env: Environment): Promise<ServerProgram | undefined> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((part) => part !== '')
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of folders) {
      const binary = join(folder, name)
      if (await runs(binary)) return { binary, env: { ...env } }
    }
  }
  return undefined
}

/** The server on the PATH, else Debian's, unpacked. Throws `LandfallError` REDIS_ABSENT. */
export async function serverProgram(options: ProgramOptions): Promise<ServerProgram> {
  const server = await findServer(options.env)
  if (server !== undefined) return server
  const debian = await unpackDebianRedis(options)
  if (debian.ok) return debian
  throw absent([`Debian's packages: ${debian.why}`])
}

/** REDIS_ABSENT with what was tried, each in a line of its own. */
export function absent(tried: readonly string[]): LandfallError {
  const all = ['redis-server, valkey-server: not on the PATH', ...tried]
  return new LandfallError('REDIS_ABSENT', `no Redis can be had:${all.map((line) => `\n  ${line}`).join('')}`)
}

function runs(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
