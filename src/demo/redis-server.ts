/**
 * A private Redis for the demo and the tests: a child process on a free port, gone when it is stopped, and gone too
 * when this process dies without stopping it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { readEnvironment } from '../config/environment.ts'
import { LandfallError } from '../domain/errors.ts'
import { CACHE_DIR, type ServerProgram, serverProgram } from './redis-binary.ts'
import { whenGone } from './watchdog.ts'

export interface PrivateRedis {
  readonly url: string
  readonly port: number
  readonly dir: string
  /** The server itself: it may be killed, paused (SIGSTOP) and continued. */
  readonly process: ChildProcess
  stop(): Promise<void>
}

export interface PrivateRedisOptions {
  /** Where absent: the one on the PATH, else Debian's, unpacked into the checkout's cache folder. */
  readonly binary?: string | undefined
  /** A free one where absent. */
  readonly port?: number | undefined
  /** Data folder; a temporary one (removed at the end) where absent. */
  readonly dir?: string | undefined
  /** More of redis.conf, e.g. `['--appendonly', 'yes', '--appendfsync', 'always']`. */
  readonly args?: readonly string[] | undefined
  /** The server's environment; this process' where absent. */
  readonly env?: NodeJS.ProcessEnv | undefined
}

const TRIES = 5
const STOP_MS = 5_000

/**
 * Resolves when it accepts connections. Throws `LandfallError`: REDIS_UNREACHABLE with the server's last words,
 * REDIS_ABSENT where no `binary` is given and none is found.
 */
export async function startPrivateRedis(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const program = await programOf(options)
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'landfall-redis-')))
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    try {
      return await start(port, dir, { ...options, ...program })
    } catch (error) {
      // Between our look for a free port and the server's bind another process may have taken it.
      const taken = error instanceof Error && error.message.includes('Address already in use')
      if (taken && options.port === undefined && attempt < TRIES) continue
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
      throw error
    }
  }
}

async function programOf({ binary, env = readEnvironment() }: PrivateRedisOptions): Promise<ServerProgram> {
  if (binary !== undefined) return { binary, env }
  return serverProgram({ env, cacheDir: CACHE_DIR, say: (text) => void process.stderr.write(`${text}\n`) })
}

async function start(port: number, dir: string, options: PrivateRedisOptions & ServerProgram): Promise<PrivateRedis> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '']
  const child = spawn(options.binary, [...settings, ...(options.args ?? ['--appendonly', 'no'])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: options.env,
  })
  const temporary = options.dir === undefined ? dir : ''
  const watchdog =
    child.pid === undefined
      ? undefined
      : whenGone('kill "$1"; [ -z "$2" ] || rm -rf -- "$2"', [String(child.pid), temporary])
  child.once('exit', () => watchdog?.dismiss())
  await accepting(child, [child.stdout, child.stderr])
  // Whoever forgets to stop it must still be able to end; the watchdog then does the rest.
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream.resume() as Socket).unref()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    process: child,
    async stop() {
      await end(child)
      if (temporary !== '') await rm(temporary, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.ref()
  child.kill('SIGTERM')
  // A server that a test has paused would not hear of it.
  child.kill('SIGCONT')
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(deadline)
}

/** Resolves when the streams of a process tell that Redis accepts connections. */
export async function accepting(child: ChildProcess, streams: readonly Readable[]): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      if (output.includes('Ready to accept connections')) resolve()
    }
    for (const stream of streams) stream.on('data', read)
    const fail = (why: string, cause?: Error): void => {
      reject(new LandfallError('REDIS_UNREACHABLE', `the private redis-server ${why}`, { cause }))
    }
    child.once('error', (error) => fail(`did not start: ${error.message}`, error))
    child.once('close', (code, signal) => fail(`ended with ${code ?? signal}: ${output.trim().slice(-400)}`))
  }).finally(() => {
    for (const stream of streams) stream.removeAllListeners('data')
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
