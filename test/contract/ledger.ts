/**
 * What every `Ledger` keeps (src/ports.ts), by its port alone. Each test has a pair of its own; the ledger that `make`
 * gives must be empty of service-wide counters.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { addPoint, emptySlot } from '../../src/domain/history.ts'
import type { Ledger, PairSnapshot, Taken } from '../../src/ports.ts'
import { randomPrefix } from '../support/prefix.ts'
import { arrival, booking, bookings, idOf, T0 } from '../support/versions.ts'

const LEASE = 60_000
const HOUR = 3_600_000

export function ledgerContract(name: string, make: () => Promise<Ledger>): void {
  describe(`ledger contract: ${name}`, () => {
    let ledger: Ledger
    beforeAll(async () => {
      ledger = await make()
    })

    const takeAll = (pair: string): Promise<readonly Taken[]> => ledger.take(pair, { max: 10_000, leaseMs: LEASE })

    async function balanced(pair: string): Promise<PairSnapshot> {
      const snapshot = await ledger.snapshot(pair)
      const total = (counts: Readonly<Record<string, number>>): number =>
        Object.values(counts).reduce((sum, n) => sum + n, 0)
      expect(snapshot.received + snapshot.reopened).toBe(total(snapshot.closed) + total(snapshot.open))
      expect(Math.min(...Object.values(snapshot.open))).toBeGreaterThanOrEqual(0)
      return snapshot
    }

    describe('book', () => {
      it('receives each version once, however often it comes', async () => {
        const pair = randomPrefix()
        expect(await ledger.book(pair, [booking(1), booking(2), booking(1)])).toEqual({
          received: 2,
          duplicates: 1,
          arrived: [],
        })
        expect(await ledger.book(pair, [booking(2), booking(3)])).toMatchObject({ received: 1, duplicates: 1 })
        expect(await balanced(pair)).toMatchObject({
          received: 3,
          duplicates: 2,
          open: { waiting: 3, late: 0, mismatched: 0, failed: 0 },
          bytesAtRisk: 6,
          oldest: T0 + 1,
          newestEvent: T0 + 3,
        })
      })

      it('keeps every field as it came, whatever the texts hold', async () => {
        const pair = randomPrefix()
        const plain = booking(1)
        const odd = booking(2, {
          key: `../a|b%7C\u0000\n\r"'\\{}😀${'ü'.repeat(480)}`,
          versionId: 'null',
          sequencer: '0055AED6DCD90281E5|',
          etag: 'd41d8cd98f00b204e9800998ecf8427e-17',
          size: 5 * 2 ** 40,
        })
        const marker = booking(3, { kind: 'marker', lifecycle: true, size: undefined, etag: undefined, dueInMs: HOUR })
        await ledger.book(pair, [plain, odd, marker])
        const oldest = await ledger.oldest(pair, 10)
        const { size: _size, etag: _etag, ...bare } = marker.version
        expect(oldest).toEqual(
          [plain.version, odd.version, bare].map((version) => ({ ...version, state: 'waiting', looks: 0 })),
        )
      })

      it('keeps pairs apart', async () => {
        const [one, other] = [randomPrefix(), randomPrefix()]
        await ledger.book(one, [booking(1)])
        expect(await ledger.book(other, [booking(1)])).toMatchObject({ received: 1 })
        expect(await ledger.due([one, other, randomPrefix()])).toEqual(
          new Map([
            [one, 1],
            [other, 1],
            [expect.any(String), 0],
          ]),
        )
      })

      it('handles more than one call takes, and none', async () => {
        const pair = randomPrefix()
        expect(await ledger.book(pair, [])).toEqual({ received: 0, duplicates: 0, arrived: [] })
        expect(await ledger.book(pair, bookings(0, 1_700))).toMatchObject({ received: 1_700, duplicates: 0 })
        expect(await ledger.book(pair, bookings(0, 1_701))).toMatchObject({ received: 1, duplicates: 1_700 })
        const taken = await takeAll(pair)
        expect(new Set(taken.map(({ version }) => version.id)).size).toBe(1_701)
        const settled = await ledger.settle(
          pair,
          taken.map(({ version }) => landed(version.id)),
        )
        expect(settled).toEqual({ closed: 1_701, stale: 0 })
        expect(await balanced(pair)).toMatchObject({ closed: { landed: 1_701 }, bytesAtRisk: 0 })
      })
    })

    describe('arrive', () => {
      it('matches an open version, and changes nothing', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1), booking(2)])
        const { matched, early, known } = await ledger.arrive(pair, [arrival(2), arrival(2)])
        expect({ early, known }).toEqual({ early: 0, known: 0 })
        expect(matched.map(({ version }) => version.key)).toEqual(['documents/2.pdf', 'documents/2.pdf'])
        expect(matched[0]!.arrival).toEqual(arrival(2))
        expect((await balanced(pair)).open.waiting).toBe(2)
      })

      it('is kept until its version is booked, and handed over once', async () => {
        const pair = randomPrefix()
        const marker = { id: idOf(2), time: T0 + 9, kind: 'marker' } as const
        expect(await ledger.arrive(pair, [arrival(1, { etag: 'a|b' }), marker])).toEqual({
          matched: [],
          early: 2,
          known: 0,
        })
        expect(await balanced(pair)).toMatchObject({ early: 2, received: 0, unannounced: 0 })
        expect(await ledger.early(pair, [idOf(0), idOf(1), idOf(2)])).toEqual([arrival(1, { etag: 'a|b' }), marker])
        const { arrived } = await ledger.book(pair, [booking(0), booking(1), booking(2)])
        expect(arrived.map((one) => one.arrival)).toEqual([arrival(1, { etag: 'a|b' }), marker])
        expect(arrived[0]!.version).toEqual({ ...booking(1).version, state: 'waiting', looks: 0 })
        expect((await ledger.book(pair, [booking(1)])).arrived).toEqual([])
        expect(await ledger.early(pair, [idOf(1), idOf(2)])).toEqual([])
        expect(await balanced(pair)).toMatchObject({ early: 0, received: 3, unannounced: 0 })
      })

      it('counts one early arrival once, however often it comes', async () => {
        const pair = randomPrefix()
        await ledger.arrive(pair, [arrival(1)])
        await ledger.arrive(pair, [arrival(1)])
        expect((await ledger.snapshot(pair)).early).toBe(1)
      })

      it('of a closed version is known', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1)])
        await ledger.settle(pair, [landed(idOf(1))])
        expect(await ledger.arrive(pair, [arrival(1)])).toEqual({ matched: [], early: 0, known: 1 })
        expect((await ledger.snapshot(pair)).early).toBe(0)
      })
    })

    describe('take', () => {
      it('gives what is due, once while its lease stands', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1), booking(2), booking(3, { dueInMs: HOUR })])
        expect(await ledger.due([pair])).toEqual(new Map([[pair, 2]]))
        const first = await ledger.take(pair, { max: 1, leaseMs: LEASE })
        const second = await ledger.take(pair, { max: 10, leaseMs: LEASE })
        expect([...first, ...second].map(({ version }) => version.key).sort()).toEqual([
          'documents/1.pdf',
          'documents/2.pdf',
        ])
        expect(await ledger.take(pair, { max: 10, leaseMs: LEASE })).toEqual([])
        expect(await ledger.due([pair])).toEqual(new Map([[pair, 0]]))
      })

      it('gives again what a crashed worker held, under another lease', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1)])
        const [lost] = await ledger.take(pair, { max: 1, leaseMs: -LEASE })
        const [again] = await ledger.take(pair, { max: 1, leaseMs: LEASE })
        expect(again!.version).toEqual(lost!.version)
        expect(again!.lease).not.toBe(lost!.lease)
        const late = { to: 'wait', state: 'waiting', againInMs: HOUR } as const
        expect(await ledger.settle(pair, [{ id: idOf(1), lease: lost!.lease, ...late }])).toEqual({
          closed: 0,
          stale: 1,
        })
        expect(await ledger.settle(pair, [{ id: idOf(1), lease: again!.lease, ...late }])).toEqual({
          closed: 0,
          stale: 0,
        })
      })

      it('gives failed versions whose recheck is due, and leaves them failed', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, bookings(0, 20))
        await ledger.settle(
          pair,
          bookings(0, 10).map(({ version }) => parked(version.id, -1)),
        )
        const few = await ledger.take(pair, { max: 8, leaseMs: LEASE })
        expect(few.filter(({ version }) => version.state === 'failed')).toHaveLength(1)
        const rest = await ledger.take(pair, { max: 100, leaseMs: LEASE })
        expect(rest).toHaveLength(12)
        expect((await balanced(pair)).open).toEqual({ waiting: 10, late: 0, mismatched: 0, failed: 10 })
      })
    })

    describe('settle', () => {
      it('waits: counts the look, remembers what it is told, keeps the rest', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1)])
        const id = idOf(1)
        const [one] = await takeAll(pair)
        const wait = { id, to: 'wait', state: 'waiting', againInMs: -1 } as const
        await ledger.settle(pair, [{ ...wait, lease: one!.lease, absentAt: T0 + 7, reason: 'a|b%25' }])
        const [two] = await takeAll(pair)
        expect(two!.version).toMatchObject({ looks: 1, absentAt: T0 + 7, reason: 'a|b%25', state: 'waiting' })
        await ledger.settle(pair, [{ ...wait, lease: two!.lease }])
        const [three] = await takeAll(pair)
        expect(three!.version).toEqual({ ...two!.version, looks: 2 })
      })

      it('counts a version late once', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1), booking(2)])
        const late = { id: idOf(1), to: 'wait', state: 'late', againInMs: HOUR } as const
        await ledger.settle(pair, [late])
        await ledger.settle(pair, [parked(idOf(1))])
        await ledger.settle(pair, [{ ...late, state: 'waiting' }])
        await ledger.settle(pair, [late])
        expect(await balanced(pair)).toMatchObject({
          lateEver: 1,
          open: { waiting: 1, late: 1, mismatched: 0, failed: 0 },
        })
        await ledger.settle(pair, [landed(idOf(1))])
        expect(await balanced(pair)).toMatchObject({ lateEver: 1, open: { waiting: 1, late: 0 } })
      })

      it('parks and un-parks without counting a version twice', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1), booking(2)])
        await ledger.settle(pair, [parked(idOf(1)), { ...parked(idOf(2)), state: 'mismatched' }])
        expect((await balanced(pair)).open).toEqual({ waiting: 0, late: 0, mismatched: 1, failed: 1 })
        expect((await ledger.oldest(pair, 1))[0]).toMatchObject({ state: 'failed', reason: 'denied' })
        await ledger.settle(pair, [{ id: idOf(2), to: 'wait', state: 'waiting', againInMs: 0 }])
        expect((await balanced(pair)).open).toEqual({ waiting: 1, late: 0, mismatched: 0, failed: 1 })
      })

      it('without a lease counts for an open version, and ends the lease of whoever holds it', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1)])
        const [taken] = await takeAll(pair)
        expect(await ledger.settle(pair, [parked(idOf(1))])).toEqual({ closed: 0, stale: 0 })
        const wait = { id: idOf(1), to: 'wait', state: 'waiting', againInMs: 0, lease: taken!.lease } as const
        expect(await ledger.settle(pair, [wait])).toEqual({ closed: 0, stale: 1 })
        expect((await ledger.oldest(pair, 1))[0]).toMatchObject({ state: 'failed', looks: 0 })
      })

      it('closes once: the first verdict stands, from whichever worker', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1), booking(2)])
        const [stale] = await ledger.take(pair, { max: 1, leaseMs: -LEASE })
        await takeAll(pair)
        const { id } = stale!.version
        expect(await ledger.settle(pair, [landed(id, stale!.lease), landed(id)])).toEqual({ closed: 1, stale: 1 })
        const gone = { id, to: 'close', verdict: 'gone', evidence: 'head' } as const
        expect(await ledger.settle(pair, [gone, parked(id)])).toEqual({ closed: 0, stale: 2 })
        expect(await balanced(pair)).toMatchObject({
          closed: { landed: 1, gone: 0 },
          evidence: { event: 1, head: 0 },
          open: { waiting: 1, failed: 0 },
        })
      })

      it('closes a failed version too', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(5)])
        await ledger.settle(pair, [{ ...parked(idOf(5)), state: 'mismatched' }])
        expect(await ledger.settle(pair, [landed(idOf(5))])).toEqual({ closed: 1, stale: 0 })
        expect(await balanced(pair)).toMatchObject({ bytesAtRisk: 0, open: { mismatched: 0, failed: 0 } })
        expect(await ledger.oldest(pair, 5)).toEqual([])
        expect((await ledger.snapshot(pair)).oldest).toBeUndefined()
      })

      it('leaves alone what was never booked', async () => {
        const pair = randomPrefix()
        expect(await ledger.settle(pair, [landed(idOf(1)), parked(idOf(2))])).toEqual({ closed: 0, stale: 2 })
        expect(await balanced(pair)).toMatchObject({ received: 0, closed: { landed: 0 } })
      })

      it('records lags and notes with the verdict', async () => {
        const pair = randomPrefix()
        const before = Date.now()
        await ledger.book(pair, bookings(0, 4))
        const exact = { ms: 1_000, bound: 'exact' } as const
        await ledger.settle(pair, [
          { ...landed(idOf(0)), lag: exact, notes: ['unverified', 'tagsBehind'] },
          { ...landed(idOf(1)), lag: exact, notes: ['unverified'] },
          { ...landed(idOf(2)), lag: { ms: 60_000, bound: 'upper' } },
          landed(idOf(3)),
          { ...landed(idOf(0)), lag: exact, notes: ['unverified'] },
        ])
        const snapshot = await ledger.snapshot(pair)
        expect(snapshot.notes).toMatchObject({ unverified: 2, tagsBehind: 1, locksBehind: 0 })
        expect(snapshot.lag).toMatchObject({ count: 3, upper: 1 })
        expect(snapshot.lag.p50).toBeGreaterThanOrEqual(1_000)
        expect(snapshot.lag.p50).toBeLessThan(1_200)
        expect(snapshot.lag.p99).toBeGreaterThanOrEqual(60_000)
        const range = { fromMs: before - 120_000, toMs: Date.now() + 120_000 }
        expect([...(await ledger.lagHistogram(pair, range)).values()].toSorted((a, b) => a - b)).toEqual([1, 2])
        const past = { fromMs: before - 240_000, toMs: before - 120_000 }
        expect(await ledger.lagHistogram(pair, past)).toEqual(new Map())
        expect((await ledger.snapshot(pair, { lags: false })).lag).toEqual({ count: 0, upper: 0 })
      })
    })

    describe('history', () => {
      it('tells lags and what happened, by minutes and by hours', async () => {
        const pair = randomPrefix()
        const before = Date.now()
        await ledger.book(pair, bookings(0, 5))
        await ledger.settle(pair, [
          { ...landed(idOf(0)), lag: { ms: 1_000, bound: 'exact' } },
          { ...landed(idOf(1)), lag: { ms: 60_000, bound: 'upper' } },
          { id: idOf(2), to: 'wait', state: 'late', againInMs: 0 },
          parked(idOf(3)),
        ])
        await ledger.settle(pair, [
          { id: idOf(2), to: 'wait', state: 'late', againInMs: 0 },
          parked(idOf(3)),
          { id: idOf(4), to: 'close', verdict: 'gone', evidence: 'head' },
        ])
        for (const step of ['minute', 'hour'] as const) {
          const range = { step, fromMs: before - 2 * HOUR, toMs: Date.now() + 2 * HOUR }
          const points = await ledger.history(pair, range)
          const slot = points.reduce((sum, point) => addPoint(sum, point), emptySlot())
          expect(slot).toMatchObject({
            upper: 1,
            did: { received: 5, landed: 2, gone: 1, late: 1, failed: 1, excluded: 0, reopened: 0 },
          })
          expect([...slot.hist.values()]).toEqual([1, 1])
          for (const { at } of points) expect(at % (step === 'hour' ? HOUR : 60_000)).toBe(0)
          expect(await ledger.history(pair, { step, fromMs: before - 4 * HOUR, toMs: before - 2 * HOUR })).toEqual([])
        }
      })
    })

    describe('nudge', () => {
      it('makes open versions due now and leaves the others alone', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, bookings(1, 4, { dueInMs: HOUR }))
        await ledger.settle(pair, [parked(idOf(2), HOUR), landed(idOf(3))])
        const nudged = await ledger.nudge(pair, [
          { id: idOf(1) },
          { id: idOf(2), reason: 'x|y' },
          { id: idOf(3) },
          { id: '7' },
        ])
        expect(nudged).toBe(2)
        const taken = await takeAll(pair)
        const reasons = new Map(taken.map(({ version }) => [version.key, version.reason]))
        expect(reasons).toEqual(
          new Map([
            ['documents/1.pdf', undefined],
            ['documents/2.pdf', 'x|y'],
          ]),
        )
        expect((await balanced(pair)).open).toMatchObject({ waiting: 1, failed: 1 })
      })

      it('ends a lease: that look is older than the news', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1)])
        const [taken] = await takeAll(pair)
        await ledger.nudge(pair, [{ id: idOf(1) }])
        expect(await takeAll(pair)).toHaveLength(1)
        const wait = { id: idOf(1), to: 'wait', state: 'waiting', againInMs: HOUR, lease: taken!.lease } as const
        expect(await ledger.settle(pair, [wait])).toEqual({ closed: 0, stale: 1 })
      })
    })

    describe('reopen', () => {
      it('opens closed versions again and leaves open ones alone', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, [booking(1), booking(2)])
        await ledger.settle(pair, [landed(idOf(1)), { ...parked(idOf(2)), state: 'mismatched' }])
        expect(await ledger.reopen(pair, [booking(1), booking(2), booking(1)])).toBe(1)
        const snapshot = await balanced(pair)
        expect(snapshot).toMatchObject({ received: 2, reopened: 1, closed: { landed: 1 }, bytesAtRisk: 3 })
        expect(snapshot.open).toEqual({ waiting: 1, late: 0, mismatched: 1, failed: 0 })
        expect(await ledger.book(pair, [booking(1)])).toMatchObject({ received: 0, duplicates: 1 })
      })

      it('of a version never booked counts as reopened, and later events of it as duplicates', async () => {
        const pair = randomPrefix()
        expect(await ledger.reopen(pair, [booking(1)])).toBe(1)
        expect(await ledger.book(pair, [booking(1)])).toMatchObject({ received: 0, duplicates: 1 })
        expect(await balanced(pair)).toMatchObject({ received: 0, reopened: 1, open: { waiting: 1 } })
      })
    })

    it('known tells every id that was ever booked, open or closed', async () => {
      const pair = randomPrefix()
      await ledger.book(pair, [booking(1), booking(2)])
      await ledger.settle(pair, [landed(idOf(1))])
      await ledger.arrive(pair, [arrival(3)])
      expect(await ledger.known(pair, [idOf(1), idOf(2), idOf(3)])).toEqual(new Set([idOf(1), idOf(2)]))
    })

    it('oldest gives the oldest first, within the limit', async () => {
      const pair = randomPrefix()
      await ledger.book(pair, [booking(3), booking(1), booking(2)])
      const oldest = await ledger.oldest(pair, 2)
      expect(oldest.map(({ eventTime }) => eventTime)).toEqual([T0 + 1, T0 + 2])
    })

    it('counts a permanent delete once, however often it is told of', async () => {
      const pair = randomPrefix()
      const purge = (n: number, byStranger: boolean) => ({ id: idOf(n), byStranger })
      expect(await ledger.purge(pair, [purge(1, false), purge(2, true), purge(1, false)])).toEqual(
        new Set([idOf(1), idOf(2)]),
      )
      expect(await ledger.purge(pair, [purge(2, true), purge(3, false)])).toEqual(new Set([idOf(3)]))
      expect(await balanced(pair)).toMatchObject({ purged: 3, tampering: 1, received: 0 })
      const many = Array.from({ length: 1100 }, (_, n) => purge(n, n % 2 === 0))
      expect((await ledger.purge(pair, many)).size).toBe(1097)
      expect(await balanced(pair)).toMatchObject({ purged: 1100, tampering: 550 })
    })

    it('adds up what belongs to no version', async () => {
      await ledger.count({ messages: 2, events: 0 })
      await ledger.count({ messages: 1, poison: 1 })
      expect(await ledger.counters()).toMatchObject({ messages: 3, events: 0, poison: 1, unrouted: 0 })
    })

    it('remembers the newest event of each queue', async () => {
      await ledger.sawEvents(
        new Map([
          ['a', T0],
          ['b', T0 + 5],
        ]),
      )
      await ledger.sawEvents(
        new Map([
          ['a', T0 + 1],
          ['b', T0],
        ]),
      )
      await ledger.sawEvents(new Map())
      expect(await ledger.newestEvents()).toEqual(
        new Map([
          ['a', T0 + 1],
          ['b', T0 + 5],
        ]),
      )
    })

    it('a lease has one holder, who may extend it', async () => {
      const name = randomPrefix()
      expect(await ledger.lease(name, 'a', LEASE)).toBe(true)
      expect(await ledger.lease(name, 'b', LEASE)).toBe(false)
      expect(await ledger.lease(name, 'a', 1)).toBe(true)
      await expect.poll(() => ledger.lease(name, 'b', LEASE)).toBe(true)
      expect(await ledger.lease(name, 'a', LEASE)).toBe(false)
    })

    it('has one name, which the first candidate gives it, and remembers what was before', async () => {
      expect(await ledger.identity()).toBeUndefined()
      const { id, since } = await ledger.identity('aaaa')
      expect(id).toBe('aaaa')
      expect(Math.abs(since - Date.now())).toBeLessThan(10_000)
      expect(await ledger.identity('bbbb')).toEqual({ id, since })
      const before = { id: 'cccc', at: T0, atRisk: 12 }
      await ledger.follow(before)
      expect(await ledger.identity()).toEqual({ id, since, before })
    })

    it('several workers at once: each version is closed once', async () => {
      const pair = randomPrefix()
      await Promise.all([0, 1, 2].map(() => ledger.book(pair, bookings(0, 900))))
      const work = async (): Promise<number> => {
        let closed = 0
        for (;;) {
          const taken = await ledger.take(pair, { max: 70, leaseMs: LEASE })
          if (taken.length === 0) return closed
          const result = await ledger.settle(
            pair,
            taken.map(({ version, lease }) => landed(version.id, lease)),
          )
          closed += result.closed
        }
      }
      const closed = await Promise.all([work(), work(), work(), work()])
      expect(closed.reduce((sum, n) => sum + n, 0)).toBe(900)
      expect(await balanced(pair)).toMatchObject({ received: 900, duplicates: 1_800, closed: { landed: 900 } })
    })
  })
}

function landed(
  id: string,
  lease?: number,
): { id: string; lease?: number; to: 'close'; verdict: 'landed'; evidence: 'event' } {
  return { id, to: 'close', verdict: 'landed', evidence: 'event', ...(lease === undefined ? {} : { lease }) }
}

function parked(
  id: string,
  recheckInMs = HOUR,
): { id: string; to: 'park'; state: 'failed'; reason: string; recheckInMs: number } {
  return { id, to: 'park', state: 'failed', reason: 'denied', recheckInMs }
}
