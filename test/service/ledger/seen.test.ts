/** The memory of ids: found wherever splitting put them, small, and forgotten after two generations. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { pairKeys } from '../../../src/ledger/keys.ts'
import { makeLedger, type RedisLedger } from '../../../src/ledger/ledger.ts'
import { LIMITS, type Limits } from '../../../src/ledger/limits.ts'
import { makeScripts } from '../../../src/ledger/scripts.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { arrival, booking, bookings, idOf } from '../../support/versions.ts'
import { checkInvariants, lookInside } from './inside.ts'

const prefix = randomPrefix()
const connections: LedgerConnection[] = []
let ledger: RedisLedger
let connection: LedgerConnection

/** A connection of its own, since a connection knows one script by each name. */
async function ledgerWith(limits: Partial<Limits>): Promise<RedisLedger> {
  const own = await connectLedger(inject('redisUrl'))
  connections.push(own)
  const scripts = makeScripts({ ...LIMITS, ...limits })
  return makeLedger({ connection: own, clock: Date, durability: 'window', prefix, scripts })
}

beforeAll(async () => {
  ledger = await ledgerWith({})
  connection = connections[0]!
})

afterAll(() => {
  for (const one of connections) one.disconnect()
})

async function shardsOf(pair: string): Promise<string[]> {
  const keys = await connection.keys(`${pairKeys(prefix, pair)}seen:*`)
  return keys.filter((key) => /seen:\d+:\d+$/.test(key))
}

const landed = { to: 'close', verdict: 'landed', evidence: 'event' } as const

describe('seen', () => {
  it('knows every id again after any number of splits, each shard a set of integers of its share', async () => {
    const pair = randomPrefix()
    const count = 12_345
    await ledger.book(pair, bookings(0, count))
    expect(await ledger.book(pair, bookings(0, count))).toMatchObject({ received: 0, duplicates: count })
    const ids = bookings(0, count + 10).map(({ version }) => version.id)
    expect((await ledger.known(pair, ids)).size).toBe(count)

    const shards = await shardsOf(pair)
    expect(shards).toHaveLength(Math.floor(count / LIMITS.shardLoad) + 1)
    const facts = await Promise.all(
      shards.map(async (shard) => ({
        encoding: await connection.object('ENCODING', shard),
        size: await connection.scard(shard),
        expires: (await connection.pttl(shard)) > LIMITS.generationMs,
      })),
    )
    expect(new Set(facts.map(({ encoding }) => encoding))).toEqual(new Set(['intset']))
    expect(facts.every(({ expires }) => expires)).toBe(true)
    expect(facts.reduce((sum, { size }) => sum + size, 0)).toBe(count)
    expect(Math.max(...facts.map(({ size }) => size))).toBeLessThan(512)
  })

  it('keeps ids that only differ where a double would not', async () => {
    const pair = randomPrefix()
    const ids = ['9223372036854775807', '9223372036854775806', '9007199254740993', '9007199254740992', '1', '0']
    const booked = await ledger.book(
      pair,
      ids.map((id, n) => booking(n, { id })),
    )
    expect(booked.received).toBe(ids.length)
    const taken = await ledger.take(pair, { max: 10, leaseMs: 60_000 })
    expect(taken.map(({ version }) => version.id).sort()).toEqual([...ids].sort())
    expect(await ledger.known(pair, ['9223372036854775805', '9007199254740994', '2'])).toEqual(new Set())
  })

  it('forgets closed ids after two generations, and never opens an open one twice', async () => {
    const pair = randomPrefix()
    const forgetful = await ledgerWith({ generationMs: 5 })
    await forgetful.book(pair, [booking(1), booking(2)])
    await forgetful.settle(pair, [
      { id: idOf(1), ...landed },
      { id: idOf(2), to: 'park', state: 'failed', reason: 'denied', recheckInMs: 60_000 },
    ])
    await expect.poll(() => forgetful.known(pair, [idOf(1)])).toEqual(new Set())
    await expect.poll(() => shardsOf(pair)).toEqual([])
    expect(await forgetful.known(pair, [idOf(2)])).toEqual(new Set([idOf(2)]))
    expect(await forgetful.book(pair, [booking(1), booking(2)])).toMatchObject({ received: 1, duplicates: 1 })
    checkInvariants(await lookInside(connection, prefix, pair))
    expect(await ledger.snapshot(pair)).toMatchObject({ received: 3, open: { waiting: 1, failed: 1 } })
  })

  it('checks the generation before, too', async () => {
    const pair = randomPrefix()
    const hourly = await ledgerWith({ generationMs: 3_600_000 })
    await hourly.book(pair, [booking(1)])
    await hourly.settle(pair, [{ id: idOf(1), ...landed }])
    // As if an hour had passed: this generation becomes the one before.
    const keys = await connection.keys(`${pairKeys(prefix, pair)}seen:*`)
    expect(keys).toHaveLength(2)
    for (const key of keys) {
      await connection.rename(
        key,
        key.replace(/seen:(\d+)/, (_, generation: string) => `seen:${Number(generation) - 1}`),
      )
    }
    expect(await hourly.book(pair, [booking(1)])).toMatchObject({ received: 0, duplicates: 1 })
    expect(await hourly.arrive(pair, [arrival(1)])).toMatchObject({ known: 1, early: 0 })
  })
})

describe('early arrivals', () => {
  it('count as unannounced when nothing claims them in time, and only once', async () => {
    const pair = randomPrefix()
    const hasty = await ledgerWith({ earlyMs: 5 })
    await hasty.arrive(pair, [arrival(1), arrival(2)])
    // Told by the snapshot before any writer has dropped them ...
    await expect.poll(() => hasty.snapshot(pair)).toMatchObject({ unannounced: 2, early: 0 })
    // ... and the same after: too late for its version, which is looked at instead.
    const { arrived } = await hasty.book(pair, [booking(1)])
    expect(arrived).toEqual([])
    expect(await hasty.snapshot(pair)).toMatchObject({ unannounced: 2, early: 0, received: 1 })
    expect(await connection.exists(`${pairKeys(prefix, pair)}early`)).toBe(0)
    expect(await connection.exists(`${pairKeys(prefix, pair)}early:rec`)).toBe(0)
  })

  it('are bounded: the oldest are dropped, and counted', async () => {
    const pair = randomPrefix()
    const small = await ledgerWith({ earlyMax: 10 })
    for (let n = 0; n < 25; n += 1) await small.arrive(pair, [arrival(n)])
    expect(await small.snapshot(pair)).toMatchObject({ early: 10, unannounced: 15 })
    const { arrived } = await small.book(pair, bookings(0, 25))
    expect(arrived).toHaveLength(10)
    expect(await small.snapshot(pair)).toMatchObject({ early: 0, unannounced: 15, received: 25 })
  })
})

describe('lags', () => {
  it('are kept by minute and by hour, and both expire', async () => {
    const pair = randomPrefix()
    await ledger.book(pair, [booking(1)])
    await ledger.settle(pair, [{ id: idOf(1), ...landed, lag: { ms: 500, bound: 'exact' } }])
    const keys = await connection.keys(`${pairKeys(prefix, pair)}lag:*`)
    expect(new Set(keys.map((key) => /lag:(.):/.exec(key)?.[1]))).toEqual(new Set(['h', 'm']))
    for (const key of keys) {
      const left = await connection.pttl(key)
      const lifetime = key.includes('lag:m:') ? LIMITS.lagMinutesMs : LIMITS.lagHoursMs
      expect(left).toBeGreaterThan(lifetime - 60_000)
      expect(left).toBeLessThanOrEqual(lifetime)
    }
  })

  it('of more than 24 hours ago are left out, to the minute', async () => {
    const pair = randomPrefix()
    const base = pairKeys(prefix, pair)
    const [seconds] = await connection.time()
    const minute = Math.floor(Number(seconds) / 60)
    const hour = Math.floor(minute / 60)
    const put = async (key: string, count: number): Promise<unknown> => connection.hset(`${base}${key}`, '8', count)
    // Two minutes' room on either side, should the minute turn while this runs.
    await put(`lag:m:${minute - 1_440 - 2}`, 1_000)
    await put(`lag:h:${hour - 24}`, 5_000)
    await put(`lag:h:${hour - 23}`, 100)
    await put(`lag:h:${hour}`, 10)
    const inside = minute - 1_440 + 2
    const sameHour = Math.floor(inside / 60) === hour - 24
    if (sameHour) await put(`lag:m:${inside}`, 1)
    expect((await ledger.snapshot(pair)).lag.count).toBe(sameHour ? 111 : 110)
  })
})
