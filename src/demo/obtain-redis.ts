/** A Redis for the demo and the tests, from wherever one can be had. */
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { LandfallError } from '../domain/errors.ts'
import { startRedisContainer } from './redis-container.ts'
import { unpackDebianRedis } from './redis-debian.ts'
import { startPrivateRedis } from './redis-server.ts'

export interface ObtainedRedis {
  readonly url: string
  /** `given`: by REDIS_URL, it is somebody's; the others are private and gone after `stop`. */
  readonly how: 'given' | 'server' | 'container' | 'debian'
  stop(): Promise<void>
}

export interface ObtainOptions {
  /** REDIS_URL and PATH are read; without REDIS_URL a private one is made. */
  readonly env: Environment
  /** A folder for what is unpacked; made where it is missing. */
  readonly cacheDir: string
  /** Takes lines for the user: they belong on stderr. */
  readonly say: (text: string) => void
  /** More of redis.conf for a private one, e.g. `['--appendonly', 'yes', '--appendfsync', 'always']`. */
  readonly args?: readonly string[] | undefined
}

/**
 * REDIS_URL; else a child of the machine's own redis-server or valkey-server; else a container; else Debian's
 * packages, unpacked without installing them. Throws `LandfallError` REDIS_ABSENT, which tells what was tried.
 */
export async function obtainRedis(options: ObtainOptions): Promise<ObtainedRedis> {
  const { env, say, args = ['--appendonly', 'no'] } = options
  const given = env['REDIS_URL'] ?? ''
  if (given !== '') return { url: given, how: 'given', stop: async () => {} }

  const binary = await findServer(env['PATH'] ?? '')
  if (binary !== undefined) {
    const server = await startPrivateRedis({ binary, args, env })
    return { url: server.url, how: 'server', stop: () => server.stop() }
  }

  const container = await startRedisContainer({ env, args, say })
  if (container.ok) return { url: container.url, how: 'container', stop: () => container.stop() }

  const debian = await unpackDebianRedis(options)
  if (debian.ok) {
    const server = await startPrivateRedis({ binary: debian.binary, args, env: debian.env })
    return { url: server.url, how: 'debian', stop: () => server.stop() }
  }

  const tried = [
    'REDIS_URL: not set',
    'redis-server, valkey-server: not on the PATH',
    `a container: ${container.why}`,
    `Debian's packages: ${debian.why}`,
  ]
  throw new LandfallError('REDIS_ABSENT', `no Redis can be had:${tried.map((line) => `\n  ${line}`).join('')}`)
}

async function findServer(path: string): Promise<string | undefined> {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of path.split(delimiter).filter((part) => part !== '')) {
      const file = join(folder, name)
      const runs = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (runs) return file
    }
  }
  return undefined
}
