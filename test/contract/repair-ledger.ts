/** What every `RepairLedger` keeps (src/ports.ts), by its port and `Ledger`'s alone. Each test has a pair of its own. */
import { beforeAll, describe, expect, it } from 'vitest'
import { NO_COUNTS } from '../../src/domain/audit/finding.ts'
import type { AuditSummary } from '../../src/domain/audit/report.ts'
import type { Parked } from '../../src/domain/repair/words.ts'
import type { AuditLedger, Ledger, RepairLedger } from '../../src/ports.ts'
import { randomPrefix } from '../support/prefix.ts'
import { arrival, booking, bookings, idOf, T0 } from '../support/versions.ts'

const HOUR = 3_600_000
const LEASE = 60_000

type Repairing = Ledger & RepairLedger & AuditLedger

export function repairLedgerContract(name: string, make: () => Promise<Repairing>): void {
  describe(`repair ledger contract: ${name}`, () => {
    let ledger: Repairing
    beforeAll(async () => {
      ledger = await make()
    })

    /** A pair with versions `from` up to `to`, all of them failed, none due. */
    async function failures(from: number, to: number): Promise<string> {
      const pair = randomPrefix()
      await ledger.book(pair, bookings(from, to))
      await ledger.settle(
        pair,
        bookings(from, to).map(({ version }) => failed(version.id)),
      )
      return pair
    }

    const claim = (pair: string, token: string, ...ns: readonly number[]): Promise<ReadonlySet<string>> =>
      ledger.claim(pair, { token, strategy: 'batch', ids: ns.map(idOf) })

    const one = async (pair: string, n: number): Promise<Parked> => (await ledger.find(pair, [idOf(n)]))[0]!

    async function walk(pair: string, pages: 'parked' | 'wanted', limit: number): Promise<Set<string>> {
      const ids = new Set<string>()
      let cursor: string | undefined
      do {
        const page = await ledger[pages](pair, { cursor, limit })
        for (const { version } of page.versions) ids.add(version.id)
        cursor = page.cursor
      } while (cursor !== undefined)
      return ids
    }

    describe('reconcile', () => {
      it('opens each version once: received where it was never heard of, reopened where it had closed', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, bookings(0, 2))
        await ledger.settle(pair, [{ id: idOf(0), to: 'close', verdict: 'landed', evidence: 'event' }])
        const found = bookings(0, 4)
        expect(await ledger.reconcile(pair, found)).toEqual({ received: 2, reopened: 1, open: 1 })
        expect(await ledger.reconcile(pair, [...found, booking(0)])).toEqual({ received: 0, reopened: 0, open: 5 })
        const { received, reopened, open, closed, bytesAtRisk, oldest } = await ledger.snapshot(pair)
        expect({ received, reopened, open: open.waiting, landed: closed.landed }).toEqual({
          received: 4,
          reopened: 1,
          open: 4,
          landed: 1,
        })
        expect([bytesAtRisk, oldest]).toEqual([6, T0])
        expect((await ledger.take(pair, { max: 10, leaseMs: LEASE })).length).toBe(4)
      })

      it('leaves what is parked, and in a hand, as it is', async () => {
        const pair = await failures(0, 3)
        await claim(pair, 'a', 1)
        expect(await ledger.reconcile(pair, bookings(0, 3))).toEqual({ received: 0, reopened: 0, open: 3 })
        expect((await one(pair, 1)).tried?.token).toBe('a')
        expect((await ledger.snapshot(pair)).open.failed).toBe(3)
      })

      it('counts more than one call may carry, and an event that comes afterwards as a duplicate', async () => {
        const pair = randomPrefix()
        expect(await ledger.reconcile(pair, bookings(0, 1_234))).toEqual({ received: 1_234, reopened: 0, open: 0 })
        expect(await ledger.book(pair, bookings(1_000, 1_300))).toMatchObject({ received: 66, duplicates: 234 })
      })

      it('drops the arrival that waited for it: it is older than the audit, which found no replica', async () => {
        const pair = randomPrefix()
        await ledger.arrive(pair, [arrival(1)])
        expect((await ledger.snapshot(pair)).early).toBe(1)
        await ledger.reconcile(pair, [booking(1)])
        expect(await ledger.snapshot(pair)).toMatchObject({ early: 0, received: 1, open: { waiting: 1 } })
      })
    })

    describe('audits', () => {
      const summary = (pair: string, endedAt: number): AuditSummary => ({
        format: 1,
        pair,
        how: 'listing',
        startedAt: 1,
        endedAt,
        counts: NO_COUNTS,
        notes: ['a note: |%'],
      })

      it('keeps the last one, and the snapshot has it', async () => {
        const pair = randomPrefix()
        expect(await ledger.lastAudit(pair)).toBeUndefined()
        expect((await ledger.snapshot(pair)).audit).toBeUndefined()
        await ledger.saveAudit(summary(pair, 2))
        await ledger.saveAudit(summary(pair, 3))
        expect(await ledger.lastAudit(pair)).toEqual(summary(pair, 3))
        expect((await ledger.snapshot(pair)).audit).toEqual(summary(pair, 3))
      })

      it('keeps what is left of one until it is forgotten', async () => {
        const pair = randomPrefix()
        const left = { ranges: [{ after: 'ä\u0001' }] }
        expect(await ledger.auditLeft(pair)).toBeUndefined()
        await ledger.saveAuditLeft(pair, left)
        expect(await ledger.auditLeft(pair)).toEqual(left)
        await ledger.saveAuditLeft(pair, undefined)
        expect(await ledger.auditLeft(pair)).toBeUndefined()
      })
    })

    describe('parked and find', () => {
      it('a walk gives every parked version, and nothing else', async () => {
        const pair = await failures(0, 1_300)
        await ledger.book(pair, bookings(2_000, 2_010))
        await ledger.settle(pair, [{ ...failed(idOf(2_000)), state: 'mismatched' }])
        const wanted = [...bookings(0, 1_300), booking(2_000)].map(({ version }) => version.id)
        expect(await walk(pair, 'parked', 100)).toEqual(new Set(wanted))
        expect(await walk(randomPrefix(), 'parked', 100)).toEqual(new Set())
      })

      it('a walk misses nothing that stays, whatever closes and moves meanwhile', async () => {
        const pair = await failures(0, 800)
        const seen = new Set<string>()
        let cursor: string | undefined
        let n = 0
        do {
          const page = await ledger.parked(pair, { cursor, limit: 50 })
          for (const { version } of page.versions) seen.add(version.id)
          await ledger.settle(pair, [landed(idOf(n)), failed(idOf(n + 400), 2 * HOUR)])
          n = Math.min(n + 1, 399)
          cursor = page.cursor
        } while (cursor !== undefined)
        for (const { version } of bookings(400, 800)) expect(seen).toContain(version.id)
      })

      it('find tells of open versions, parked or not', async () => {
        const pair = await failures(0, 1)
        await ledger.book(pair, [booking(1), booking(2)])
        await ledger.settle(pair, [landed(idOf(2))])
        const found = await ledger.find(pair, [idOf(0), idOf(1), idOf(2), idOf(3)])
        expect(found.map(({ version }) => [version.id, version.state])).toEqual([
          [idOf(0), 'failed'],
          [idOf(1), 'waiting'],
        ])
        expect(found[0]).toEqual({
          version: expect.objectContaining({ key: 'documents/0.pdf', reason: 'a|b' }),
          due: false,
        })
        expect(await ledger.find(pair, [])).toEqual([])
      })
    })

    describe('claim', () => {
      it('takes failed versions in hand, once each, and counts an attempt', async () => {
        const pair = await failures(0, 3)
        await ledger.book(pair, [booking(7), booking(8)])
        await ledger.settle(pair, [{ ...failed(idOf(8)), state: 'mismatched' }])
        expect(await claim(pair, 'a', 0, 1, 7, 8, 9)).toEqual(new Set([idOf(0), idOf(1)]))
        expect(await claim(pair, 'b', 0, 1, 2)).toEqual(new Set([idOf(2)]))
        expect((await one(pair, 0)).tried).toEqual({
          attempts: 1,
          forgiven: 0,
          strategy: 'batch',
          at: expect.any(Number),
          token: 'a',
        })
        expect(Math.abs((await one(pair, 0)).tried!.at - Date.now())).toBeLessThan(10_000)
        expect(ids(await ledger.inHand(pair, 'a'))).toEqual(new Set([idOf(0), idOf(1)]))
        expect(ids(await ledger.inHand(pair, 'b'))).toEqual(new Set([idOf(2)]))
      })

      it('ends with a look that is due, until that look has settled it', async () => {
        const pair = await failures(0, 1)
        await claim(pair, 'a', 0)
        expect((await one(pair, 0)).due).toBe(false)
        await ledger.unclaim(pair, 'a', [{ id: idOf(0), outcome: 'succeeded' }])
        expect((await one(pair, 0)).due).toBe(true)
        const [taken] = await ledger.take(pair, { max: 1, leaseMs: LEASE })
        expect((await one(pair, 0)).due).toBe(true)
        await ledger.settle(pair, [{ ...failed(idOf(0)), lease: taken!.lease }])
        expect((await one(pair, 0)).due).toBe(false)
      })

      it('again by the same token counts once', async () => {
        const pair = await failures(0, 2)
        await claim(pair, 'a', 0)
        expect(await claim(pair, 'a', 0, 1)).toEqual(new Set([idOf(0), idOf(1)]))
        expect((await one(pair, 0)).tried).toMatchObject({ attempts: 1, token: 'a' })
      })

      it('of many at once, by two tokens: each version is in one hand', async () => {
        const pair = await failures(0, 1_200)
        const all = bookings(0, 1_200).map(({ version }) => version.id)
        const claims = ['a', 'b', 'c'].map((token) => ledger.claim(pair, { token, strategy: 'copy', ids: all }))
        const claimed = await Promise.all(claims)
        expect(claimed.reduce((total, { size }) => total + size, 0)).toBe(1_200)
        const hands = await Promise.all(['a', 'b', 'c'].map((token) => ledger.inHand(pair, token)))
        expect(hands.map(ids)).toEqual(claimed)
      })

      it('lets verification go on: what is in hand is looked at, and closes', async () => {
        const pair = await failures(0, 2)
        await claim(pair, 'a', 0, 1)
        await ledger.nudge(pair, [{ id: idOf(0) }])
        const [taken] = await ledger.take(pair, { max: 9, leaseMs: LEASE })
        expect(taken!.version).toMatchObject({ id: idOf(0), state: 'failed' })
        expect(await ledger.settle(pair, [landed(idOf(0), taken!.lease)])).toEqual({ closed: 1, stale: 0 })
        expect(ids(await ledger.inHand(pair, 'a'))).toEqual(new Set([idOf(1)]))
        expect(await ledger.find(pair, [idOf(0)])).toEqual([])
      })
    })

    describe('unclaim', () => {
      it('keeps what it came to, and makes the version due now', async () => {
        const pair = await failures(0, 2)
        await claim(pair, 'a', 0, 1)
        const outcomes = [{ id: idOf(0), outcome: 'Access|Denied%7C', replicaId: 'r|1' }, { id: idOf(1) }]
        expect(await ledger.unclaim(pair, 'a', outcomes)).toBe(2)
        const [first, second] = await ledger.find(pair, [idOf(0), idOf(1)])
        expect(first!.tried).toMatchObject({ attempts: 1, outcome: 'Access|Denied%7C', replicaId: 'r|1' })
        expect(first!.tried!.token).toBeUndefined()
        expect(second!.tried!.outcome).toBeUndefined()
        expect(await ledger.due([pair])).toEqual(new Map([[pair, 2]]))
        expect(await ledger.inHand(pair, 'a')).toEqual([])
      })

      it('ends the lease of whoever looks: that look is older than the re-drive', async () => {
        const pair = await failures(0, 1)
        await claim(pair, 'a', 0)
        await ledger.nudge(pair, [{ id: idOf(0) }])
        const [taken] = await ledger.take(pair, { max: 1, leaseMs: LEASE })
        await ledger.unclaim(pair, 'a', [{ id: idOf(0), outcome: 'done' }])
        const again = { ...failed(idOf(0)), lease: taken!.lease }
        expect(await ledger.settle(pair, [again])).toEqual({ closed: 0, stale: 1 })
        expect(await ledger.due([pair])).toEqual(new Map([[pair, 1]]))
      })

      it('the next attempt counts on, and forgets the outcome but not the copy', async () => {
        const pair = await failures(0, 1)
        await claim(pair, 'a', 0)
        await ledger.unclaim(pair, 'a', [{ id: idOf(0), outcome: 'failed', replicaId: 'r1' }])
        expect(await claim(pair, 'b', 0)).toEqual(new Set([idOf(0)]))
        const { tried } = await one(pair, 0)
        expect(tried).toMatchObject({ attempts: 2, token: 'b', replicaId: 'r1' })
        expect(tried!.outcome).toBeUndefined()
      })

      it('a stale token changes nothing: of another hand, of none, of a closed version', async () => {
        const pair = await failures(0, 3)
        await claim(pair, 'old', 0, 1, 2)
        await ledger.unclaim(pair, 'old', [{ id: idOf(0) }])
        await claim(pair, 'new', 0)
        await ledger.settle(pair, [landed(idOf(1))])
        await ledger.unclaim(pair, 'old', [{ id: idOf(2), outcome: 'first' }])
        await ledger.settle(pair, [failed(idOf(0)), failed(idOf(2))])
        const before = await ledger.find(pair, [idOf(0), idOf(1), idOf(2)])
        const late = [0, 1, 2].map((n) => ({ id: idOf(n), outcome: 'late', replicaId: 'late' }))
        expect(await ledger.unclaim(pair, 'old', late)).toBe(0)
        expect(await ledger.find(pair, [idOf(0), idOf(1), idOf(2)])).toEqual(before)
        expect(await ledger.due([pair])).toEqual(new Map([[pair, 0]]))
      })
    })

    describe('what was tried', () => {
      it('is gone with its version, and does not come back with it', async () => {
        const pair = await failures(0, 1)
        await claim(pair, 'a', 0)
        await ledger.settle(pair, [landed(idOf(0))])
        expect(await ledger.inHand(pair, 'a')).toEqual([])
        await ledger.reopen(pair, [booking(0)])
        await ledger.settle(pair, [failed(idOf(0))])
        expect((await one(pair, 0)).tried).toBeUndefined()
        expect(await ledger.unclaim(pair, 'a', [{ id: idOf(0) }])).toBe(0)
        expect(await claim(pair, 'b', 0)).toEqual(new Set([idOf(0)]))
        expect((await one(pair, 0)).tried).toMatchObject({ attempts: 1, token: 'b' })
      })
    })

    describe('want', () => {
      it('marks failed versions until a claim, and forgives what was tried', async () => {
        const pair = await failures(0, 3)
        await ledger.book(pair, [booking(7)])
        await claim(pair, 'a', 0, 1)
        await ledger.unclaim(pair, 'a', [{ id: idOf(0), outcome: 'no' }])
        expect(await ledger.want(pair, { by: 'ann|x@host', ids: [0, 1, 2, 7, 9].map(idOf) })).toBe(2)
        expect(await walk(pair, 'wanted', 10)).toEqual(new Set([idOf(0), idOf(2)]))
        const [tried, inHand, untried] = await ledger.find(pair, [0, 1, 2].map(idOf))
        expect(tried!.tried).toMatchObject({ attempts: 1, forgiven: 1, outcome: 'no' })
        expect(tried!.wanted).toEqual({ at: expect.any(Number), by: 'ann|x@host' })
        expect(inHand!.wanted).toBeUndefined()
        expect(untried).toMatchObject({ wanted: { by: 'ann|x@host' } })
        expect(untried!.tried).toBeUndefined()
        await claim(pair, 'b', 0, 2)
        expect(await walk(pair, 'wanted', 10)).toEqual(new Set())
        expect((await one(pair, 0)).tried).toMatchObject({ attempts: 2, forgiven: 1 })
      })

      it('is over when the version closes', async () => {
        const pair = await failures(0, 2)
        await ledger.want(pair, { by: 'ann', ids: [idOf(0), idOf(1)] })
        await ledger.settle(pair, [landed(idOf(0))])
        await ledger.reopen(pair, [booking(0)])
        expect(await walk(pair, 'wanted', 10)).toEqual(new Set([idOf(1)]))
      })

      it('a walk gives all of many', async () => {
        const pair = await failures(0, 1_300)
        const all = bookings(0, 1_300).map(({ version }) => version.id)
        expect(await ledger.want(pair, { by: 'ann', ids: all })).toBe(1_300)
        expect(await walk(pair, 'wanted', 100)).toEqual(new Set(all))
      })
    })

    it('jobs are kept by token until they end', async () => {
      const pair = randomPrefix()
      const job = { token: 'a', state: 'booked', createdAt: T0, versions: 2, bytes: 9, by: 'automatic' } as const
      await ledger.saveJob(pair, { ...job, token: 'b', createdAt: T0 + 1 })
      await ledger.saveJob(pair, job)
      await ledger.saveJob(pair, { ...job, state: 'created', jobId: 'j1' })
      expect(await ledger.jobs(pair)).toEqual([
        { ...job, state: 'created', jobId: 'j1' },
        { ...job, token: 'b', createdAt: T0 + 1 },
      ])
      await ledger.endJob(pair, 'a')
      expect((await ledger.jobs(pair)).map(({ token }) => token)).toEqual(['b'])
    })

    it('an incident opens once, changes, and ends once; the snapshot shows it', async () => {
      const pair = randomPrefix()
      const incident = { reason: 'DstPutObjectNotPermitted', since: T0 + 5, probes: 0, nextProbeAt: T0 + 10 }
      expect(await ledger.saveIncident(pair, incident)).toBe(true)
      expect(await ledger.saveIncident(pair, { ...incident, probes: 1, probe: idOf(1) })).toBe(false)
      expect(await ledger.saveIncident(pair, { ...incident, reason: 'other', since: T0 })).toBe(true)
      const both = [
        { ...incident, reason: 'other', since: T0 },
        { ...incident, probes: 1, probe: idOf(1) },
      ]
      expect(await ledger.incidents(pair)).toEqual(both)
      expect((await ledger.snapshot(pair)).incidents).toEqual(both)
      expect(await ledger.endIncident(pair, 'other')).toBe(true)
      expect(await ledger.endIncident(pair, 'other')).toBe(false)
      expect(await ledger.incidents(pair)).toHaveLength(1)
      expect(await ledger.incidents(randomPrefix())).toEqual([])
    })

    it('an incident holds no look back', async () => {
      const pair = randomPrefix()
      await ledger.book(pair, bookings(0, 30))
      await ledger.saveIncident(pair, { reason: 'role', since: T0, probes: 0, nextProbeAt: T0 })
      expect(await ledger.take(pair, { max: 100, leaseMs: LEASE })).toHaveLength(30)
    })

    it('adds up what repair spends', async () => {
      const pair = randomPrefix()
      expect(await ledger.spend(pair, { versions: 2, bytes: 5e12, dollars: 0.25 })).toEqual({
        versions: 2,
        bytes: 5e12,
        dollars: 0.25,
      })
      const sum = await ledger.spend(pair, { versions: 1, bytes: 1, dollars: 0.000_005 })
      // The hour may have ended between the two.
      expect([3, 1]).toContain(sum.versions)
      if (sum.versions === 3) expect(sum).toMatchObject({ bytes: 5e12 + 1, dollars: expect.closeTo(0.250_005, 9) })
    })

    describe('discard', () => {
      const given = (n: number) => ({
        id: idOf(n),
        key: booking(n).version.key,
        versionId: booking(n).version.versionId,
        who: 'ann@host',
        reason: 'a test upload',
        failure: 'a|b',
      })

      it('closes nothing that is not parked: what is waited for is nothing to give up', async () => {
        const pair = randomPrefix()
        await ledger.book(pair, bookings(1, 2))
        expect(await ledger.discard(pair, [given(1)])).toBe(0)
        expect(await ledger.snapshot(pair)).toMatchObject({ open: { waiting: 1 }, closed: { discarded: 0 } })
        expect(await ledger.discarded(pair, [idOf(1)])).toEqual([])
      })

      it('closes open versions once, and keeps why', async () => {
        const pair = await failures(1, 4)
        await claim(pair, 'a', 1)
        await ledger.want(pair, { by: 'ann', ids: [idOf(2)] })
        expect(await ledger.discard(pair, [given(1), given(2), given(1), given(9)])).toBe(2)
        expect(await ledger.discard(pair, [{ ...given(1), reason: 'again' }])).toBe(0)
        const snapshot = await ledger.snapshot(pair)
        expect(snapshot).toMatchObject({
          closed: { discarded: 2 },
          evidence: { person: 2 },
          open: { failed: 1 },
          bytesAtRisk: 3,
        })
        expect(await ledger.discarded(pair, [idOf(1), idOf(3)])).toEqual([{ ...given(1), at: expect.any(Number) }])
        expect(await ledger.inHand(pair, 'a')).toEqual([])
        expect(await ledger.unclaim(pair, 'a', [{ id: idOf(1) }])).toBe(0)
        expect(await walk(pair, 'wanted', 10)).toEqual(new Set())
        expect(await ledger.settle(pair, [landed(idOf(1))])).toEqual({ closed: 0, stale: 1 })
      })

      it('handles more than one call takes', async () => {
        const pair = await failures(0, 1_100)
        const all = bookings(0, 1_100).map((_, n) => given(n))
        expect(await ledger.discard(pair, all)).toBe(1_100)
        const kept = await ledger.discarded(
          pair,
          all.map(({ id }) => id),
        )
        expect(kept).toHaveLength(1_100)
        expect(await ledger.snapshot(pair)).toMatchObject({ bytesAtRisk: 0, open: { failed: 0 } })
      })
    })

    it('the record of acts gives the newest first', async () => {
      const act = { who: `${randomPrefix()}@host`, what: 'discard', count: 3, selection: { prefix: 'a|b' } } as const
      await ledger.record(act)
      await ledger.record({ ...act, what: 'redrive', pair: 'p', reason: 'mended' })
      expect(await ledger.acts(2)).toEqual([
        { ...act, what: 'redrive', pair: 'p', reason: 'mended', at: expect.any(Number) },
        { ...act, at: expect.any(Number) },
      ])
      expect(Math.abs((await ledger.acts(1))[0]!.at - Date.now())).toBeLessThan(10_000)
      expect(await ledger.acts(1)).toHaveLength(1)
    })
  })
}

function ids(parked: readonly Parked[]): ReadonlySet<string> {
  return new Set(parked.map(({ version }) => version.id))
}

function landed(id: string, lease?: number) {
  return {
    id,
    to: 'close',
    verdict: 'landed',
    evidence: 'event',
    ...(lease === undefined ? {} : { lease }),
  } as const
}

function failed(id: string, recheckInMs = HOUR) {
  return { id, to: 'park', state: 'failed', reason: 'a|b', recheckInMs } as const
}
