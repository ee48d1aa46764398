import { describe, expect, it, vi } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { versionId63 } from '../../../src/domain/version.ts'
import { makeSample } from '../../../src/workers/attributes.ts'
import { makeInvestigate } from '../../../src/workers/investigate.ts'
import { makeVerify } from '../../../src/workers/verify.ts'
import type { Booking } from '../../../src/ports.ts'
import { recordingLog } from '../../support/log.ts'
import { makeMemoryLedger } from '../../support/memory-ledger.ts'
import { makeMemoryObjectStore } from '../../support/memory-object-store.ts'
import { smallPair } from '../../support/small-estate.ts'

const T0 = Date.UTC(2026, 10, 24, 12)
const NAME = 'documents-production'
const SOURCE = { pair: NAME, side: 'source' } as const
const DESTINATION = { pair: NAME, side: 'destination' } as const

function setup(overrides: Parameters<typeof smallPair>[1] = {}) {
  let now = T0
  const clock = { now: () => now }
  const pair = smallPair(NAME, { attributesSample: 0, ...overrides })
  const ledger = makeMemoryLedger({ now: clock.now })
  const objects = makeMemoryObjectStore({ pairs: [NAME] })
  const log = recordingLog()
  const verify = makeVerify({
    pairs: [pair],
    ledger,
    investigate: makeInvestigate({ objects, clock, random: { next: () => 0.5 } }),
    sample: makeSample({ objects, ledger, log }),
    clock,
    random: { next: () => 0.5 },
    log,
    leaseMs: 30_000,
    concurrency: 4,
  })
  return {
    pair,
    ledger,
    objects,
    log,
    later: (ms: number) => {
      now += ms
    },
    run: async () => verify({ pair: NAME, lane: 0 }, new AbortController().signal),
    book: async (key: string, versionId: string, more: Partial<Booking['version']> = {}) => {
      const version = {
        id: versionId63({ key, versionId }),
        key,
        versionId,
        kind: 'object' as const,
        size: 3,
        etag: 'e',
        eventTime: T0,
        ...more,
      }
      await ledger.book(NAME, [{ version, dueInMs: 0 }])
    },
  }
}

describe('verify', () => {
  it('lands what is at the destination, by one HEAD each', async () => {
    const { ledger, objects, run, book } = setup()
    for (let n = 0; n < 20; n += 1) {
      const versionId = objects.put({ ...DESTINATION, key: `k${n}` }, { size: 3, etag: 'e', replication: 'REPLICA' })
      await book(`k${n}`, versionId)
    }
    await expect(run()).resolves.toEqual({ kind: 'done' })
    const snapshot = await ledger.snapshot(NAME)
    expect(snapshot.closed.landed).toBe(20)
    expect(snapshot.evidence.head).toBe(20)
    expect(objects.calls).toEqual({ head: 20, list: 0 })
  })

  it('keeps what is pending, parks what S3 failed, excludes what S3 never replicates, and lets go what is gone', async () => {
    const { ledger, objects, run, book } = setup()
    const put = (key: string, replication: 'PENDING' | 'FAILED' | 'none'): string =>
      objects.put({ ...SOURCE, key }, { size: 3, etag: 'e', replication })
    await book('pending', put('pending', 'PENDING'))
    await book('failed', put('failed', 'FAILED'))
    await book('archive', put('archive', 'none'))
    await book('purged', 'v-purged')
    await run()
    const snapshot = await ledger.snapshot(NAME)
    expect(snapshot.open).toEqual({ waiting: 1, late: 0, mismatched: 0, failed: 1 })
    expect(snapshot.closed).toMatchObject({ excluded: 1, gone: 1, landed: 0 })
  })

  it('leaves everything open when S3 is down, says so once, and comes back later', async () => {
    const { ledger, objects, log, run, book } = setup()
    const down = new LandfallError('AWS_UNREACHABLE', 'eu-west-2 does not answer')
    objects.fail(DESTINATION, down)
    for (let n = 0; n < 10; n += 1) await book(`k${n}`, `v${n}`)
    await expect(run()).resolves.toMatchObject({ kind: 'wait' })
    expect((await ledger.snapshot(NAME)).open.waiting).toBe(10)
    expect(log.lines.filter(({ message }) => message.startsWith('looks failed'))).toEqual([
      expect.objectContaining({ ids: expect.objectContaining({ versions: 10, code: 'AWS_UNREACHABLE' }) }),
    ])
  })

  it('counts a version late by time alone, even while no look succeeds', async () => {
    const { pair, ledger, objects, later, run, book } = setup()
    objects.fail(DESTINATION, new LandfallError('AWS_UNREACHABLE', 'down'))
    await book('k', 'v')
    later(pair.lateAfterMs + 1)
    await run()
    expect((await ledger.snapshot(NAME)).open).toMatchObject({ waiting: 0, late: 1 })
  })

  it('keeps a parked version parked, with its reason, when its recheck fails', async () => {
    const { pair, ledger, objects, later, run, book } = setup()
    await book('failed', objects.put({ ...SOURCE, key: 'failed' }, { size: 3, etag: 'e', replication: 'FAILED' }), {
      reason: 'DstKmsKeyInvalidState',
    })
    await run()
    objects.fail(DESTINATION, new LandfallError('AWS_UNREACHABLE', 'down'))
    later(pair.recheckAfterMs + 1)
    await run()
    expect(await ledger.oldest(NAME, 1)).toMatchObject([{ state: 'failed', reason: 'DstKmsKeyInvalidState' }])
  })

  it('lands a failed version that somebody mended', async () => {
    const { pair, ledger, objects, later, run, book } = setup()
    const versionId = objects.put({ ...SOURCE, key: 'k' }, { size: 3, etag: 'e', replication: 'FAILED' })
    await book('k', versionId)
    await run()
    expect((await ledger.snapshot(NAME)).open.failed).toBe(1)
    objects.put({ ...DESTINATION, key: 'k', versionId }, { size: 3, etag: 'e', replication: 'REPLICA' })
    later(pair.recheckAfterMs + 1)
    await run()
    const snapshot = await ledger.snapshot(NAME)
    expect(snapshot.open.failed).toBe(0)
    expect(snapshot.closed.landed).toBe(1)
  })

  it('names tags that stayed behind, for the versions of the sample', async () => {
    const { ledger, objects, log, run, book } = setup({ attributesSample: 1 })
    const versionId = objects.put({ ...SOURCE, key: 'k' }, { size: 3, etag: 'e', tags: 1, replication: 'COMPLETED' })
    objects.put({ ...DESTINATION, key: 'k', versionId }, { size: 3, etag: 'e', replication: 'REPLICA' })
    await book('k', versionId)
    await run()
    expect((await ledger.snapshot(NAME)).closed.landed).toBe(1)
    await vi.waitFor(async () => expect((await ledger.snapshot(NAME)).notes.tagsBehind).toBe(1))
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'tags stayed behind' }))
  })

  it('lands what its event or look proves, though the sample cannot be compared', async () => {
    const { ledger, objects, run, book } = setup({ attributesSample: 1 })
    objects.fail(SOURCE, new LandfallError('AWS_UNREACHABLE', 'eu-west-1 does not answer'))
    await book('k', objects.put({ ...DESTINATION, key: 'k' }, { size: 3, etag: 'e', replication: 'REPLICA' }))
    await run()
    expect((await ledger.snapshot(NAME)).closed.landed).toBe(1)
  })

  it('gives up a version that no look could reach in all its time, at risk still, and rechecks it slowly', async () => {
    const { pair, ledger, objects, log, later, run, book } = setup()
    objects.fail(DESTINATION, new LandfallError('AWS_UNREACHABLE', 'down'))
    await book('k', 'v')
    for (let hour = 0; hour < 3; hour += 1) {
      later(pair.failAfterMs)
      await run()
    }
    expect(await ledger.oldest(NAME, 1)).toMatchObject([{ state: 'failed', reason: 'LookFailed' }])
    expect(objects.calls.head).toBe(3)
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('gives up its versions at once when it is told to stop', async () => {
    const { ledger, objects, book } = setup()
    const stop = new AbortController()
    await book('k', 'v')
    vi.spyOn(objects, 'head').mockImplementation(async () => {
      stop.abort()
      throw new DOMException('aborted', 'AbortError')
    })
    const clock = { now: () => T0 }
    const log = recordingLog()
    const verify = makeVerify({
      pairs: [smallPair(NAME)],
      ledger,
      investigate: makeInvestigate({ objects, clock, random: { next: () => 0.5 } }),
      sample: () => {},
      clock,
      random: { next: () => 0.5 },
      log,
      leaseMs: 30_000,
      concurrency: 4,
    })
    await expect(verify({ pair: NAME, lane: 0 }, stop.signal)).resolves.toEqual({ kind: 'done' })
    expect((await ledger.due([NAME])).get(NAME)).toBe(1)
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('names the grant where the key of a content pair may not be listed, and does not hammer it', async () => {
    const { pair, ledger, objects, later, run, book } = setup({ match: 'content' })
    const list = vi.spyOn(objects, 'listKey').mockRejectedValue(new LandfallError('ACCESS_DENIED', 'denied'))
    await book('k', 'v')
    await run()
    later(pair.failAfterMs)
    await run()
    expect(await ledger.oldest(NAME, 1)).toMatchObject([
      { state: 'failed', reason: expect.stringContaining('LookRefused s3:ListBucketVersions') as string },
    ])
    expect(list).toHaveBeenCalledTimes(2)
  })

  it('does nothing for a pair that the configuration no longer has', async () => {
    const { run, ledger } = setup()
    await expect(run()).resolves.toEqual({ kind: 'done' })
    expect((await ledger.snapshot(NAME)).received).toBe(0)
  })
})
