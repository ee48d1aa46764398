import { describe, expect, it } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { BATCH_REFUSED, COPY_REFUSED } from '../../../src/domain/redrive.ts'
import type { RedriveNeeds } from '../../../src/workers/redrive.ts'
import { denied, down, PAIR, redriveWorld, type World } from '../../support/redrive-world.ts'

const HOUR = 3_600_000

/** One round as in production: a turn, S3 at work, a turn that settles, the looks. */
async function round(world: World): Promise<void> {
  await world.advance()
  for (const job of world.jobs) if (job.state.kind === 'running') world.complete(job)
  await world.advance()
  await world.verify()
}

const alarms = ({ log }: World): number =>
  log.lines.filter(({ level, message }) => level === 'error' && message === 'an incident holds re-drives').length

describe('re-drive by batch', () => {
  it('makes one job of all that failed, and ends each version by a fresh look', async () => {
    const world = redriveWorld()
    for (let n = 0; n < 1200; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    world.blocked.clear()
    await world.advance()
    expect(world.jobs).toHaveLength(1)
    expect(world.jobs[0]!.versions).toHaveLength(1200)
    expect(await world.underWay()).toMatchObject([
      { state: 'created', jobId: 'job-1', versions: 1200, bytes: 1_200_000 },
    ])
    await world.advance()
    expect((await world.snapshot()).open.failed).toBe(1200)
    world.complete()
    await world.advance()
    // S3's word alone closes nothing.
    expect((await world.snapshot()).open.failed).toBe(1200)
    expect(await world.verify()).toBe(1200)
    const { closed, open, notes } = await world.snapshot()
    expect([closed.landed, open.failed, notes.redriven, notes.redriveFailed]).toEqual([1200, 0, 1200, 0])
    expect(await world.underWay()).toEqual([])
  })

  it('what fails meanwhile waits for the next one: failures of redrive.every are one job', async () => {
    const world = redriveWorld({ everyMs: 60_000 })
    await world.fail('a', 'ReplicationFailed')
    await world.advance()
    await world.fail('b', 'ReplicationFailed')
    world.later(30_000)
    await world.advance()
    expect(world.jobs).toHaveLength(1)
    world.later(30_000)
    await world.advance()
    expect(world.jobs.map(({ versions }) => versions.map(({ key }) => key))).toEqual([['a'], ['b']])
  })

  it("records S3's reason for what failed again, and gives up after the attempts", async () => {
    const world = redriveWorld({ attempts: 2 })
    const id = await world.fail('a', 'ReplicationFailed')
    world.blocked.set(id, 'DstVersionNotFound')
    for (let n = 0; n < 5; n += 1) {
      await round(world)
      world.later(60_000)
    }
    expect(world.jobs).toHaveLength(2)
    expect(await world.find(id)).toMatchObject({
      version: { reason: 'DstVersionNotFound', state: 'failed' },
      tried: { attempts: 2, outcome: 'DstVersionNotFound' },
    })
    expect((await world.snapshot()).notes).toMatchObject({ redriven: 0, redriveFailed: 2 })
    await world.ledger.want(PAIR, { by: 'ada@desk', ids: [id] })
    world.blocked.clear()
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(1)
    expect((await world.ledger.acts(10)).map(({ what }) => what)).toEqual(['redrive', 'redrive'])
  })

  it('keeps what a person does not know better: a word that is not of the table is the outcome, not the reason', async () => {
    const world = redriveWorld()
    const id = await world.fail('a', 'DstVersionNotFound')
    world.blocked.set(id, 'AccessDenied')
    await round(world)
    expect(await world.find(id)).toMatchObject({
      version: { reason: 'DstVersionNotFound' },
      tried: { outcome: 'AccessDenied' },
    })
  })

  it('looks afresh at what is not in the report', async () => {
    const world = redriveWorld()
    const id = await world.fail('a', 'ReplicationFailed')
    await world.advance()
    world.jobs[0]!.missed.add(id)
    world.complete()
    await world.advance()
    expect(await world.find(id)).toMatchObject({
      due: true,
      tried: { attempts: 1, outcome: 'not in the completion report' },
    })
    expect(await world.underWay()).toEqual([])
  })

  it('tries an unknown reason once, and never drives PENDING or what is mismatched', async () => {
    const world = redriveWorld()
    const news = await world.fail('new', 'SomethingNew')
    await world.fail('pending', 'PendingTooLong')
    await world.fail('again', 'SrcReplicationNotPending')
    const wrong = await world.fail('wrong', 'SizeDiffers')
    await world.ledger.settle(PAIR, [
      { id: wrong, to: 'park', state: 'mismatched', reason: 'SizeDiffers', recheckInMs: HOUR },
    ])
    for (let n = 0; n < 4; n += 1) {
      await round(world)
      world.later(60_000)
    }
    expect(world.jobs.flatMap(({ versions }) => versions.map(({ id }) => id))).toEqual([news])
  })

  it('stays within the budget of the hour, and goes on in the next', async () => {
    const world = redriveWorld({ hourly: { versions: 3, bytes: 1e12, dollars: 1 } })
    for (let n = 0; n < 5; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    world.blocked.clear()
    await round(world)
    world.later(60_000)
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(3)
    world.later(HOUR)
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(5)
  })

  it('without anything set up drives nothing', async () => {
    const world = redriveWorld({ batch: undefined })
    await world.fail('a', 'ReplicationFailed')
    await round(world)
    expect(world.jobs).toEqual([])
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ ids: { pair: PAIR, resting: { 'no strategy': 1 } } }),
    )
  })
})

describe('a crash of the re-drive', () => {
  /** The process dies just before, or just after, the n-th call of this method. */
  function dying(method: keyof RedriveNeeds['ledger'], n: number, when: 'before' | 'after') {
    const state = { calls: 0, armed: true }
    const wrap = (ledger: RedriveNeeds['ledger']): RedriveNeeds['ledger'] =>
      new Proxy(ledger, {
        get(target, name: keyof RedriveNeeds['ledger']) {
          const real = target[name] as (...args: unknown[]) => Promise<unknown>
          if (name !== method) return real
          return async (...args: unknown[]) => {
            state.calls += 1
            const now = state.armed && state.calls === n
            if (now && when === 'before') throw new Error('killed')
            const answer = await real(...args)
            if (now) throw new Error('killed')
            return answer
          }
        },
      })
    return { wrap, state }
  }

  const steps = [
    ['saveJob', 1],
    ['spend', 2],
    ['claim', 1],
    ['durable', 1],
    ['saveJob', 2],
    ['nudge', 1],
    ['unclaim', 1],
    ['note', 1],
    ['inHand', 1],
    ['endJob', 1],
  ] as const
  it.each(steps.flatMap(([method, n]) => (['before', 'after'] as const).map((when) => [method, n, when] as const)))(
    'at %s %i (%s): nothing is lost, nothing driven twice',
    async (method, n, when) => {
      const { wrap, state } = dying(method, n, when)
      const world = redriveWorld({}, { ledger: wrap })
      const ids = [await world.fail('a', 'ReplicationFailed'), await world.fail('b', 'ReplicationFailed')]
      world.blocked.delete(ids[0]!)
      world.blocked.set(ids[1]!, 'DstVersionNotFound')
      let crashed = 0
      for (let turn = 0; turn < 6; turn += 1) {
        await world.advance(world.make(`holder-${turn}`)).catch(() => {
          crashed += 1
          state.armed = false
        })
        for (const job of world.jobs) if (job.state.kind === 'running') world.complete(job)
        // The lease of the one that died runs out; the gate of the plan is its own.
        world.later(60_000)
      }
      await world.verify()
      // `inHand` is asked for only where something is left.
      if (method !== 'inHand') expect(crashed).toBe(1)
      expect(await world.underWay()).toEqual([])
      const { closed, open } = await world.snapshot()
      expect([closed.landed, open.failed]).toEqual([1, 1])
      for (const job of world.jobs) expect(new Set(job.versions.map(({ id }) => id)).size).toBe(job.versions.length)
      const driven = world.jobs.flatMap(({ versions }) => versions.filter(({ id }) => id === ids[0]))
      expect(driven).toHaveLength(1)
    },
  )

  it('leaves a copy that broke off to a look before anything is written again', async () => {
    const { wrap, state } = dying('unclaim', 1, 'before')
    const world = redriveWorld({ batch: undefined, copy: true }, { ledger: wrap })
    const id = await world.fail('a', 'ReplicationFailed')
    await expect(world.advance()).rejects.toThrow('killed')
    state.armed = false
    world.later(60_000)
    await world.advance(world.make('other'))
    expect(await world.find(id)).toMatchObject({ due: true, tried: { attempts: 1 } })
    await world.verify()
    expect((await world.snapshot()).closed.landed).toBe(1)
    expect(world.copies).toHaveLength(1)
  })
})

describe('outages and refusals', () => {
  it('an outage of S3 Control leaves the job booked, and the same token makes it later', async () => {
    const world = redriveWorld()
    await world.fail('a', 'ReplicationFailed')
    world.blocked.clear()
    world.broken.create = down()
    await expect(world.advance()).rejects.toThrow('does not answer')
    const [booked] = await world.underWay()
    expect(booked).toMatchObject({ state: 'booked', versions: 1 })
    await expect(world.advance()).rejects.toThrow('does not answer')
    world.broken.create = undefined
    await round(world)
    expect(world.jobs.map(({ token }) => token)).toEqual([booked!.token])
    expect((await world.snapshot()).closed.landed).toBe(1)
  })

  it("one pair's trouble is told once, and is over once", async () => {
    const world = redriveWorld()
    await world.fail('a', 'ReplicationFailed')
    world.broken.create = down()
    const signal = new AbortController().signal
    for (let n = 0; n < 3; n += 1) await world.handle({}, signal)
    world.broken.create = undefined
    await world.handle({}, signal)
    const told = world.log.lines.filter(({ message }) => /re-drives/.test(message)).map(({ message }) => message)
    expect(told).toEqual(['re-drives of a pair wait', 're-drives go on again'])
  })

  it('a job that S3 refuses is an incident of its own: alarmed once, probed, and ended by the first job that runs', async () => {
    const world = redriveWorld()
    for (let n = 0; n < 50; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    world.blocked.clear()
    world.broken.create = denied()
    await world.advance()
    await world.verify()
    expect(await world.underWay()).toEqual([])
    for (let n = 0; n < 3; n += 1) {
      world.later(60_000)
      await world.advance()
      await world.verify()
    }
    expect(await world.ledger.incidents(PAIR)).toMatchObject([{ reason: BATCH_REFUSED, versions: 50, probes: 0 }])
    world.later(300_000)
    await world.advance()
    await world.verify()
    expect(await world.ledger.incidents(PAIR)).toMatchObject([{ reason: BATCH_REFUSED, probes: 1 }])
    expect(alarms(world)).toBe(1)
    world.broken.create = undefined
    world.later(HOUR)
    await round(world)
    expect(world.jobs[0]!.versions).toHaveLength(1)
    expect(await world.ledger.incidents(PAIR)).toEqual([])
    world.later(60_000)
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(50)
  })

  it('the probe of a refused job may wear out, and the incident still ends; looks that are due do not end it', async () => {
    const world = redriveWorld({ attempts: 2, everyMs: 1000, probe: { minMs: 1000, maxMs: 4000 } })
    for (let n = 0; n < 3; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    world.blocked.clear()
    world.broken.create = denied()
    for (let n = 0; n < 40; n += 1) {
      await world.advance()
      world.later(1000)
      // Every other turn finds the looks undone.
      if (n % 2 === 1) await world.verify()
    }
    expect(await world.ledger.incidents(PAIR)).toMatchObject([{ reason: BATCH_REFUSED }])
    expect((await world.ledger.incidents(PAIR))[0]!.probes).toBeGreaterThan(3)
    expect(alarms(world)).toBe(1)
    world.broken.create = undefined
    for (let n = 0; n < 12; n += 1) {
      await round(world)
      world.later(1000)
    }
    expect((await world.snapshot()).closed.landed).toBe(3)
    expect(await world.ledger.incidents(PAIR)).toEqual([])
  })

  it('a job that failed whole gives its versions back with what S3 said', async () => {
    const world = redriveWorld()
    const id = await world.fail('a', 'ReplicationFailed')
    await world.advance()
    world.jobs[0]!.state = { kind: 'failed', reason: 'ManifestInvalid: no' }
    world.jobs[0]!.missed.add(id)
    await world.advance()
    expect(await world.find(id)).toMatchObject({ tried: { outcome: 'BatchRefused: ManifestInvalid: no' } })
    expect(await world.ledger.incidents(PAIR)).toMatchObject([{ reason: BATCH_REFUSED, detail: 'ManifestInvalid: no' }])
  })

  it.each(['create', 'state', 'report'] as const)('refused credentials are no word about a job: %s', async (when) => {
    const world = redriveWorld()
    const id = await world.fail('a', 'ReplicationFailed')
    world.blocked.clear()
    if (when === 'create') world.broken.create = new LandfallError('AWS_REFUSED', 'the session has expired')
    await world.advance().catch(() => {})
    world.broken[when] = new LandfallError('AWS_REFUSED', 'the session has expired')
    if (when === 'report') world.complete()
    for (let n = 0; n < 3; n += 1) {
      world.later(60_000)
      await world.advance().catch(() => {})
    }
    expect((await world.find(id))!.tried).toMatchObject({ attempts: 1, token: expect.any(String) })
    expect(alarms(world)).toBe(0)
    world.broken[when] = undefined
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(1)
    expect(world.jobs).toHaveLength(1)
  })

  it('a report that may not be read leaves all to the looks', async () => {
    const world = redriveWorld()
    const id = await world.fail('a', 'ReplicationFailed')
    await world.advance()
    world.complete()
    world.replicas.add(id)
    world.broken.report = denied()
    await world.advance()
    await world.verify()
    expect((await world.snapshot()).closed.landed).toBe(1)
  })
})

describe('incidents', () => {
  it('hold what a set-up failure hit, probe at intervals that double, and drain when a probe lands', async () => {
    const world = redriveWorld({ everyMs: 60_000, probe: { minMs: 300_000, maxMs: HOUR } })
    const ids = []
    for (let n = 0; n < 40; n += 1) ids.push(await world.fail(`k${n}`, 'DstPutObjectNotPermitted'))
    const begun: number[] = []
    for (let minute = 0; minute < 120; minute += 1) {
      const before = world.jobs.length
      await round(world)
      if (world.jobs.length > before) begun.push(minute)
      world.later(60_000)
    }
    expect(begun).toEqual([5, 15, 35, 75])
    expect(world.jobs.every(({ versions }) => versions.length === 1)).toBe(true)
    expect(new Set(world.jobs.map(({ versions }) => versions[0]!.id)).size).toBe(1)
    expect(alarms(world)).toBe(1)
    expect(await world.ledger.incidents(PAIR)).toMatchObject([
      { reason: 'DstPutObjectNotPermitted', versions: 40, probes: 4, probe: ids[0] },
    ])

    world.blocked.clear()
    for (let minute = 0; minute < 30; minute += 1) {
      await round(world)
      world.later(60_000)
    }
    expect((await world.snapshot()).closed.landed).toBe(40)
    expect(world.jobs.at(-1)!.versions).toHaveLength(39)
    expect(await world.ledger.incidents(PAIR)).toEqual([])
    expect(alarms(world)).toBe(1)
    // The probe itself is not held.
    const acts = (await world.ledger.acts(20)).map(({ what, count }) => `${what} ${count}`)
    expect(acts.filter((act) => act.startsWith('incident'))).toEqual(['incident ended 39', 'incident opened 40'])
  })

  it("end by a probe whose replica's own event closed it before S3's report came", async () => {
    const world = redriveWorld({ probe: { minMs: 60_000, maxMs: 60_000 } })
    for (let n = 0; n < 3; n += 1) await world.fail(`k${n}`, 'DstPutObjectNotPermitted')
    world.blocked.clear()
    await world.advance()
    world.later(60_000)
    await world.advance()
    const [probe] = world.jobs[0]!.versions
    await world.ledger.settle(PAIR, [{ id: probe!.id, to: 'close', verdict: 'landed', evidence: 'event' }])
    // S3 Batch Operations takes minutes to end a job and to write its report: turns come in between, and the next probe's time.
    await world.advance()
    world.later(60_000)
    await world.advance()
    expect(world.jobs).toHaveLength(1)
    await round(world)
    expect(world.jobs.map(({ versions }) => versions.length)).toEqual([1, 2])
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(3)
    expect(alarms(world)).toBe(1)
  })

  it('survive a restart', async () => {
    const world = redriveWorld()
    await world.fail('a', 'DstKmsKeyInvalidState')
    await world.advance()
    for (let n = 0; n < 5; n += 1) {
      world.later(60_000)
      await world.advance(world.make(`container-${n}`))
    }
    expect(alarms(world)).toBe(1)
    expect(world.jobs).toHaveLength(1)
  })

  it('take another probe when theirs closes otherwise', async () => {
    const world = redriveWorld()
    const [a, b] = [await world.fail('a', 'DstBucketNotFound'), await world.fail('b', 'DstBucketNotFound')]
    await world.advance()
    world.later(300_000)
    await round(world)
    expect(world.jobs[0]!.versions[0]!.id).toBe(a)
    await world.ledger.settle(PAIR, [{ id: a, to: 'close', verdict: 'gone', evidence: 'head' }])
    world.later(HOUR)
    await round(world)
    world.later(60_000)
    await round(world)
    expect(world.jobs.at(-1)!.versions[0]!.id).toBe(b)
    expect(await world.ledger.incidents(PAIR)).toHaveLength(1)
  })

  it('begin anew when the cause is back after the mend', async () => {
    const world = redriveWorld()
    for (let n = 0; n < 3; n += 1) await world.fail(`k${n}`, 'DstBucketUnversioned')
    await world.advance()
    world.later(300_000)
    const first = [...world.blocked.keys()][0]!
    world.blocked.delete(first)
    await round(world)
    await world.advance()
    expect((await world.snapshot()).closed.landed).toBe(1)
    // The drain fails for the same reason again.
    await round(world)
    world.later(60_000)
    await round(world)
    // It is the same trouble still: told, and not alarmed anew; and its probes do not begin at the shortest interval again.
    expect(alarms(world)).toBe(1)
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'an incident is back' }))
    expect(world.jobs.map(({ versions }) => versions.length)).toEqual([1, 2])
    const [incident] = await world.ledger.incidents(PAIR)
    expect(incident).toMatchObject({ versions: 2, probes: 0, back: 1 })
    expect(incident!.nextProbeAt - incident!.since).toBe(600_000)
  })

  it('that come back again and again are probed ever more seldom; much later they are news', async () => {
    const world = redriveWorld({ everyMs: 60_000, probe: { minMs: 300_000, maxMs: HOUR } })
    for (let minute = 0; minute < 8 * 60; minute += 1) {
      // Each version fails once for the same cause, and lands when it is driven.
      world.blocked.delete(await world.fail(`k${minute}`, 'DstKmsKeyInvalidState'))
      await round(world)
      world.later(60_000)
    }
    expect(alarms(world)).toBe(1)
    const opened = (await world.ledger.acts(1000)).filter(({ what }) => what === 'incident opened')
    expect(opened.length).toBeLessThanOrEqual(14)
    world.later(24 * HOUR)
    for (let n = 0; n < 6; n += 1) {
      await round(world)
      world.later(HOUR)
    }
    expect(await world.ledger.incidents(PAIR)).toEqual([])
    await world.fail('later', 'DstKmsKeyInvalidState')
    await round(world)
    expect(alarms(world)).toBe(2)
  })

  it('a person drives what an incident holds, at once: it is the probe, and when it lands the others follow', async () => {
    const world = redriveWorld()
    const ids = []
    for (let n = 0; n < 3; n += 1) ids.push(await world.fail(`k${n}`, 'AssumeRoleNotPermitted'))
    await world.advance()
    expect(world.jobs).toEqual([])
    world.blocked.clear()
    await world.ledger.want(PAIR, { by: 'ada@desk', ids: [ids[1]!] })
    await world.advance()
    expect(await world.underWay()).toMatchObject([{ by: 'ada@desk', versions: 1, probeOf: 'AssumeRoleNotPermitted' }])
    await round(world)
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(3)
    expect(alarms(world)).toBe(1)
  })

  it("are probed by a look where it is Landfall's own grant that lacks", async () => {
    const world = redriveWorld()
    const reason = 'LookRefused s3:GetObjectVersion at destination'
    const ids = [await world.fail('a', reason), await world.fail('b', reason)]
    await world.advance()
    expect(alarms(world)).toBe(1)
    world.later(300_000)
    await world.advance()
    expect(world.jobs).toEqual([])
    for (const id of ids) world.replicas.add(id)
    expect(await world.verify()).toBe(1)
    await world.advance()
    expect(await world.verify()).toBe(1)
    world.later(60_000)
    await world.advance()
    expect((await world.snapshot()).closed.landed).toBe(2)
    expect(await world.ledger.incidents(PAIR)).toEqual([])
  })
})

describe('copies', () => {
  it('are made at the rate of the pair', async () => {
    const world = redriveWorld({ batch: undefined, copy: true, rate: { versionsPerSecond: 2, bytesPerSecond: 1e9 } })
    for (let n = 0; n < 10; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    const before = world.now()
    await world.advance()
    expect(world.copies).toHaveLength(10)
    expect(world.now() - before).toBeGreaterThanOrEqual(4500)
    await world.verify()
    expect((await world.snapshot()).closed.landed).toBe(10)
  })

  it('keep to the bytes a second, and to the time of one turn: the next one goes on', async () => {
    const rate = { versionsPerSecond: 1000, bytesPerSecond: 1e6 }
    const world = redriveWorld({ batch: undefined, copy: true, rate })
    for (let n = 0; n < 30; n += 1) await world.fail(`k${n}`, 'ReplicationFailed', { size: 5e6 })
    const before = world.now()
    await world.advance()
    const first = world.copies.length
    expect(first).toBeLessThanOrEqual(10)
    expect(world.now() - before).toBeLessThan(50_000)
    expect(await world.underWay()).toEqual([])
    for (let turn = 0; turn < 20; turn += 1) {
      world.later(5_000)
      await world.advance()
    }
    expect(world.copies).toHaveLength(30)
    expect(new Set(world.copies.map(({ id }) => id)).size).toBe(30)
    expect(world.now() - before).toBeGreaterThanOrEqual(29 * 5000)
  })

  it('of one object may last longer than a lease: nobody else takes the pair meanwhile', async () => {
    const size = 5 * 2 ** 30
    const intruder: { enter?: () => Promise<void> } = {}
    const world = redriveWorld(
      { batch: undefined, copy: true, rate: { versionsPerSecond: 10, bytesPerSecond: 1e12 } },
      {
        during: async () => {
          world.later(5 * 60_000)
          await intruder.enter?.()
        },
      },
    )
    const id = await world.fail('big', 'ReplicationFailed', { size })
    intruder.enter = async () => world.advance(world.make('another'))
    await world.advance()
    expect(world.copies).toHaveLength(1)
    expect((await world.find(id))!.tried).toMatchObject({ attempts: 1, outcome: 'copied' })
  })

  it('that are refused are not hammered: one incident, probed by other versions, and ended by the first that works', async () => {
    const world = redriveWorld({ batch: undefined, copy: true, probe: { minMs: 300_000, maxMs: HOUR } })
    const ids = []
    for (let n = 0; n < 100; n += 1) ids.push(await world.fail(`k${n}`, 'ReplicationFailed'))
    world.broken.copy = new LandfallError('ACCESS_DENIED', 's3:PutObject is denied on replicas')
    const tried = async () => {
      const { versions } = await world.ledger.parked(PAIR, { limit: 1000 })
      return versions.reduce((sum, one) => sum + (one.tried?.attempts ?? 0), 0)
    }
    for (let minute = 0; minute < 60; minute += 1) {
      await round(world)
      world.later(60_000)
    }
    // The first four at once, then a probe at 5, 15, 35 minutes; no version twice.
    expect(await tried()).toBe(7)
    expect(alarms(world)).toBe(1)
    expect(await world.ledger.incidents(PAIR)).toMatchObject([
      { reason: COPY_REFUSED, versions: 100, probes: 3, detail: 'ACCESS_DENIED: s3:PutObject is denied on replicas' },
    ])
    // A person's order goes through, but not a hundred times in vain.
    await world.ledger.want(PAIR, { by: 'ada@desk', ids })
    for (let minute = 0; minute < 10; minute += 1) await round(world)
    expect(await tried()).toBeLessThanOrEqual(11)
    world.broken.copy = undefined
    for (let minute = 0; minute < 90; minute += 1) {
      await round(world)
      world.later(60_000)
    }
    expect((await world.snapshot()).closed.landed).toBe(100)
    expect(await world.ledger.incidents(PAIR)).toEqual([])
    expect(alarms(world)).toBe(1)
  })

  it('of which one alone is refused go on, and hold nothing', async () => {
    const world = redriveWorld({ batch: undefined, copy: true })
    for (let n = 0; n < 20; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    world.refused.add((await world.ledger.parked(PAIR, { limit: 1 })).versions[0]!.version.id)
    await round(world)
    expect((await world.snapshot()).closed.landed).toBe(19)
    expect(await world.ledger.incidents(PAIR)).toEqual([])
  })

  it('that stop are left to a person, with why', async () => {
    const world = redriveWorld({ batch: undefined, copy: true })
    const id = await world.fail('a', 'ReplicationFailed')
    world.stops.set(id, 'a newer version is current at the source')
    for (let n = 0; n < 3; n += 1) {
      await round(world)
      world.later(60_000)
    }
    expect(world.copies).toHaveLength(1)
    expect((await world.find(id))!.tried!.outcome).toBe('stopped: a newer version is current at the source')
  })

  it('an outage costs few attempts: the others stay as they are', async () => {
    const world = redriveWorld({ batch: undefined, copy: true })
    for (let n = 0; n < 100; n += 1) await world.fail(`k${n}`, 'ReplicationFailed')
    world.broken.copy = down()
    await expect(world.advance()).rejects.toThrow('does not answer')
    const { versions } = await world.ledger.parked(PAIR, { limit: 1000 })
    expect(versions.filter(({ tried }) => tried !== undefined).length).toBeLessThanOrEqual(8)
    expect(await world.underWay()).toEqual([])
  })

  it('in place: both versions are at risk, and the old one is looked at until the new one landed in its place', async () => {
    const world = redriveWorld({ retrigger: true })
    const id = await world.fail('a', 'DstObjectHardDeleted')
    await world.advance()
    const { open, received } = await world.snapshot()
    expect([open.waiting, open.failed, received]).toEqual([1, 1, 2])
    for (let n = 0; n < 3; n += 1) {
      expect(await world.find(id)).toMatchObject({ due: true, tried: { replicaId: `copy-of-${id}` } })
      await world.verify()
      world.later(60_000)
      await world.advance()
    }
    expect(world.copies).toEqual([{ strategy: 'retrigger', id }])
    // Its copy has an own life: here it fails too.
    expect(world.jobs.flatMap(({ versions }) => versions.map((one) => one.id))).not.toContain(id)
  })

  it('hard-deleted replicas wait until a person switches a strategy on', async () => {
    const world = redriveWorld()
    await world.fail('a', 'DstObjectHardDeleted')
    await round(world)
    expect(world.jobs).toEqual([])
    expect(world.copies).toEqual([])
  })
})

it('two containers do not advance one pair at the same time', async () => {
  const world = redriveWorld()
  await world.fail('a', 'ReplicationFailed')
  await world.ledger.lease(`redrive:${PAIR}`, 'another', 60_000)
  await world.advance()
  expect(world.jobs).toEqual([])
  world.later(60_001)
  await world.advance()
  expect(world.jobs).toHaveLength(1)
})
