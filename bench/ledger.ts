/**
 * How fast the ledger books, takes and settles: one worker process, one private Redis, 500 versions a call.
 *
 *   npm run bench -- ledger [--versions 200000] [--lanes 4] [--fsync always|everysec|no]
 *
 * Beside the rates it tells the CPU that Redis and this process spent on each version: a busy machine slows the rates,
 * and these hardly. A million over Redis' microseconds is what one core for Redis can take.
 */
import type { Redis } from 'ioredis'
import { startPrivateRedis } from '../src/demo/redis-server.ts'
import { versionId63 } from '../src/domain/version.ts'
import { connectLedger } from '../src/ledger/connection.ts'
import { makeLedger } from '../src/ledger/ledger.ts'
import type { Booking, Ledger } from '../src/ports.ts'
import { atLeast, type Bench, whole } from './support/bench.ts'

const BATCH = 500
const BOOKED_BAR = 50_000
const SETTLED_BAR = 60_000

export const ledger: Bench = {
  name: 'ledger',
  about: 'how fast the ledger books, takes and settles',
  options: {
    versions: { about: 'how many', default: '200000' },
    lanes: { about: 'calls under way at once', default: '4' },
    fsync: { about: "Redis' appendfsync: always, everysec, or no (no append-only file)", default: 'no' },
  },
  async run(values) {
    const versions = whole(values, 'versions')
    const lanes = whole(values, 'lanes')
    const fsync = values['fsync'] ?? 'no'
    const persist = fsync === 'no' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', fsync]
    const redis = await startPrivateRedis({ args: persist })
    const connection = (await connectLedger(redis.url)) as Redis
    try {
      const ledger = makeLedger({ connection, clock: Date, durability: 'window' })
      const batches = Array.from({ length: Math.ceil(versions / BATCH) }, (_, batch) =>
        Array.from({ length: Math.min(BATCH, versions - batch * BATCH) }, (_, index) => booking(batch * BATCH + index)),
      )
      const meter = { connection, versions }
      const booked = await measure(meter, () => inLanes(batches, lanes, (batch) => ledger.book('bench', batch)))
      const settled = await measure(meter, () => Promise.all(Array.from({ length: lanes }, () => drain(ledger))))
      const { received, closed, open } = await ledger.snapshot('bench')
      if (received !== versions || closed.landed !== versions || open.waiting !== 0)
        throw new Error('the ledger lost count')
      const bars = [
        atLeast('booked per second', booked.perSecond, BOOKED_BAR),
        atLeast('taken and settled per second', settled.perSecond, SETTLED_BAR),
      ]
      return { bars, figures: { versions, lanes, batch: BATCH, fsync, booked, settled } }
    } finally {
      connection.disconnect()
      await redis.stop()
    }
  },
}

interface Meter {
  readonly connection: Redis
  readonly versions: number
}

async function measure({ connection, versions }: Meter, work: () => Promise<unknown>) {
  const cpuBefore = process.cpuUsage()
  const redisBefore = await redisMicros(connection)
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1_000
  const redisCpu = (await redisMicros(connection)) - redisBefore
  const { user, system } = process.cpuUsage(cpuBefore)
  const each = (micros: number): number => Math.round((micros / versions) * 10) / 10
  return {
    perSecond: Math.round(versions / seconds),
    redisMicrosEach: each(redisCpu),
    workerMicrosEach: each(user + system),
  }
}

async function redisMicros(connection: Redis): Promise<number> {
  const info = await connection.info('cpu')
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((field) =>
    Number(new RegExp(`^${field}:(.*)`, 'm').exec(info)?.[1]),
  )
  return seconds.reduce((sum, value) => sum + value, 0) * 1e6
}

async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const item of left) await work(item)
    }),
  )
}

async function drain(ledger: Ledger): Promise<void> {
  for (;;) {
    const taken = await ledger.take('bench', { max: BATCH, leaseMs: 30_000 })
    if (taken.length === 0) return
    await ledger.settle(
      'bench',
      taken.map(({ version, lease }) => ({
        id: version.id,
        lease,
        to: 'close' as const,
        verdict: 'landed' as const,
        evidence: 'head' as const,
        lag: { ms: 1_000 + (version.eventTime % 60_000), bound: 'upper' as const },
      })),
    )
  }
}

function booking(n: number): Booking {
  const name = {
    key: `g-cloud-14/documents/${String(n).padStart(12, '0')}/service-definition-document-2026.pdf`.padEnd(80, '.'),
    versionId: `${String(n).padStart(10, '0')}.rUDfVnYQkCRkfLLwjPwXjK`,
  }
  const etag = n.toString(16).padStart(32, '0')
  const version = {
    id: versionId63(name),
    ...name,
    kind: 'object' as const,
    size: 40_000 + n,
    etag,
    eventTime: 1.79e12 + n,
  }
  return { version, dueInMs: -1 }
}
