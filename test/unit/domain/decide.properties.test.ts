/**
 * What `decide()` never does, whatever the world answers: it is driven as the verifier drives it, one question at a
 * time, against arbitrary worlds.
 */
import { describe, expect, it } from 'vitest'
import { FAILURES } from '../../../src/domain/failures.ts'
import type { Arrival, Checksum, Look } from '../../../src/domain/look.ts'
import { decide } from '../../../src/domain/replication.ts'
import { learn, type Ask, type FoundLook, type PairPolicy, type Situation } from '../../../src/domain/situation.ts'
import type { Settle } from '../../../src/domain/situation.ts'
import { VERDICTS, type OpenVersion } from '../../../src/domain/version.ts'
import { fc, runs } from '../../support/fc.ts'
import { MINUTE, WRITTEN } from './decide.situations.ts'

/** How many questions one version may cost before it is settled for this time; one that is driven again may cost more. */
const MOST_ASKS = 6
const MOST_ASKS_DRIVEN = 12

/** What one side would answer to each question: it does not change while it is asked. */
interface SideWorld {
  readonly head: Look
  readonly summed: Look
  readonly list: Look
  readonly key: readonly FoundLook[]
  /** HEAD of any other version. */
  readonly other: Look
}

const size = fc.constantFrom(100, 99)
const etag = fc.constantFrom('aa', 'bb', undefined)
const checksum: fc.Arbitrary<Checksum> = fc.record({
  algorithm: fc.constantFrom('CRC64NVME', 'SHA256'),
  type: fc.constantFrom('FULL_OBJECT' as const, 'COMPOSITE' as const, undefined),
  value: fc.constantFrom('x', 'y', 'x-2', 'y-2', 'x-3'),
})
const objectLook = fc.record({
  kind: fc.constant('object' as const),
  versionId: fc.constantFrom('v1', 'copy1', 'v2'),
  size,
  etag,
  lastModified: fc.constantFrom(undefined, WRITTEN - MINUTE, WRITTEN + MINUTE),
  replication: fc.constantFrom('PENDING', 'COMPLETED', 'FAILED', 'REPLICA', 'none', 'unknown'),
  checksums: fc.array(checksum, { maxLength: 2 }),
  copyOf: fc.constantFrom(undefined, 'v1', 'v0'),
  retriggerOf: fc.constantFrom(undefined, 'v1', 'v0'),
}) satisfies fc.Arbitrary<Look>
const markerLook = fc.record({ kind: fc.constant('marker' as const), versionId: fc.constant('v1') })
const absentLook = fc.constant<Look>({ kind: 'absent' })
const refusedLook = fc.record({
  kind: fc.constant('refused' as const),
  status: fc.constantFrom(403, 400),
  grant: fc.constantFrom('s3:GetObjectVersion', 's3:ListBucketVersions'),
})
const look: fc.Arbitrary<Look> = fc.oneof(objectLook, markerLook, absentLook, refusedLook)
const side: fc.Arbitrary<SideWorld> = fc.record({
  head: look,
  summed: look,
  list: look,
  key: fc.uniqueArray(fc.oneof(objectLook, markerLook), { maxLength: 3, selector: ({ versionId }) => versionId }),
  other: look,
})
const arrival: fc.Arbitrary<Arrival | undefined> = fc.option(
  fc.record({
    id: fc.constant('42'),
    time: fc.integer({ min: WRITTEN - MINUTE, max: WRITTEN + 300 * MINUTE }),
    kind: fc.constantFrom('object' as const, 'marker' as const),
    size: fc.constantFrom(100, 99, undefined),
    etag,
  }),
  { nil: undefined },
)
const version: fc.Arbitrary<OpenVersion> = fc.record({
  id: fc.constant('42'),
  key: fc.constantFrom('a/b', 'permission-test/x'),
  versionId: fc.constantFrom('v1', 'null'),
  kind: fc.constantFrom('object' as const, 'marker' as const),
  size: fc.constantFrom(100, undefined),
  etag,
  eventTime: fc.constant(WRITTEN),
  state: fc.constantFrom('waiting' as const, 'late' as const, 'mismatched' as const, 'failed' as const),
  looks: fc.nat(50),
  reason: fc.oneof(fc.constantFrom(undefined, ...FAILURES.keys()), fc.string()),
  lifecycle: fc.constantFrom(undefined, true),
})
const policy: fc.Arbitrary<PairPolicy> = fc.record({
  evidence: fc.constantFrom('auto' as const, 'list' as const),
  match: fc.constantFrom('version' as const, 'content' as const),
  deleteMarkers: fc.boolean(),
  excludePrefixes: fc.constantFrom([], ['permission-test/']),
  lateAfterMs: fc.constant(15 * MINUTE),
  failAfterMs: fc.constant(120 * MINUTE),
  recheckAfterMs: fc.constant(60 * MINUTE),
  destinationExpiresAfterMs: fc.constantFrom(undefined, 24 * 60 * MINUTE),
  redrive: fc.constantFrom(undefined, ...[true, false].map((copy) => ({ copy, retrigger: !copy })), {
    copy: true,
    retrigger: true,
  }),
})

interface World {
  readonly situation: Situation
  readonly source: SideWorld
  readonly destination: SideWorld
}
const world: fc.Arbitrary<World> = fc
  .record({
    version,
    policy,
    arrival,
    ageMs: fc.oneof(
      fc.constantFrom(-MINUTE, 0, 15 * MINUTE, 120 * MINUTE, 24 * 60 * MINUTE),
      fc.integer({ min: -MINUTE, max: 40 * 24 * 60 * MINUTE }),
    ),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    source: side,
    destination: side,
  })
  .map(({ version, policy, arrival, ageMs, random, source, destination }) => ({
    situation: { version, policy, random, now: WRITTEN + ageMs, source: {}, replica: arrival ? { arrival } : {} },
    source,
    destination,
  }))

/** Failed and mismatched versions of a pair that is driven again: where another version may stand for one. */
const keyOf = (...first: readonly ('v1' | 'v2' | 'copy1')[]) =>
  fc
    .shuffledSubarray([...first])
    .chain((ids) => fc.tuple(...ids.map((versionId) => objectLook.map((look) => ({ ...look, versionId })))))
const driven: fc.Arbitrary<World> = fc
  .record({
    world,
    own: fc.constantFrom<Look>({ kind: 'absent' }, { ...emptyObject(), size: 99 }),
    sourceKey: keyOf('v2', 'v1'),
    destinationKey: keyOf('copy1', 'v2', 'v1'),
    others: fc.tuple(objectLook, objectLook),
    state: fc.constantFrom('failed' as const, 'mismatched' as const),
    redrive: fc.constantFrom({ copy: true, retrigger: true }, { copy: false, retrigger: true }),
  })
  .map(({ world, own, sourceKey, destinationKey, others: [newer, copy], state, redrive }) => {
    const { situation } = world
    const failed = { ...emptyObject(), replication: 'FAILED' } as const
    const version = { ...situation.version, versionId: 'v1', kind: 'object', state, size: 100, key: 'a/b' } as const
    const policy = { ...situation.policy, match: 'version', evidence: 'auto', redrive } as const
    return {
      situation: { ...situation, version, policy, replica: {} },
      source: {
        head: failed,
        summed: { ...failed, checksums: newer.checksums },
        list: failed,
        key: sourceKey,
        other: newer,
      },
      destination: { head: own, summed: own, list: own, key: destinationKey, other: copy },
    }
  })
function emptyObject() {
  return { kind: 'object', versionId: 'v1', size: 100, etag: 'aa', replication: 'none', checksums: [] } as const
}

function answer(world: World, ask: Ask): Look | readonly FoundLook[] {
  const asked = ask.side === 'source' ? world.source : world.destination
  if (ask.how === 'key') return asked.key
  if (ask.how === 'list') return asked.list
  if (ask.how === 'copy' || ask.how === 'newer') return asked.other
  return ask.checksums ? asked.summed : asked.head
}

/** Drives `decide()` to a settlement, as the verifier does. */
function drive(world: World): { settled: Settle; asks: readonly Ask[]; answers: readonly Look[]; last: Situation } {
  const asks: Ask[] = []
  const answers: Look[] = []
  let last = world.situation
  for (;;) {
    const decision = decide(last)
    if (decision.kind === 'settle') return { settled: decision, asks, answers, last }
    // Of a parked one that differs, a newer version is asked for, whether or not the pair is driven.
    const parked = last.version.state === 'failed' || last.version.state === 'mismatched'
    const most = last.policy.redrive === undefined && !parked ? MOST_ASKS : MOST_ASKS_DRIVEN
    expect(asks.length, JSON.stringify(asks)).toBeLessThan(most)
    const told = answer(world, decision)
    asks.push(decision)
    answers.push(...[told].flat())
    last = learn(last, decision, told)
  }
}

const RUNS = runs(3_000)

describe('decide()', () => {
  it('always comes to a settlement, and never asks the same question twice', () => {
    fc.assert(
      fc.property(world, (world) => {
        const { settled, asks } = drive(world)
        const questions = asks.map(({ side, how, checksums, versionId }) => `${side} ${how} ${checksums} ${versionId}`)
        expect(new Set(questions).size).toBe(questions.length)
        const { settlement } = settled
        expect(settlement.id).toBe(world.situation.version.id)
        if (settlement.to === 'close') expect(VERDICTS).toContain(settlement.verdict)
        if (settlement.to === 'wait') expect(settlement.againInMs).toBeGreaterThan(0)
        if (settlement.to === 'park') expect(settlement.reason).not.toBe('')
      }),
      RUNS,
    )
  })

  it('takes a refused look neither for absence nor, before its time, for failure', () => {
    const shut: fc.Arbitrary<SideWorld> = refusedLook.map((refused) => ({
      head: refused,
      summed: refused,
      list: refused,
      key: [],
      other: refused,
    }))
    const worlds = fc.tuple(world, shut).map(([world, destination]): World => {
      const { situation } = world
      // Its own event or our own rule may settle a version without any look.
      const open = { ...situation.policy, match: 'version', excludePrefixes: [], deleteMarkers: true } as const
      const version = { ...situation.version, lifecycle: undefined }
      return { ...world, destination, situation: { ...situation, version, policy: open, replica: {} } }
    })
    fc.assert(
      fc.property(worlds, (world) => {
        const { settlement } = drive(world).settled
        expect(settlement.to).not.toBe('close')
        const age = world.situation.now - WRITTEN
        if (age < world.situation.policy.failAfterMs) expect(settlement.to).toBe('wait')
        expect(settlement).not.toHaveProperty('absentAt')
      }),
      RUNS,
    )
  })

  it('never calls a version gone unless a look at the source found it absent, and one at the destination too', () => {
    fc.assert(
      fc.property(world, (world) => {
        const { settled, last } = drive(world)
        if (settled.settlement.to !== 'close' || settled.settlement.verdict !== 'gone') return
        expect([last.source.head?.kind, last.source.list?.kind]).toContain('absent')
        const { head, list, key } = last.replica
        const elsewhere = last.policy.match === 'content' || last.version.versionId === 'null'
        if (!elsewhere) expect([head?.kind, list?.kind]).toContain('absent')
        if (last.policy.match === 'content') expect(key).toBeDefined()
      }),
      RUNS,
    )
  })

  it('never closes a version as excluded but by our rule or S3 saying none or REPLICA', () => {
    fc.assert(
      fc.property(world, (world) => {
        const { settled, last } = drive(world)
        if (settled.settlement.to !== 'close' || settled.settlement.verdict !== 'excluded') return
        if (settled.settlement.evidence === 'rule') return
        expect(last.source.head?.kind === 'object' && last.source.head.replication).toBeOneOf(['none', 'REPLICA'])
      }),
      RUNS,
    )
  })

  it('never closes what is absent while S3 says PENDING or FAILED: giving up does not improve the RPO', () => {
    const worlds = fc
      .tuple(world, fc.constantFrom('PENDING' as const, 'FAILED' as const))
      .map(([world, replication]) => {
        const { situation } = world
        const { version } = situation
        const gone = { kind: 'absent' } as const
        const same = { kind: 'object', versionId: 'v1', size: 100, etag: 'aa', replication, checksums: [] } as const
        return {
          source: { head: same, summed: same, list: same, key: [], other: same },
          destination: { head: gone, summed: gone, list: gone, key: [], other: gone },
          situation: {
            ...situation,
            version: { ...version, kind: 'object', size: 100, etag: 'aa', key: 'a/b' },
            replica: {},
          },
        } satisfies World
      })
    fc.assert(
      fc.property(worlds, (world) => {
        expect(drive(world).settled.settlement.to).not.toBe('close')
      }),
      RUNS,
    )
  })

  it('calls a version landed only with its replica seen, and of the same size where that is known', () => {
    fc.assert(
      fc.property(world, (world) => {
        const { settled, last } = drive(world)
        if (settled.settlement.to !== 'close' || settled.settlement.verdict !== 'landed') return
        const { version, replica } = last
        const seen = [
          replica.head,
          replica.list,
          ...(replica.key ?? []),
          ...(replica.copies?.values() ?? []),
          replica.arrival,
        ].filter((fact) => fact?.kind === version.kind)
        expect(seen).not.toEqual([])
        const sizes = seen.map((fact) => (fact !== undefined && 'size' in fact ? fact.size : undefined))
        if (version.kind === 'object' && version.size !== undefined && !sizes.includes(undefined)) {
          expect(sizes).toContain(version.size)
        }
        expect(settled.settlement.lag?.ms).toBeGreaterThanOrEqual(0)
        expect(settled.settlement.lag?.bound).toBe(replica.arrival === undefined ? 'upper' : 'exact')
      }),
      RUNS,
    )
  })

  it('lets another version stand for one only with the content of both seen to be the same', () => {
    fc.assert(
      fc.property(driven, (world) => {
        const { settled, last } = drive(world)
        const { settlement } = settled
        if (settlement.to !== 'close' || last.policy.match !== 'version' || last.version.versionId === 'null') return
        const { version, source, replica, policy } = last
        if (settlement.verdict === 'superseded') {
          const [newer, theirs] = [source.newer, replica.newer]
          expect([newer?.kind, theirs?.kind]).toEqual(['object', 'object'])
          if (newer?.kind !== 'object' || theirs?.kind !== 'object') return
          expect(theirs.size).toBe(newer.size)
          const at = source.key?.findIndex(({ versionId }) => versionId === version.versionId)
          expect(at).toBeGreaterThan(0)
          // An absent one gives way to its own copy in place alone.
          if (replica.head?.kind === 'absent') expect(newer.retriggerOf).toBe(version.versionId)
          else expect(source.key?.[0]?.versionId).toBe(replica.key?.[0]?.versionId)
        }
        const seen = [replica.head, replica.list, replica.arrival].some((fact) => fact?.kind === version.kind)
        if (settlement.verdict !== 'landed' || seen) return
        expect(policy.redrive?.copy).toBe(true)
        const copies = [...(replica.copies?.values() ?? [])]
        expect(copies.some((copy) => copy.kind === 'object' && copy.copyOf === version.versionId)).toBe(true)
      }),
      RUNS,
    )
  })

  it('asks no HEAD of a pair whose evidence is list', () => {
    fc.assert(
      fc.property(world, (world) => {
        const { situation } = world
        const { asks } = drive({
          ...world,
          situation: { ...situation, policy: { ...situation.policy, evidence: 'list' } },
        })
        for (const how of ['head', 'copy', 'newer']) expect(asks.map((ask) => ask.how)).not.toContain(how)
      }),
      RUNS,
    )
  })

  it('marks a version late exactly from lateAfterMs on, and looks again no later than that moment', () => {
    fc.assert(
      fc.property(world, (world) => {
        const { settlement } = drive(world).settled
        if (settlement.to !== 'wait') return
        const { policy, now } = world.situation
        const age = Math.max(0, now - WRITTEN)
        expect(settlement.state).toBe(age >= policy.lateAfterMs ? 'late' : 'waiting')
        if (age < policy.lateAfterMs) {
          expect(age + settlement.againInMs).toBeLessThanOrEqual(policy.lateAfterMs * 1.01 + 1)
        }
      }),
      RUNS,
    )
  })
})
