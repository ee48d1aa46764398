/** The same suite on three nodes, and pairs that live on different ones. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster } from 'ioredis'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { pairKeys } from '../../../src/ledger/keys.ts'
import { makeLedger, type RedisLedger } from '../../../src/ledger/ledger.ts'
import { ledgerContract } from '../../contract/ledger.ts'
import { repairLedgerContract } from '../../contract/repair-ledger.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts'
import { bookings } from '../../support/versions.ts'

let cluster: RedisCluster
let connection: LedgerConnection
let ledger: RedisLedger

beforeAll(async () => {
  cluster = await startRedisCluster()
  connection = await connectLedger(cluster.url, { cluster: true })
  ledger = makeLedger({ connection, clock: Date, durability: 'window' })
})

afterAll(async () => {
  connection?.disconnect()
  await cluster?.stop()
})

ledgerContract('Redis Cluster', async () => ledger)
repairLedgerContract('Redis Cluster', async () => ledger)

describe('on three nodes', () => {
  it('pairs are spread, and asked about together', async () => {
    const pairs = Array.from({ length: 12 }, () => randomPrefix())
    await Promise.all(pairs.map((pair) => ledger.book(pair, bookings(0, 20))))
    expect([...(await ledger.due(pairs)).values()]).toEqual(pairs.map(() => 20))
    const held = await Promise.all(
      (connection as Cluster).nodes('master').map((node) => node.keys(`${pairKeys('lf', '*')}due`)),
    )
    const here = held.map((keys) => keys.filter((key) => pairs.some((pair) => key.includes(pair))).length)
    expect(here).toHaveLength(3)
    expect(here.filter((count) => count > 0).length).toBeGreaterThan(1)
    expect(here.reduce((sum, count) => sum + count, 0)).toBe(pairs.length)
  })

  it('health asks every node', async () => {
    await ledger.check()
    expect(await ledger.health()).toMatchObject({ durability: 'window', mayForgetSeconds: 2 })
  })
  it('a node that is gone takes its own pairs with it, and no other', async () => {
    const pairs = Array.from({ length: 40 }, () => randomPrefix())
    await Promise.all(pairs.map((pair) => ledger.book(pair, bookings(0, 1))))
    await cluster.nodes[2]!.stop()
    const results = await Promise.allSettled(pairs.map((pair) => ledger.snapshot(pair)))
    const lost = results.filter((result) => result.status === 'rejected')
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.length).toBeLessThan(pairs.length)
    for (const { reason } of lost) expect(reason).toMatchObject({ code: 'REDIS_UNREACHABLE', disposition: 'retryable' })
  })
})
