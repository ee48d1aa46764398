/** The stop rules of repair, for any version in any state under any configuration. */
import { describe, expect, it } from 'vitest'
import { FAILURES } from '../../../src/domain/failures.ts'
import { assess, type DrivePolicy } from '../../../src/domain/redrive.ts'
import { costOf, costOfJob, estimate, fits, NO_COST } from '../../../src/domain/repair/cost.ts'
import { isOpen, openIncident, probeBegun } from '../../../src/domain/repair/incident.ts'
import { pace } from '../../../src/domain/repair/pace.ts'
import { makePlan } from '../../../src/domain/repair/plan.ts'
import { type Incident, type Parked, STRATEGIES } from '../../../src/domain/repair/words.ts'
import { fc, runs } from '../../support/fc.ts'

const T0 = Date.UTC(2026, 10, 24, 12)
const reasons = fc.oneof(
  fc.constantFrom(...FAILURES.keys()),
  fc.constantFrom('SomethingNew', 'LookRefused s3:GetObject at source'),
)
const outcomes = fc.oneof(reasons, fc.constantFrom('succeeded', 'not in the completion report', 'stopped: newer'))

const policies: fc.Arbitrary<DrivePolicy> = fc.record({
  match: fc.constantFrom('version', 'content'),
  redrive: fc.record({
    automatic: fc.boolean(),
    batch: fc.constantFrom(undefined, {}),
    copy: fc.boolean(),
    retrigger: fc.boolean(),
    attempts: fc.integer({ min: 1, max: 5 }),
  }),
})

const parkeds: fc.Arbitrary<Parked> = fc.record({
  due: fc.boolean(),
  version: fc.record({
    id: fc.integer({ min: 1, max: 1e6 }).map(String),
    key: fc.constantFrom('a', 'b'),
    versionId: fc.constantFrom('v1', 'v2', 'null'),
    kind: fc.constantFrom('object', 'marker'),
    size: fc.option(fc.nat(1e9), { nil: undefined }),
    state: fc.constantFrom('failed', 'mismatched', 'waiting', 'late'),
    reason: fc.option(reasons, { nil: undefined }),
    eventTime: fc.integer({ min: T0 - 1000, max: T0 + 1000 }),
    looks: fc.nat(9),
  }),
  tried: fc.option(
    fc
      .record({
        attempts: fc.integer({ min: 1, max: 9 }),
        forgiven: fc.nat(9),
        strategy: fc.constantFrom(...STRATEGIES),
        at: fc.integer({ min: T0 - 1000, max: T0 + 1000 }),
        token: fc.option(fc.constant('t'), { nil: undefined }),
        outcome: fc.option(outcomes, { nil: undefined }),
      })
      .map((tried) => ({ ...tried, forgiven: Math.min(tried.forgiven, tried.attempts) })),
    { nil: undefined },
  ),
  wanted: fc.option(fc.constant({ at: T0, by: 'ada' }), { nil: undefined }),
})

const incidentMaps: fc.Arbitrary<ReadonlyMap<string, Incident>> = fc
  .array(
    fc.record({
      reason: reasons,
      since: fc.constant(T0),
      probes: fc.nat(9),
      nextProbeAt: fc.constant(T0),
      mendedAt: fc.option(fc.integer({ min: T0 - 1000, max: T0 + 1000 }), { nil: undefined }),
    }),
  )
  .map((incidents) => new Map(incidents.map((incident) => [incident.reason, incident])))

describe('assess()', () => {
  it('is total, and keeps the stop rules', () => {
    fc.assert(
      fc.property(parkeds, policies, incidentMaps, (parked, policy, incidents) => {
        const assessment = assess(parked, { policy, incidents })
        if (assessment.kind !== 'drive') return
        const { version, tried, wanted, due } = parked
        const { strategy } = assessment
        const reason = version.reason ?? 'ReplicationFailed'
        // Never PENDING, nor what anybody else has in hand, nor what a look is due for, nor over a replica.
        expect(reason).not.toBe('PendingTooLong')
        expect(FAILURES.get(reason)?.class).not.toBe('excluded')
        expect(tried?.token).toBeUndefined()
        expect(due).toBe(false)
        expect(version.state).toBe('failed')
        // Only what is switched on; a marker is never written by us.
        if (strategy === 'batch') expect(policy.redrive.batch).toBeDefined()
        else expect(policy.redrive[strategy]).toBe(true)
        if (strategy !== 'batch') expect(version.kind).toBe('object')
        if (strategy === 'retrigger') expect(reason).toBe('DstObjectHardDeleted')
        if (wanted !== undefined) return
        // Bounded, and nothing while its cause stands.
        expect(policy.redrive.automatic).toBe(true)
        expect((tried?.attempts ?? 0) - (tried?.forgiven ?? 0)).toBeLessThan(policy.redrive.attempts)
        if (FAILURES.get(reason)?.class === 'setup') expect(isOpen(incidents.get(reason))).toBe(false)
      }),
      runs(3000),
    )
  })
})

describe('a plan', () => {
  it('stays within the budget and the most of a turn, drives each version once, and accounts for all', () => {
    const budgets = fc.record({
      versions: fc.integer({ min: 1, max: 20 }),
      bytes: fc.integer({ min: 1, max: 5e9 }),
      dollars: fc.double({ min: 0.01, max: 2, noNaN: true }),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(parkeds, { maxLength: 60, selector: ({ version }) => version.id }),
        policies,
        incidentMaps,
        budgets,
        fc.integer({ min: 1, max: 10 }),
        (all, policy, incidents, hourly, most) => {
          const plan = makePlan({
            policy,
            incidents,
            hourly,
            spent: NO_COST,
            most: { batch: most, copy: most, retrigger: most },
          })
          for (const parked of all) plan.add(parked)
          const { drive, cost, look, held, resting } = plan.planned
          const idsDriven = (): string[] => STRATEGIES.flatMap((strategy) => drive[strategy].map(({ id }) => id))
          const driven = idsDriven()
          for (const strategy of STRATEGIES) expect(drive[strategy].length).toBeLessThanOrEqual(most)
          expect(fits(cost, hourly)).toBe(true)
          const total = STRATEGIES.reduce((sum, strategy) => sum + estimate(strategy, drive[strategy]).dollars, 0)
          expect(cost.dollars).toBeCloseTo(total, 9)
          const counted = driven.length + look.length
          const kept = [...held.values()].reduce((sum, { versions }) => sum + versions, 0)
          const rested = [...resting.values()].reduce((sum, count) => sum + count, 0)
          expect(counted + kept + rested).toBe(all.length)
          // The walk may give each of them twice.
          for (const parked of all) plan.add(parked)
          expect(new Set(idsDriven()).size).toBe(idsDriven().length)
        },
      ),
      runs(500),
    )
  })

  it('takes as the probe what was tried least, and then the oldest', () => {
    const held = (id: string, attempts: number, eventTime: number): Parked => ({
      due: false,
      version: {
        id,
        key: id,
        versionId: 'v',
        kind: 'object',
        eventTime,
        looks: 1,
        state: 'failed',
        reason: 'DstBucketNotFound',
      },
      ...(attempts > 0 && {
        tried: { attempts, forgiven: 0, strategy: 'batch', at: T0, outcome: 'DstBucketNotFound' },
      }),
    })
    const policy: DrivePolicy = {
      match: 'version',
      redrive: { automatic: true, batch: {}, copy: false, retrigger: false, attempts: 3 },
    }
    const most = { batch: 9, copy: 9, retrigger: 9 }
    const hourly = { versions: 9, bytes: 9, dollars: 9 }
    const incidents = new Map([['DstBucketNotFound', openIncident('DstBucketNotFound', T0, { minMs: 1, maxMs: 2 })]])
    const plan = makePlan({ policy, incidents, hourly, spent: NO_COST, most })
    for (const one of [held('1', 2, T0), held('2', 0, T0 + 5), held('3', 0, T0 + 2), held('4', 1, T0)]) plan.add(one)
    expect(plan.planned.held.get('DstBucketNotFound')).toMatchObject({ versions: 4, probe: { toDrive: { id: '3' } } })
  })
})

describe('probes', () => {
  it('come at intervals that double, from min up to max, however many there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.integer({ min: 1, max: 1e9 }), (minMs, more) => {
        const policy = { minMs, maxMs: minMs + more }
        let incident = openIncident('DstBucketNotFound', T0, policy)
        let now = incident.nextProbeAt
        let last = 0
        for (let probe = 1; probe <= 60; probe += 1) {
          incident = probeBegun(incident, '1', now, policy)
          const wait = incident.nextProbeAt - now
          expect(wait).toBe(Math.min(policy.maxMs, minMs * 2 ** Math.min(probe, 30)))
          expect(wait).toBeGreaterThanOrEqual(last)
          last = wait
          now = incident.nextProbeAt
        }
        expect(incident.probes).toBe(60)
      }),
    )
  })
})

describe('pace()', () => {
  it('lets through no more than the rate, however it is asked', () => {
    const rate = { versionsPerSecond: 10, bytesPerSecond: 1000 }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(500), fc.nat(5000)), { minLength: 1, maxLength: 50 }), (writes) => {
        let [freeAt, now] = [0, T0]
        const begun: number[] = []
        for (const [pauseMs, bytes] of writes) {
          now += pauseMs
          const next = pace(freeAt, now, bytes, rate)
          expect(next.beginAt).toBeGreaterThanOrEqual(now)
          ;({ freeAt } = next)
          begun.push(next.beginAt)
          now = Math.max(now, next.beginAt)
        }
        const tookS = (freeAt - begun[0]!) / 1000
        expect(writes.length).toBeLessThanOrEqual(tookS * rate.versionsPerSecond + 1e-6)
        const bytes = writes.reduce((sum, [, size]) => sum + size, 0)
        expect(bytes).toBeLessThanOrEqual(tookS * rate.bytesPerSecond + 1e-6)
      }),
    )
  })
})

describe('costs', () => {
  it('of a million documents of 1 MB by batch: the job, the objects, the requests, the transfer', () => {
    const million = 1e6
    const one = costOf('batch', { size: 1e6, kind: 'object' }).dollars
    expect(costOfJob('batch').dollars + million * one).toBeCloseTo(0.25 + 1 + 5.3 + 2.1 + 20, 6)
  })

  it('of more versions than a call takes arguments', () => {
    const versions = Array.from({ length: 300_000 }, () => ({ size: 1, kind: 'object' as const }))
    expect(estimate('batch', versions).versions).toBe(300_000)
  })

  it('of a marker count no bytes, of nothing are nothing', () => {
    expect(costOf('copy', { size: 5, kind: 'marker' }).bytes).toBe(0)
    expect(estimate('batch', [])).toEqual(NO_COST)
  })
})
