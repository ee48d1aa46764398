/**
 * A private Redis for the demo and the tests: a child process on a free port, gone when it is stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LandfallError } from '../domain/errors.ts'

export interface PrivateRedis {
  readonly url: string
  readonly port: number
  readonly dir: string
  readonly process: ChildProcess
  stop(): Promise<void>
}

export interface PrivateRedisOptions {
  readonly binary?: string | undefined
  readonly port?: number | undefined
  /** Data folder; a temporary one (removed by `stop`) where absent. */
  readonly dir?: string | undefined
  /** More of redis.conf, e.g. `['--appendonly', 'yes', '--appendfsync', 'always']`. */
  readonly args?: readonly string[] | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
}

export async function startPrivateRedis(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'landfall-redis-')))
  const port = options.port ?? (await freePort())
  const child = spawn(
    options.binary ?? 'redis-server',
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
      '--save',
      '',
      ...(options.args ?? ['--appendonly', 'no']),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], ...(options.env === undefined ? {} : { env: options.env }) },
  )
  await ready(child)
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

async function ready(child: ChildProcess): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      if (output.includes('Ready to accept connections')) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(
        new LandfallError('REDIS_UNREACHABLE', `the private redis-server ended with ${code}: ${output.slice(-400)}`),
      ),
    )
  })
  child.stdout?.removeAllListeners('data').resume()
  child.stderr?.removeAllListeners('data').resume()
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
