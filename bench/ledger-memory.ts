/**
 * What a version costs in Redis: while it is at risk, by the length of its key, and once it is closed (`seen` alone).
 *
 *   npm run bench -- memory [--versions 1000000]
 *
 * Bytes are `used_memory` of a private Redis, less what it used empty, over the number of versions.
 */
import type { Redis } from 'ioredis'
import { startPrivateRedis } from '../src/demo/redis-server.ts'
import { versionId63 } from '../src/domain/version.ts'
import { connectLedger } from '../src/ledger/connection.ts'
import { makeLedger } from '../src/ledger/ledger.ts'
import type { Booking } from '../src/ports.ts'
import { atMost, type Bench, whole } from './support/bench.ts'

const BATCH = 500
const AT_RISK_BAR = 600
const SEEN_BAR = 18
/** Key lengths for the growth, measured with fewer versions. */
const LENGTHS = [20, 80, 160, 320, 640, 1_024]
const GROWTH_VERSIONS = 50_000

export const memory: Bench = {
  name: 'memory',
  about: 'what a version costs in Redis, by the length of its key',
  options: { versions: { about: 'versions at risk, with keys of 80 bytes', default: '1000000' } },
  async run(values, say) {
    const versions = whole(values, 'versions')
    const main = await measure(versions, 80)
    say(`keys of 80 bytes: ${main.atRisk} bytes a version at risk`)
    const growth = []
    for (const keyBytes of LENGTHS) {
      const { atRisk } = await measure(GROWTH_VERSIONS, keyBytes)
      growth.push({ keyBytes, bytesPerVersion: atRisk })
    }
    const bars = [
      atMost('Redis bytes a version at risk, keys of 80 bytes', main.atRisk, AT_RISK_BAR),
      atMost('Redis bytes a closed version', main.closed, SEEN_BAR),
    ]
    return { bars, figures: { versions, growthVersions: GROWTH_VERSIONS, growth } }
  },
}

async function measure(count: number, keyBytes: number): Promise<{ atRisk: number; closed: number }> {
  const redis = await startPrivateRedis()
  const connection = (await connectLedger(redis.url, { commandTimeoutMs: 60_000 })) as Redis
  try {
    const ledger = makeLedger({ connection, clock: Date, durability: 'window' })
    // Once, so that the scripts' own memory is not counted.
    await ledger.book('warm-up', [booking(0, keyBytes)])
    const empty = await usedMemory(connection)
    for (let from = 0; from < count; from += BATCH) {
      const size = Math.min(BATCH, count - from)
      await ledger.book(
        'bench',
        Array.from({ length: size }, (_, index) => booking(from + index, keyBytes)),
      )
    }
    const atRisk = (await usedMemory(connection)) - empty
    for (;;) {
      const taken = await ledger.take('bench', { max: BATCH, leaseMs: 30_000 })
      if (taken.length === 0) break
      await ledger.settle(
        'bench',
        taken.map(({ version: { id } }) => ({ id, to: 'close', verdict: 'landed', evidence: 'head' })),
      )
    }
    const closed = (await usedMemory(connection)) - empty
    return { atRisk: Math.round(atRisk / count), closed: Math.round((closed / count) * 10) / 10 }
  } finally {
    connection.disconnect()
    await redis.stop()
  }
}

async function usedMemory(connection: Redis): Promise<number> {
  const info = await connection.info('memory')
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}

function booking(n: number, keyBytes: number): Booking {
  const name = {
    key: `g-cloud-14/documents/${n}/`.padEnd(keyBytes, 'service-definition-document').slice(-keyBytes),
    versionId: `${String(n).padStart(10, '0')}.rUDfVnYQkCRkfLLwjPwXjK`.slice(0, 32).padEnd(32, 'x'),
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
