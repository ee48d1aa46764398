/**
 * The ledger in Redis (ports: `Ledger`, by repair.ts and audit.ts `RepairLedger` and `AuditLedger`; protocol and invariants: docs/ledger.md).
 *
 * This file turns the port's calls into script calls of at most 500 ids, and their replies back. It decides nothing.
 */
import type { RedisFacts } from '../domain/doctor/surroundings.ts'
import { lagBucket } from '../domain/lag.ts'
import type { Settlement } from '../domain/settlement.ts'
import { HISTORY_STEP_MS } from '../domain/history.ts'
import type {
  Arrived,
  AuditLedger,
  Booked,
  Booking,
  CanaryLedger,
  Clock,
  Ledger,
  LedgerIdentity,
  Matched,
  RepairLedger,
  Taken,
} from '../ports.ts'
import { SERVICE_COUNTERS, SERVICE_GAUGES } from '../domain/snapshot.ts'
import { makeAuditLedger } from './audit.ts'
import { makeCanaryLedger } from './canary.ts'
import { type Argument, asked, defineScripts, given, inParts, sum } from './calls.ts'
import type { LedgerConnection } from './connection.ts'
import { type Durability, makeKeeper } from './durability.ts'
import { KEY_PREFIX, pairKeys, serviceKeys } from './keys.ts'
import { IDS_PER_CALL, SLOTS_PER_CALL } from './limits.ts'
import { decodeArrival, decodeRecord, encodeArrival, encodeRecord, encodeTime, STATE_CODE } from './record.ts'
import {
  type HistoryReply,
  pairsOf,
  readCounters,
  readHistory,
  readLags,
  readNumbers,
  readSnapshot,
  readVersions,
  type SnapshotReply,
} from './reply.ts'
import { makeRepair } from './repair.ts'
import { makeScripts, type Scripts } from './scripts.ts'

export interface LedgerNeeds {
  /** Of `connectLedger`. The caller closes it. */
  readonly connection: LedgerConnection
  /** Only for how long `health()` may remember INFO: all times in the ledger are Redis' own. */
  readonly clock: Clock
  readonly durability: Durability
  /** First part of all keys. */
  readonly prefix?: string | undefined
  /** The protocol; tests put broken ones here. */
  readonly scripts?: Scripts | undefined
}

export interface RedisLedger extends Ledger, RepairLedger, AuditLedger, CanaryLedger {
  /** Throws REDIS_NOT_DURABLE or REDIS_UNFIT where this Redis cannot keep what the configuration asks. For the start. */
  check(): Promise<void>
  /** What INFO says of each primary, for `landfall doctor`. Throws REDIS_UNREACHABLE ... */
  facts(): Promise<readonly RedisFacts[]>
}

export function makeLedger(needs: LedgerNeeds): RedisLedger {
  const { connection, clock, durability } = needs
  const prefix = needs.prefix ?? KEY_PREFIX
  const run = defineScripts(connection, needs.scripts ?? makeScripts())
  const service = serviceKeys(prefix)
  const keeper = makeKeeper({ connection, durability, now: () => clock.now() })
  const keys = (pair: string): string => pairKeys(prefix, pair)
  const canaries = makeCanaryLedger({ connection, run, keys })

  return {
    async book(pair, bookings) {
      const parts = await inParts(bookings, async (part): Promise<Booked> => {
        const reply = await run('book', keys(pair), part.flatMap(bookingArguments))
        const [received, duplicates, arrived] = reply as [number, number, (number | string)[]]
        return { received, duplicates, arrived: pairsOf(arrived).map(([at, text]) => claimed(part[Number(at)]!, text)) }
      })
      return {
        received: sum(parts.map((part) => part.received)),
        duplicates: sum(parts.map((part) => part.duplicates)),
        arrived: parts.flatMap((part) => part.arrived),
      }
    },

    async reopen(pair, bookings) {
      const parts = await inParts(bookings, (part) => run('reopen', keys(pair), part.flatMap(bookingArguments)))
      return sum(parts.map(Number))
    },

    async arrive(pair, arrivals) {
      const parts = await inParts(arrivals, async (part): Promise<Arrived> => {
        const args = part.flatMap((arrival) => [arrival.id, encodeArrival(arrival)])
        const [early, known, flat] = (await run('arrive', keys(pair), args)) as [number, number, (number | string)[]]
        const matched = pairsOf(flat).map(([at, record]): Matched => {
          const arrival = part[Number(at)]!
          return { version: decodeRecord(arrival.id, String(record)), arrival }
        })
        return { matched, early, known }
      })
      return {
        matched: parts.flatMap((part) => part.matched),
        early: sum(parts.map((part) => part.early)),
        known: sum(parts.map((part) => part.known)),
      }
    },

    async early(pair, ids) {
      const parts = await inParts(ids, (part) => asked('HMGET', connection.hmget(`${keys(pair)}early:rec`, ...part)))
      return parts.flat().flatMap((text, index) => (text === null ? [] : [decodeArrival(ids[index]!, text)]))
    },

    async nudge(pair, items) {
      const parts = await inParts(items, (part) =>
        run(
          'nudge',
          keys(pair),
          part.flatMap(({ id, reason }) => [id, given(reason)]),
        ),
      )
      return sum(parts.map(Number))
    },

    async take(pair, { max, leaseMs }) {
      const taken: Taken[] = []
      while (taken.length < max) {
        const wanted = Math.min(max - taken.length, IDS_PER_CALL)
        const reply = (await run('take', keys(pair), [wanted, Math.trunc(leaseMs)])) as (string | null)[]
        const lease = Number(reply[0])
        const versions = readVersions(reply.slice(1))
        for (const version of versions) taken.push({ version, lease })
        if (versions.length < wanted) break
      }
      return taken
    },

    async settle(pair, settlements) {
      const parts = await inParts(settlements, (part) => run('settle', keys(pair), part.flatMap(settlementArguments)))
      const counts = parts as [closed: number, stale: number][]
      return { closed: sum(counts.map(([closed]) => closed)), stale: sum(counts.map(([, stale]) => stale)) }
    },

    async known(pair, ids) {
      const parts = await inParts(ids, async (part) => {
        const flags = (await run('known', keys(pair), part)) as number[]
        return part.filter((_, index) => flags[index] === 1)
      })
      return new Set(parts.flat())
    },

    async purge(pair, purges) {
      const parts = await inParts(purges, (part) =>
        run(
          'purge',
          keys(pair),
          part.flatMap(({ id, byStranger }) => [id, byStranger ? 1 : 0]),
        ),
      )
      return new Set((parts as string[][]).flat())
    },

    async note(pair, counts) {
      const fields = Object.entries(counts).map(([name, count]) => [`note:${name}`, count])
      await addAll(`${keys(pair)}n`, Object.fromEntries(fields) as Record<string, number>)
    },

    async due(pairs) {
      const counts = await Promise.all(pairs.map((pair) => run('due', keys(pair), [])))
      return new Map(pairs.map((pair, index) => [pair, Number(counts[index])]))
    },

    async snapshot(pair, { lags = true } = {}) {
      const [reply, canary] = await Promise.all([run('snapshot', keys(pair), [lags ? 1 : 0]), canaries.canary(pair)])
      return { ...readSnapshot(pair, reply as SnapshotReply), ...(canary === undefined ? {} : { canary }) }
    },

    async history(pair, { step, fromMs, toMs }) {
      const slotMs = HISTORY_STEP_MS[step]
      const end = Math.ceil(toMs / slotMs)
      const parts: Promise<unknown>[] = []
      for (let first = Math.ceil(fromMs / slotMs); first < end; first += SLOTS_PER_CALL) {
        parts.push(run('history', keys(pair), [step[0]!, first, Math.min(end, first + SLOTS_PER_CALL) - 1]))
      }
      return (await Promise.all(parts)).flatMap((reply) => readHistory(reply as HistoryReply, slotMs))
    },

    async lagHistogram(pair, { fromMs, toMs }) {
      const first = Math.ceil(fromMs / 60_000)
      const last = Math.ceil(toMs / 60_000) - 1
      return readLags((await run('lags', keys(pair), [first, last])) as string[]).hist
    },

    async oldest(pair, limit) {
      const pages = Array.from({ length: Math.ceil(limit / IDS_PER_CALL) }, (_, page) => page * IDS_PER_CALL)
      const parts = await Promise.all(
        pages.map((from) => run('oldest', keys(pair), [from, Math.min(limit, from + IDS_PER_CALL) - 1])),
      )
      return parts.flatMap((part) => readVersions(part as (string | null)[]))
    },

    async count(counts) {
      await addAll(service.counters, counts)
    },

    async counters() {
      const numbers = await numbersOf(service.counters)
      const set = SERVICE_GAUGES.flatMap((name) => (numbers.has(name) ? [[name, numbers.get(name)!]] : []))
      return { ...readCounters(SERVICE_COUNTERS, numbers), ...Object.fromEntries(set) }
    },

    async setGauges(values) {
      await asked('HSET', connection.hset(service.counters, values))
    },

    async sawEvents(newest) {
      if (newest.size > 0) await run('greatest', service.newest, [...newest].flat())
    },

    newestEvents: () => numbersOf(service.newest),

    async lease(name, holder, ms) {
      return (await run('lease', service.lease(name), [holder, Math.trunc(ms)])) === 1
    },

    identity,

    async follow(before) {
      await asked('HSET', connection.hset(service.identity, 'before', JSON.stringify(before)))
    },

    ...canaries,
    ...makeAuditLedger({ connection, run, keys, bookingArguments }),
    ...makeRepair({ connection, run, keys, acts: service.acts }),
    ...keeper,
  }

  async function identity(candidate: string): Promise<LedgerIdentity>
  async function identity(candidate?: string): Promise<LedgerIdentity | undefined>
  async function identity(candidate?: string): Promise<LedgerIdentity | undefined> {
    const reply = (await run('identity', service.identity, [candidate ?? ''])) as [string | null, string, string | null]
    const [id, since, before] = reply
    if (id === null) return undefined
    return {
      id,
      since: Number(since),
      ...(before === null ? {} : { before: JSON.parse(before) as LedgerIdentity['before'] }),
    }
  }

  async function addAll(key: string, counts: Readonly<Partial<Record<string, number>>>): Promise<void> {
    const args = Object.entries(counts).flatMap(([field, by]) => (by === undefined || by === 0 ? [] : [field, by]))
    if (args.length > 0) await run('add', key, args)
  }

  async function numbersOf(key: string): Promise<Map<string, number>> {
    const fields = await asked('HGETALL', connection.hgetall(key))
    return readNumbers(Object.entries(fields).flat())
  }
}

function bookingArguments({ version, dueInMs }: Booking): Argument[] {
  const record = encodeRecord({ ...version, state: 'waiting', looks: 0 })
  return [version.id, record, Math.trunc(dueInMs), Math.trunc(version.eventTime)]
}

function claimed({ version }: Booking, arrival: number | string): Matched {
  return {
    version: { ...version, state: 'waiting', looks: 0 },
    arrival: decodeArrival(version.id, String(arrival)),
  }
}

function settlementArguments(settlement: Settlement): Argument[] {
  if (settlement.to === 'close') {
    const { id, verdict, evidence, lag, notes } = settlement
    const bucket = lag === undefined ? '' : `${lag.bound === 'upper' ? 'u' : ''}${lagBucket(lag.ms)}`
    return [id, 'c', verdict, evidence, bucket, (notes ?? []).join(',')]
  }
  const wait = settlement.to === 'wait' ? settlement.againInMs : settlement.recheckInMs
  const { id, state, lease, absentAt, reason } = settlement
  return [id, STATE_CODE[state], lease ?? '', Math.trunc(wait), encodeTime(absentAt), given(reason)]
}
