/** A Redis that is away, full, refusing or not durable: what the ledger's callers see. Each test has its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { freePort, type PrivateRedis, startPrivateRedis } from '../../../src/demo/redis-server.ts'
import { isLandfallError } from '../../../src/domain/errors.ts'
import { connectLedger, type ConnectOptions, type LedgerConnection } from '../../../src/ledger/connection.ts'
import type { Durability } from '../../../src/ledger/durability.ts'
import { makeLedger, type RedisLedger } from '../../../src/ledger/ledger.ts'
import { booking, bookings } from '../../support/versions.ts'

const FIRST = { key: 'x'.repeat(1_000) }
const opened: { disconnect(): void }[] = []
const started: PrivateRedis[] = []
const folders: string[] = []

afterEach(async () => {
  for (const connection of opened.splice(0)) connection.disconnect()
  await Promise.all(started.splice(0).map((redis) => redis.stop()))
  await Promise.all(folders.splice(0).map((dir) => rm(dir, { recursive: true, force: true })))
})

async function start(options: Parameters<typeof startPrivateRedis>[0] = {}): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(options)
  started.push(redis)
  return redis
}

async function connect(url: string, options: ConnectOptions = {}): Promise<LedgerConnection> {
  const connection = await connectLedger(url, options)
  opened.push(connection)
  return connection
}

async function ledgerOf(redis: PrivateRedis, durability: Durability = 'window', options: ConnectOptions = {}) {
  return makeLedger({ connection: await connect(redis.url, options), clock: Date, durability })
}

/** The code of what a promise rejects with, and how long it took. */
async function failure(promise: Promise<unknown>): Promise<{ code: string; disposition: string; ms: number }> {
  const start = performance.now()
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!isLandfallError(error)) throw error
  return { code: error.code, disposition: error.disposition, ms: performance.now() - start }
}

/** Asks by reading alone: a write that fails may have been done. */
async function answering(ledger: RedisLedger): Promise<void> {
  await vi.waitFor(() => ledger.due(['p']), { timeout: 20_000 })
}

describe('connecting', () => {
  it('waits for a Redis that comes late', async () => {
    const port = await freePort()
    const connecting = connect(`redis://127.0.0.1:${port}`)
    await start({ port })
    expect(await (await connecting).ping()).toBe('PONG')
  })

  it('gives up at its deadline', async () => {
    const port = await freePort()
    const { code } = await failure(connect(`redis://127.0.0.1:${port}`, { connectTimeoutMs: 150 }))
    expect(code).toBe('REDIS_UNREACHABLE')
  })

  it.each([false, true])('ends at once where the password is wrong (cluster: %s)', async (cluster) => {
    const args = ['--requirepass', 'right', ...(cluster ? ['--cluster-enabled', 'yes'] : [])]
    const redis = await start({ args: [...args, '--cluster-port', String(await freePort())] })
    const url = redis.url.replace('redis://', 'redis://:wrong@')
    const { code, ms } = await failure(connect(url, { cluster }))
    expect(code).toBe('REDIS_REFUSED')
    expect(ms).toBeLessThan(5_000)
  })
})

describe('an outage', () => {
  it('fails every call at once, tells once the connection breaks, and ends by itself', async () => {
    const port = await freePort()
    const first = await startPrivateRedis({ port })
    const onError = vi.fn<(error: Error) => void>()
    const ledger = await ledgerOf(first, 'window', { onError })
    await ledger.book('p', [booking(1)])
    await first.stop()
    await vi.waitFor(async () => expect((await failure(ledger.due(['p']))).code).toBe('REDIS_UNREACHABLE'))
    const calls = [ledger.book('p', [booking(2)]), ledger.take('p', { max: 1, leaseMs: 1 }), ledger.durable()]
    for (const { code, disposition, ms } of await Promise.all([calls[0]!, calls[1]!].map(failure))) {
      expect({ code, disposition }).toEqual({ code: 'REDIS_UNREACHABLE', disposition: 'retryable' })
      expect(ms).toBeLessThan(1_000)
    }
    await calls[2]
    await vi.waitFor(() => expect(onError).toHaveBeenCalled())
    await start({ port })
    await answering(ledger)
    expect(await ledger.book('p', [booking(3)])).toMatchObject({ received: 1 })
  })

  it('in which Redis hangs ends at the command timeout', async () => {
    const redis = await start()
    const ledger = await ledgerOf(redis, 'window', { commandTimeoutMs: 100 })
    await ledger.book('p', [booking(1)])
    redis.process.kill('SIGSTOP')
    try {
      expect((await failure(ledger.snapshot('p'))).code).toBe('REDIS_UNREACHABLE')
    } finally {
      redis.process.kill('SIGCONT')
    }
    await vi.waitFor(async () => expect(await ledger.snapshot('p')).toMatchObject({ received: 1 }))
  })
})

describe('durability', () => {
  it('sync survives a kill -9: what was booked is there, and known', async () => {
    const args = ['--appendonly', 'yes', '--appendfsync', 'always']
    const port = await freePort()
    const dir = await mkdtemp(join(tmpdir(), 'landfall-ledger-'))
    folders.push(dir)
    const redis = await start({ port, args, dir })
    const ledger = await ledgerOf(redis, 'sync')
    await ledger.check()
    await ledger.book('p', bookings(0, 700))
    await ledger.durable()
    redis.process.kill('SIGKILL')
    await vi.waitFor(() => expect(redis.process.signalCode).toBe('SIGKILL'))
    await start({ port, args, dir })
    await answering(ledger)
    expect(await ledger.book('p', bookings(0, 701))).toMatchObject({ received: 1 })
    expect(await ledger.snapshot('p')).toMatchObject({ received: 701, open: { waiting: 701 } })
    expect(await ledger.health()).toMatchObject({ durability: 'sync', mayForgetSeconds: 0 })
  })

  it('sync without an append-only file is refused, window is not', async () => {
    const redis = await start()
    expect((await failure((await ledgerOf(redis, 'sync')).check())).code).toBe('REDIS_NOT_DURABLE')
    const ledger = await ledgerOf(redis, 'window')
    await ledger.check()
    await ledger.durable()
    const health = await ledger.health()
    expect(health).toMatchObject({ durability: 'window', how: 'held back 2 s', mayForgetSeconds: 2 })
    expect(health.version).toMatch(/^\d+\.\d+/)
    expect(health.memoryShare).toBeUndefined()
  })

  it('a Redis that drops keys when it is full is refused', async () => {
    const redis = await start({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] })
    expect((await failure((await ledgerOf(redis)).check())).code).toBe('REDIS_UNFIT')
  })
})

describe('a full Redis', () => {
  async function filled(): Promise<{ ledger: RedisLedger; booked: number }> {
    const redis = await start({ args: ['--maxmemory', '6mb', '--maxmemory-policy', 'noeviction'] })
    const ledger = await ledgerOf(redis)
    await ledger.check()
    for (let from = 0; from < 50_000; from += 100) {
      const batch = bookings(from, from + 100).map(({ version, dueInMs }) => ({
        version: { ...version, key: `${FIRST.key}${version.key}` },
        dueInMs,
      }))
      try {
        await ledger.book('p', batch)
      } catch (error) {
        if (!isLandfallError(error)) throw error
        expect(error).toMatchObject({ code: 'REDIS_FULL', disposition: 'retryable' })
        return { ledger, booked: from }
      }
    }
    throw new Error('it was never full')
  }

  it('refuses to book, whole calls only, and still drains', async () => {
    const { ledger, booked } = await filled()
    await expect.poll(async () => (await ledger.health()).memoryShare, { timeout: 5_000 }).toBeGreaterThan(0.9)
    expect(await ledger.snapshot('p')).toMatchObject({ received: booked, open: { waiting: booked } })
    for (;;) {
      const taken = await ledger.take('p', { max: 500, leaseMs: 60_000 })
      if (taken.length === 0) break
      await ledger.settle(
        'p',
        taken.map(({ version }) => ({ id: version.id, to: 'close', verdict: 'landed', evidence: 'event' })),
      )
    }
    expect(await ledger.snapshot('p')).toMatchObject({ closed: { landed: booked }, bytesAtRisk: 0 })
    expect(await ledger.book('p', bookings(100_000, 100_010))).toMatchObject({ received: 10 })
  })
})
