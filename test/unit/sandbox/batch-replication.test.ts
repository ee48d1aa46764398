import { beforeEach, describe, expect, it } from 'vitest'
import { type BatchReplication, makeBatchReplication } from '../../../sandbox/replication/batch.ts'
import { makeReplication } from '../../../sandbox/replication/engine.ts'
import type { BucketChange, ReplicationRule, StoredVersion } from '../../../sandbox/types.ts'
import { makeFakeWorld, makeRule } from '../../support/fake-s3.ts'
import { fc } from '../../support/fc.ts'

const ROLE = 'arn:aws:iam::222222222222:role/replication'
const FAIL = { replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } }

let world: ReturnType<typeof makeFakeWorld>
let raised: BucketChange[]
let batch: BatchReplication
let jobs: number

/** Live replication runs beside the jobs, as in a whole sandbox. */
function setUp(rules: readonly ReplicationRule[] = [makeRule({ metrics: true })]): void {
  world = makeFakeWorld()
  raised = []
  jobs = 0
  const needs = { ...world, raise: (change: BucketChange) => void raised.push(change) }
  makeReplication(needs)
  batch = makeBatchReplication(needs)
  world.s3.make('source', { replication: { role: ROLE, rules } })
  world.s3.make('destination', { region: 'eu-west-2' })
}

/** What a job's task came to, as soon as it has: `open` until then, `ok`, or a reason. */
function drive({ key, versionId }: { key: string; versionId?: string }): { outcome: string } {
  const told = { outcome: 'open' }
  const task = { job: `job${(jobs += 1)}`, region: 'eu-west-1', bucket: 'source', key, versionId }
  batch.replicate(task, (reason) => void (told.outcome = reason ?? 'ok'))
  return told
}

function driven(version: StoredVersion): string {
  const told = drive(version)
  world.clock.advance(10)
  return told.outcome
}

const statusOf = (bucket: string, { key, versionId }: StoredVersion) =>
  world.s3.version(bucket, key, versionId)?.replication

function failed(key = 'k', draft: object = {}): StoredVersion {
  world.faults.merge(FAIL)
  const version = world.s3.put('source', { key, ...draft })
  world.clock.advance(10)
  world.faults.clear()
  return version
}

const arrivals = () => world.s3.changes.filter(({ bucket }) => bucket === 'destination')

beforeEach(() => setUp())

describe('a version that a job names', () => {
  it('is PENDING while it is on its way, and has its own lag', () => {
    const version = failed()
    world.faults.merge({ replication: { lag: { medianMs: 500, p99Ms: 500 } } })
    const told = drive(version)
    world.clock.advance(499)
    expect([statusOf('source', version), told.outcome]).toEqual(['PENDING', 'open'])
    world.clock.advance(1)
    expect([statusOf('source', version), told.outcome]).toEqual(['COMPLETED', 'ok'])
    expect(statusOf('destination', version)).toBe('REPLICA')
  })

  it('draws anew in each job whether it fails by a fault', () => {
    const version = failed()
    world.faults.merge({ replication: { fail: [{ share: 0.5, reasons: ['X'] }] } })
    const tries: string[] = []
    while (tries.length < 50 && tries.at(-1) !== 'ok') tries.push(driven(version))
    expect(tries.at(-1)).toBe('ok')
  })

  it('is told of when it fails again, where the rule has metrics', () => {
    const version = failed()
    raised.length = 0
    world.faults.merge(FAIL)
    expect(driven(version)).toBe('DstPutObjectNotPermitted')
    expect(statusOf('source', version)).toBe('FAILED')
    expect(raised.map(({ replicationEventData }) => replicationEventData?.['failureReason'])).toEqual([
      'DstPutObjectNotPermitted',
    ])
  })

  it('takes along the tags that did not follow its replica, and does not touch what is COMPLETED', () => {
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    world.faults.merge(FAIL)
    world.s3.tag('source', version, { a: 'b' })
    world.clock.advance(10)
    expect(statusOf('source', version)).toBe('FAILED')
    world.faults.clear()
    expect(driven(version)).toBe('ok')
    expect(world.s3.version('destination', 'k', version.versionId)?.tags).toEqual({ a: 'b' })
    world.s3.setTags('destination', 'k', version.versionId, undefined)
    expect(driven(version)).toBe('ok')
    expect(world.s3.version('destination', 'k', version.versionId)?.tags).toBeUndefined()
    expect(arrivals()).toHaveLength(1)
  })

  it('from before the rule goes; a lifecycle marker, an archived one and one outside the rule do not', () => {
    setUp([makeRule({ schema: 'V1', prefix: 'in/' })])
    const config = world.s3.bucket('source') as { replication: unknown }
    const { replication } = config
    config.replication = undefined
    const [early, outside] = [world.s3.put('source', { key: 'in/k' }), world.s3.put('source', { key: 'k' })]
    const archived = world.s3.put('source', { key: 'in/a', storageClass: 'GLACIER' })
    config.replication = replication
    const [marker, byRule] = [
      world.s3.put('source', { key: 'in/m', body: undefined }),
      world.s3.put('source', { key: 'in/l', body: undefined }, { lifecycle: true }),
    ]
    expect([early, outside, archived, marker, byRule].map(driven)).toEqual([
      'ok',
      'SrcObjectNotEligible',
      'SrcObjectNotEligible',
      'ok',
      'SrcObjectNotEligible',
    ])
    expect(statusOf('source', outside)).toBeUndefined()
  })
})

type Step =
  | { readonly do: 'put'; readonly key: string; readonly marker: boolean }
  | { readonly do: 'purge'; readonly at: 'source' | 'destination'; readonly pick: number }
  | { readonly do: 'drive'; readonly pick: number }
  | { readonly do: 'fault'; readonly share: number; readonly paused: boolean; readonly down: boolean }
  | { readonly do: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('put' as const), key: fc.constantFrom('a', 'b'), marker: fc.boolean() }),
  fc.record({
    do: fc.constant('purge' as const),
    at: fc.constantFrom('source' as const, 'destination' as const),
    pick: fc.nat(9),
  }),
  fc.record({ do: fc.constant('drive' as const), pick: fc.nat(9) }),
  fc.record({
    do: fc.constant('fault' as const),
    share: fc.constantFrom(0, 0.5, 1),
    paused: fc.boolean(),
    down: fc.boolean(),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2000) }),
)

/** A job is faster than live replication, and what it wrote is deleted: live replication once brought it back. */
const OVERTAKEN: Step[] = [
  { do: 'fault', share: 0, paused: false, down: false },
  { do: 'put', key: 'a', marker: false },
  { do: 'drive', pick: 0 },
  { do: 'wait', ms: 25 },
  { do: 'purge', at: 'destination', pick: 0 },
]

describe('whatever happens', () => {
  it('a job over all brings over what can be, once, and nothing that was purged there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        setUp([makeRule({ schema: 'V1' })])
        const made: StoredVersion[] = []
        const purged = new Set<string>()
        const told: { outcome: string }[] = []
        for (const each of steps) run(each, made, purged, told)
        world.faults.clear()
        world.clock.advance(1e6)
        // Every task came to an end, with a reason or without one.
        expect(told.map(({ outcome }) => outcome)).not.toContain('open')

        const left = made.filter(({ key, versionId }) => world.s3.version('source', key, versionId) !== undefined)
        for (const version of left) {
          const was = statusOf('source', version)
          const outcome = driven(version)
          if (purged.has(version.versionId)) {
            expect(outcome).toBe('DstObjectHardDeleted')
            expect(statusOf('destination', version)).toBeUndefined()
          } else {
            expect([outcome, statusOf('source', version)]).toEqual(['ok', 'COMPLETED'])
            expect([was, statusOf('destination', version)]).toEqual([
              expect.stringMatching(/COMPLETED|FAILED/),
              'REPLICA',
            ])
          }
        }
        const ids = arrivals()
          .filter(({ kind }) => kind !== 'purged')
          .map(({ version }) => version.versionId)
        expect(new Set(ids).size).toBe(ids.length)
      }),
      { examples: [[OVERTAKEN]] },
    )
  })
})

function run(each: Step, made: StoredVersion[], purged: Set<string>, told: { outcome: string }[]): void {
  if (each.do === 'put') {
    made.push(world.s3.put('source', { key: each.key, ...(each.marker ? { body: undefined } : {}) }))
  } else if (each.do === 'wait') world.clock.advance(each.ms)
  else if (each.do === 'fault') {
    world.faults.merge({
      regionsDown: each.down ? ['eu-west-2'] : [],
      replication: {
        paused: each.paused,
        lag: { medianMs: 100, p99Ms: 1500 },
        fail: [{ share: each.share, reasons: ['DstPutObjectNotPermitted'] }],
      },
    })
  } else if (made.length > 0) {
    const version = made[each.pick % made.length]!
    if (each.do === 'drive') told.push(drive(version))
    else if (world.s3.version(each.at, version.key, version.versionId) !== undefined) {
      world.s3.purge(each.at, version)
      if (each.at === 'destination') purged.add(version.versionId)
    }
  }
}
