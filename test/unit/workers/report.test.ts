import { describe, expect, it, vi } from 'vitest'
import { METRICS } from '../../../src/domain/metrics.ts'
import type { Datum } from '../../../src/ports.ts'
import { NO_COUNTS } from '../../../src/domain/audit/finding.ts'
import { AUDIT_FORMAT } from '../../../src/domain/audit/report.ts'
import { makeReport } from '../../../src/workers/report.ts'
import { makeTempo } from '../../../src/workers/tempo.ts'
import { cleanAudit } from '../../support/audits.ts'
import { recordingLog } from '../../support/log.ts'
import { makeMemoryLedger } from '../../support/memory-ledger.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'
import { booking, bookings, T0 } from '../../support/versions.ts'

const estate = smallEstate()
const PAIR = estate.pairs[0]!.name
const idle = new AbortController().signal

function setup() {
  let now = T0 + 60_000
  const ledger = makeMemoryLedger({ now: () => now })
  const puts: (readonly Datum[])[] = []
  const put = vi.fn(async (data: readonly Datum[]) => void puts.push(data))
  const depth = vi.fn(async ({ name }: { name: string }) => ({
    queue: name,
    visible: 3,
    inFlight: 1,
    delayed: 0,
    deadLetters: 2,
  }))
  const log = recordingLog()
  const makeOne = (holder: string) =>
    makeReport({
      estate,
      ledger,
      sink: { put },
      depth,
      dumps: async () => [
        { dump: 'production', newest: T0, bytes: 9, sizeRatio: 1, unverified: 0, failed: 0, replicated: true },
      ],
      sourceWrites: () => ({ count: 5, fromMs: now }),
      clock: { now: () => now },
      log,
      holder,
    })
  return { ledger, puts, put, depth, log, makeOne, later: (ms: number) => void (now += ms), clock: { now: () => now } }
}

describe('report', () => {
  it('publishes every metric of the table that has a value, and the heartbeat last and alone', async () => {
    const { ledger, puts, makeOne, later } = setup()
    await ledger.book(PAIR, bookings(0, 5))
    await ledger.saveAudit(cleanAudit(PAIR, T0))
    await ledger.canaryWritten(PAIR, 'v')
    await ledger.canaryStep({ pair: PAIR, step: 'landed', versionId: 'v' })
    await ledger.setGauges({ doctorFailed: 0, doctorWarned: 2 })
    await ledger.sawEvents(new Map(estate.queues.map(({ name }) => [name, T0])))
    const [taken] = await ledger.take(PAIR, { max: 1, leaseMs: 1000 })
    await ledger.settle(PAIR, [
      { id: taken!.version.id, to: 'close', verdict: 'landed', evidence: 'head', lag: { ms: 5000, bound: 'exact' } },
    ])
    await ledger.saveAudit({
      format: AUDIT_FORMAT,
      pair: PAIR,
      how: 'listing',
      startedAt: T0,
      endedAt: T0,
      counts: NO_COUNTS,
      heard: { asked: 2, unheard: 1 },
      notes: [],
    })
    later(120_000)
    await makeOne('a')({}, idle)
    const names = new Set(puts.flat().map(({ name }) => name))
    expect([...names].sort()).toEqual(METRICS.map(({ name }) => name).sort())
    expect(puts.at(-1)).toEqual([expect.objectContaining({ name: 'Heartbeat', value: 1 })])
    expect(puts.flat().find(({ name }) => name === 'AtRisk')?.value).toBe(4)
  })

  it('leaves no heartbeat when the publication failed', async () => {
    const { put, makeOne } = setup()
    put.mockRejectedValueOnce(new Error('throttled'))
    await expect(makeOne('a')({}, idle)).rejects.toThrow('throttled')
    expect(put).toHaveBeenCalledTimes(1)
  })

  it('publishes all else where a queue does not answer, and says so once', async () => {
    const { ledger, puts, depth, log, makeOne } = setup()
    await ledger.book(PAIR, bookings(0, 5))
    const report = makeOne('a')
    const [down] = estate.queues
    depth.mockImplementation(async ({ name }) => {
      if (name === down!.name) throw new Error('the region is down')
      return { queue: name, visible: 3, inFlight: 1, delayed: 0, deadLetters: 2 }
    })
    await report({}, idle)
    await report({}, idle)
    expect(puts.at(-1)).toEqual([expect.objectContaining({ name: 'Heartbeat', value: 1 })])
    expect(puts.flat().find(({ name }) => name === 'AtRisk')?.value).toBe(5)
    const queues = puts.flat().filter(({ name }) => name === 'QueueVisible')
    expect(new Set(queues.map(({ dimensions }) => dimensions.Queue))).toEqual(new Set([estate.queues[1]!.name]))
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('publishes once in a period, whichever containers the jobs go to', async () => {
    const { put, makeOne, later } = setup()
    const containers = [makeOne('a'), makeOne('b'), makeOne('c')]
    let heartbeats = 0
    put.mockImplementation(async (data) => {
      if (data.some(({ name }) => name === 'Heartbeat')) heartbeats += 1
    })
    for (let period = 0; period < 9; period += 1) {
      await containers[period % 3]!({}, idle)
      // A job that was doubled.
      await containers[(period + 1) % 3]!({}, idle)
      later(60_000)
    }
    expect(heartbeats).toBe(9)
  })

  it('publishes every lag once, though containers take turns and CloudWatch fails for a while', async () => {
    const { ledger, put, makeOne, later } = setup()
    const containers = [makeOne('a'), makeOne('b')]
    let published = 0
    let down = false
    put.mockImplementation(async (data) => {
      if (down) throw new Error('throttled')
      for (const { name, value } of data) {
        if (name !== 'ReplicationLag' || typeof value === 'number') continue
        for (const count of value.counts) published += count
      }
    })
    for (let minute = 0; minute < 20; minute += 1) {
      await ledger.book(PAIR, bookings(minute, minute + 1))
      await ledger.settle(PAIR, [
        {
          id: booking(minute).version.id,
          to: 'close',
          verdict: 'landed',
          evidence: 'event',
          lag: { ms: 900, bound: 'exact' },
        },
      ])
      down = minute === 7 || minute === 8
      await containers[minute % 2]!({}, idle).catch(() => {})
      later(60_000)
    }
    // The last two minutes are not over for sure.
    expect(published).toBe(18)
  })
})

describe('tempo', () => {
  it('asks the ledger once for many batches, and follows what it shows', async () => {
    const { ledger, clock, later } = setup()
    const pair = smallPair(PAIR, { firstLook: { minMs: 1000, maxMs: 300_000 } })
    const tempo = makeTempo({ pairs: [pair], ledger, clock })
    const asked = vi.spyOn(ledger, 'snapshot')
    const [first] = await Promise.all([tempo.firstLookMs(PAIR), tempo.firstLookMs(PAIR)])
    expect(asked).toHaveBeenCalledTimes(1)
    // A hundred versions land by the destination's event after 100 s: looks may come much later.
    await ledger.book(PAIR, bookings(0, 100))
    await ledger.settle(
      PAIR,
      Array.from({ length: 100 }, (_, n) => ({
        id: booking(n).version.id,
        to: 'close' as const,
        verdict: 'landed' as const,
        evidence: 'event' as const,
        lag: { ms: 100_000, bound: 'exact' as const },
      })),
    )
    later(10_000)
    expect(await tempo.firstLookMs(PAIR)).toBeGreaterThan(first)
  })
})
