/** A Redis for the demo and the tests, from wherever one can be had. */
import type { Environment } from '../config/environment.ts'
import { absent, findServer, type ServerProgram } from './redis-binary.ts'
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

  const server = await findServer(env)
  if (server !== undefined) return privately('server', server, args)

  const container = await startRedisContainer({ env, args, say })
  if (container.ok) return { url: container.url, how: 'container', stop: () => container.stop() }

  const debian = await unpackDebianRedis(options)
  if (debian.ok) return privately('debian', debian, args)

  throw absent([`a container: ${container.why}`, `Debian's packages: ${debian.why}`, 'REDIS_URL: not set'])
}

async function privately(
  how: 'server' | 'debian',
  { binary, env }: ServerProgram,
  args: readonly string[],
): Promise<ObtainedRedis> {
  const server = await startPrivateRedis({ binary, args, env })
  return { url: server.url, how, stop: () => server.stop() }
}
