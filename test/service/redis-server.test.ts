import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { obtainRedis } from '../../src/demo/obtain-redis.ts'
import { startPrivateRedis } from '../../src/demo/redis-server.ts'

let folder = ''
/** The machine's programs without Redis, Valkey and docker. */
let bare = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-obtain-'))
  bare = await programs('bare', (name) => !/^(redis|valkey|docker)/.test(name))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** A folder of links to the machine's programs that `keep` wants. */
async function programs(name: string, keep: (name: string) => boolean): Promise<string> {
  const made = join(folder, name)
  await mkdir(made)
  for (const from of ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].filter(existsSync)) {
    const wanted = (await readdir(from)).filter((file) => keep(file) && !existsSync(join(made, file)))
    await Promise.all(wanted.map((file) => symlink(join(from, file), join(made, file)).catch(() => {})))
  }
  return made
}

/** Sends PING and reads the answer; fails where nothing listens. */
async function ping(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString().trim()
  } finally {
    socket.destroy()
  }
}

const silent = { cacheDir: '/nowhere', say: () => {} }

test('REDIS_URL is taken as it is, and never stopped', async () => {
  const redis = await obtainRedis({ env: { REDIS_URL: 'redis://somebody:1' }, ...silent })
  expect(redis).toMatchObject({ url: 'redis://somebody:1', how: 'given' })
  await redis.stop()
})

test('a server on the PATH becomes a private child; `stop` ends it and removes its folder', async () => {
  const redis = await startPrivateRedis()
  expect(await ping(redis.url)).toBe('+PONG')
  await redis.stop()
  expect(existsSync(redis.dir)).toBe(false)
  await expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED')
  // A second stop has nothing to do.
  await redis.stop()
})

test('a server that is paused is stopped all the same', async () => {
  const redis = await startPrivateRedis()
  redis.process.kill('SIGSTOP')
  await redis.stop()
  expect(redis.process.signalCode ?? redis.process.exitCode).not.toBeNull()
})

test('a port that is taken is told with the words of the server', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const starting = startPrivateRedis({ port })
  await expect(starting).rejects.toMatchObject({
    code: 'REDIS_UNREACHABLE',
    message: expect.stringContaining('Address already in use'),
  })
  other.close()
})

test('its parent killed without a chance to stop it: it ends too, and its folder goes', async () => {
  const parent = fork(join(import.meta.dirname, '..', 'support', 'redis-parent.ts'))
  const [redis] = (await once(parent, 'message')) as [{ url: string; dir: string }]
  expect(await ping(redis.url)).toBe('+PONG')
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await vi.waitFor(() => expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED'), { timeout: 10_000 })
  await vi.waitFor(() => expect(existsSync(redis.dir)).toBe(false), { timeout: 10_000 })
})

test('nothing to be had: one error names every way and why it failed', async () => {
  const nothing = join(folder, 'nothing')
  await mkdir(nothing)
  const said: string[] = []
  const obtaining = obtainRedis({
    env: { PATH: nothing },
    cacheDir: join(folder, 'none'),
    say: (text) => said.push(text),
  })
  await expect(obtaining).rejects.toMatchObject({
    code: 'REDIS_ABSENT',
    message: [
      'no Redis can be had:',
      '  redis-server, valkey-server: not on the PATH',
      '  a container: there is no docker on the PATH',
      "  Debian's packages: there is no apt-get on the PATH",
      '  REDIS_URL: not set',
    ].join('\n'),
    hint: expect.stringContaining('REDIS_URL'),
  })
  expect(said).toEqual([])
})

test("without a server: Debian's packages are unpacked once, installing nothing", async (context) => {
  const cacheDir = join(folder, 'cache')
  const said: string[] = []
  const obtain = () => obtainRedis({ env: { PATH: bare }, cacheDir, say: (text) => said.push(text) })
  const first = await obtain().catch((error: Error) => error)
  if (first instanceof Error) {
    const away = /no apt-get|Could not (?:resolve|connect)|Failed to fetch|Temporary failure/.test(first.message)
    if (!away) throw first
    context.skip(first.message)
    return
  }
  expect(first.how).toBe('debian')
  expect(said).toHaveLength(1)
  // Once; and what it was made of is gone.
  const second = await obtain()
  expect(said).toHaveLength(1)
  expect(await readdir(cacheDir)).toHaveLength(1)
  expect([await ping(first.url), await ping(second.url)]).toEqual(['+PONG', '+PONG'])
  await Promise.all([first.stop(), second.stop()])
}, 120_000)

test('without a server, with an engine: a container, gone after `stop`', async (context) => {
  const inspect = ['image', 'inspect', 'redis:7-bookworm']
  const engine = await promisify(execFile)('docker', inspect).catch(() => undefined)
  if (engine === undefined) context.skip('no container engine with the image redis:7-bookworm')
  const withDocker = await programs('with-docker', (name) => !/^(redis|valkey)/.test(name))
  const redis = await obtainRedis({ env: { PATH: withDocker }, ...silent, args: ['--appendonly', 'yes'] })
  expect(redis.how).toBe('container')
  expect(await ping(redis.url)).toBe('+PONG')
  await redis.stop()
  await expect(ping(redis.url)).rejects.toThrow()
}, 60_000)
