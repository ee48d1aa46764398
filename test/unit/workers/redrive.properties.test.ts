/**
 * Random histories of a pair: failures of every kind, causes that come and go, crashes at any call of the ledger, looks
 * that are late, jobs that end whenever they like, people who order and discard. Whatever happens, the stop rules hold;
 * and when the causes are mended, all that may be driven lands.
 */
import { describe, expect, it } from 'vitest'
import { FAILURES } from '../../../src/domain/failures.ts'
import type { VersionId63 } from '../../../src/domain/version.ts'
import type { RedriveNeeds } from '../../../src/workers/redrive.ts'
import { fc, runs } from '../../support/fc.ts'
import { denied, down, PAIR, redriveWorld, type World } from '../../support/redrive-world.ts'

const ATTEMPTS = 2
const CAUSES = [
  'DstBucketNotFound',
  'AssumeRoleNotPermitted',
  'DstVersionNotFound',
  'ReplicationFailed',
  'NewReason',
] as const
const NEVER = ['PendingTooLong', 'SrcObjectNotEligible', 'DstObjectHardDeleted', 'LookFailed'] as const

const steps = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('fail' as const), reason: fc.constantFrom(...CAUSES, ...NEVER) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      dieAfter: fc.option(fc.nat(40), { freq: 4, nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('complete' as const), n: fc.nat(20), whole: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('verify' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('later' as const), ms: fc.integer({ min: 1000, max: 400_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mend' as const), reason: fc.constantFrom(...CAUSES) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('break' as const),
      how: fc.constantFrom('create', 'state', 'report'),
      kind: fc.constantFrom('down', 'denied', 'well'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('want' as const), n: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('discard' as const), n: fc.nat(20) }) },
)
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

/** The process ends at a call of the ledger, before or after it is done. */
function mortal() {
  const life = { left: Infinity }
  const wrap = (ledger: RedriveNeeds['ledger']): RedriveNeeds['ledger'] =>
    new Proxy(ledger, {
      get(target, name: keyof RedriveNeeds['ledger']) {
        const real = target[name] as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          life.left -= 1
          if (life.left === -1) throw new Error('killed before')
          if (life.left < -1) throw new Error('dead')
          const answer = await real(...args)
          life.left -= 1
          if (life.left === -1) throw new Error('killed after')
          return answer
        }
      },
    })
  return { life, wrap }
}

async function play(
  world: World,
  life: { left: number },
  step: Step,
  ids: VersionId63[],
  asked: Map<string, number>,
): Promise<void> {
  switch (step.do) {
    case 'fail':
      ids.push(await world.fail(`k${ids.length}`, step.reason))
      break
    case 'advance':
      life.left = step.dieAfter ?? Infinity
      await world.advance(world.make(`holder-${world.now()}`)).catch((error: unknown) => {
        if (!/killed|dead|does not answer/.test(String(error))) throw error
      })
      if (life.left < 0) world.later(60_000)
      life.left = Infinity
      break
    case 'complete': {
      const job = world.jobs[step.n % Math.max(1, world.jobs.length)]
      if (job?.state.kind === 'running') {
        if (step.whole) world.complete(job)
        else job.state = { kind: 'failed', reason: 'JobFailureThreshold' }
      }
      break
    }
    case 'verify':
      await world.verify()
      break
    case 'later':
      world.later(step.ms)
      break
    case 'mend':
      for (const [id, reason] of world.blocked) if (reason === step.reason) world.blocked.delete(id)
      break
    case 'break':
      world.broken[step.how] = step.kind === 'well' ? undefined : step.kind === 'down' ? down() : denied()
      break
    case 'want': {
      const id = ids[step.n % Math.max(1, ids.length)]
      if (id !== undefined && (await world.ledger.want(PAIR, { by: 'ada', ids: [id] })) > 0)
        asked.set(id, (asked.get(id) ?? 0) + 1)
      break
    }
    case 'discard': {
      const id = ids[step.n % Math.max(1, ids.length)]
      if (id !== undefined) await world.ledger.settle(PAIR, [{ id, to: 'close', verdict: 'gone', evidence: 'head' }])
    }
  }
}

async function checkRules(world: World, reasonOf: ReadonlyMap<VersionId63, string>): Promise<void> {
  const tokens = new Map<VersionId63, string>()
  for (const job of await world.underWay()) {
    for (const { version } of await world.ledger.inHand(PAIR, job.token)) {
      expect(tokens.get(version.id), 'a version is in one hand at most').toBeUndefined()
      tokens.set(version.id, job.token)
    }
  }
  for (const job of world.jobs) {
    for (const { id } of job.versions) expect(NEVER).not.toContain(reasonOf.get(id))
    expect(new Set(job.versions.map(({ id }) => id)).size).toBe(job.versions.length)
  }
  // A hand without a job would never be freed.
  const { versions } = await world.ledger.parked(PAIR, { limit: 10_000 })
  for (const { version, tried } of versions) {
    if (tried?.token !== undefined) expect(tokens.get(version.id)).toBe(tried.token)
  }
}

describe('re-drives, over random histories', () => {
  it('keep the stop rules at every step, and land what may be driven once the causes are mended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (history) => {
        const { life, wrap } = mortal()
        const world = redriveWorld({ attempts: ATTEMPTS }, { ledger: wrap })
        const ids: VersionId63[] = []
        const asked = new Map<string, number>()
        const reasonOf = new Map<VersionId63, string>()
        for (const step of history) {
          await play(world, life, step, ids, asked)
          if (step.do === 'fail') reasonOf.set(ids.at(-1)!, step.reason)
          await checkRules(world, reasonOf)
        }

        // All is well now: what may still be driven lands.
        for (const [id, reason] of world.blocked) if (!NEVER.some((never) => never === reason)) world.blocked.delete(id)
        world.broken.create = world.broken.state = world.broken.report = undefined
        for (let n = 0; n < 40; n += 1) {
          await world.advance(world.make(`last-${n}`))
          for (const job of world.jobs) if (job.state.kind === 'running') world.complete(job)
          await world.advance(world.make(`last-${n}b`))
          await world.verify()
          world.later(1_000_000)
        }
        await checkRules(world, reasonOf)
        expect(await world.underWay()).toEqual([])
        const { versions } = await world.ledger.parked(PAIR, { limit: 10_000 })
        for (const { version, tried } of versions) {
          const reason = reasonOf.get(version.id)!
          if (NEVER.some((never) => never === reason)) {
            expect(tried).toBeUndefined()
            continue
          }
          // Only what its attempts are used up of waits for a person.
          const most = FAILURES.has(version.reason!) ? ATTEMPTS : 1
          expect([reason, (tried?.attempts ?? 0) - (tried?.forgiven ?? 0) >= most]).toEqual([reason, true])
        }
        // Bounded: attempts beyond the limit are of probes, or a person's order.
        const probes = new Set(world.jobs.filter((job) => job.versions.length === 1).map((job) => job.versions[0]!.id))
        for (const id of ids) {
          const drives = world.jobs.filter((job) => job.versions.some((one) => one.id === id)).length
          if (!probes.has(id))
            expect(drives).toBeLessThanOrEqual(ATTEMPTS * (1 + (asked.get(id) ?? 0)) + (asked.get(id) ?? 0))
        }
      }),
      runs(150),
    )
  }, 60_000)
})
