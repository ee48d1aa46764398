/** The operator's hand on what failed, over a ledger in memory. */
import { describe, expect, it, vi } from 'vitest'
import { MOST_GROUPS, nextOf } from '../../../src/domain/repair/groups.ts'
import type { Incident } from '../../../src/domain/repair/words.ts'
import { makeFailures } from '../../../src/workers/failures.ts'
import { makeMemoryLedger } from '../../support/memory-ledger.ts'
import { smallPair } from '../../support/small-estate.ts'
import { booking, bookings, idOf, T0 } from '../../support/versions.ts'

const NOW = T0 + 3_600_000
const DENIED = 'DstPutObjectNotPermitted'
const place = { roleArn: 'r', bucket: 'b', prefix: '' }
const batched = smallPair('documents').redrive

function setup() {
  const ledger = makeMemoryLedger({ now: () => NOW })
  const pairs = [
    smallPair('documents', { redrive: { ...batched, batch: place } }),
    // Nothing is set up to drive it.
    smallPair('other'),
  ]
  const failures = makeFailures({
    pairs,
    ledger,
    clock: { now: () => NOW },
    holder: 'test',
    pause: async () => {},
  })
  async function fail(
    pair: string,
    from: number,
    to: number,
    reason = DENIED,
    state: 'failed' | 'mismatched' = 'failed',
  ) {
    await ledger.book(pair, bookings(from, to))
    await ledger.settle(
      pair,
      bookings(from, to).map(({ version: { id } }) => ({ id, to: 'park', state, reason, recheckInMs: 1e6 })),
    )
  }
  return { ledger, failures, fail }
}

const incident: Incident = { reason: DENIED, since: T0, probes: 1, nextProbeAt: NOW + 1e6, versions: 3 }

describe('overview', () => {
  it('is by pair and cause, the largest first, with what an order would do and cost', async () => {
    const { ledger, failures, fail } = setup()
    await ledger.saveIncident('documents', incident)
    await fail('documents', 1, 4)
    await fail('documents', 10, 15, 'DstVersionNotFound')
    await fail('documents', 20, 21, 'SizeDiffers', 'mismatched')
    await fail('documents', 30, 32, 'PendingTooLong')
    await fail('other', 40, 41, 'DstVersionNotFound')
    await ledger.claim('documents', { token: 't', strategy: 'batch', ids: [idOf(10)] })
    await ledger.want('documents', { by: 'ann', ids: [idOf(11)] })
    const { groups, pairs } = await failures.overview({})
    expect(groups.map(({ pair, reason, versions, bytes }) => [pair, reason, versions, bytes])).toEqual([
      ['documents', 'DstVersionNotFound', 5, 60],
      ['documents', DENIED, 3, 6],
      ['documents', 'PendingTooLong', 2, 61],
      ['documents', 'SizeDiffers', 1, 20],
      ['other', 'DstVersionNotFound', 1, 40],
    ])
    expect(groups[0]).toMatchObject({
      oldest: T0 + 10,
      inHand: 1,
      wanted: 1,
      drivable: { batch: 4 },
      left: { 'in hand': 1 },
      cost: { versions: 4, bytes: 50 },
      automatic: { goesOn: 4, held: 0 },
    })
    expect(groups[0]!.cost.dollars).toBeGreaterThan(0.25)
    expect(groups[1]).toMatchObject({ drivable: { batch: 3 }, automatic: { goesOn: 0, held: 3 } })
    expect(groups[2]).toMatchObject({ drivable: {}, left: { pending: 2 }, cost: { versions: 0, dollars: 0 } })
    expect(groups[3]).toMatchObject({ mismatched: 1, left: { mismatched: 1 } })
    expect(groups[4]).toMatchObject({ left: { 'no strategy': 1 } })
    expect(pairs.get('documents')!.incidents).toEqual([incident])
    const next = groups.map((group) => nextOf(group, (text) => text))
    expect(next[1]).toBe(`mend the cause, then: landfall failures redrive --pair documents --reason ${DENIED} --probe`)
    expect(next[2]).toMatch(/^S3 has it as PENDING/)
    expect(next[3]).toMatch(/^Nothing overwrites a replica/)
    expect(next[4]).toMatch(/^No strategy is set up/)
  })

  it('narrows by pair, reason, key, prefix and age', async () => {
    const { failures, fail } = setup()
    await fail('documents', 1, 4)
    await fail('other', 1, 4)
    const count = async (selection: Parameters<typeof failures.overview>[0]) =>
      (await failures.overview(selection)).groups.reduce((sum, { versions }) => sum + versions, 0)
    expect(await count({})).toBe(6)
    expect(await count({ pairs: ['other'] })).toBe(3)
    expect(await count({ reason: 'x' })).toBe(0)
    expect(await count({ key: 'documents/2.pdf' })).toBe(2)
    expect(await count({ pairs: ['documents'], key: 'documents/2.pdf', versionId: 'v2' })).toBe(1)
    expect(await count({ key: 'documents/2.pdf', versionId: 'v3' })).toBe(0)
    expect(await count({ olderThanMs: 3_600_000 - 2 })).toBe(4)
  })

  it('has a bounded number of causes, whatever reasons come from outside', async () => {
    const { ledger, failures } = setup()
    const many = bookings(0, MOST_GROUPS + 50)
    await ledger.book('documents', many)
    await ledger.settle(
      'documents',
      many.map(({ version: { id } }, n) => ({ id, to: 'park', state: 'failed', reason: `R${n}`, recheckInMs: 1e6 })),
    )
    const { groups } = await failures.overview({})
    expect(groups).toHaveLength(MOST_GROUPS + 1)
    expect(groups[0]).toMatchObject({ reason: '(others)', versions: 50 })
  })

  it('counts each once, however often the walk gives it', async () => {
    const { ledger, failures, fail } = setup()
    await fail('documents', 0, 3)
    const page = await ledger.parked('documents', { limit: 9 })
    vi.spyOn(ledger, 'parked').mockImplementation(async (pair, { cursor }) =>
      pair === 'documents' && cursor === undefined
        ? { ...page, cursor: 'again' }
        : pair === 'documents'
          ? page
          : { versions: [] },
    )
    expect((await failures.overview({})).groups[0]!.versions).toBe(3)
  })
})

it('oldest gives the oldest of all pairs, and how many there are', async () => {
  const { failures, fail } = setup()
  await fail('documents', 100, 1400)
  await fail('other', 50, 55)
  const { versions, total } = await failures.oldest({}, 7)
  expect(total).toBe(1305)
  expect(versions.map(({ pair, parked }) => [pair, parked.version.size])).toEqual([
    ...[50, 51, 52, 53, 54].map((n) => ['other', n]),
    ['documents', 100],
    ['documents', 101],
  ])
})

describe('redrive', () => {
  it('marks what can be driven, forgives attempts, and is recorded', async () => {
    const { ledger, failures, fail } = setup()
    await fail('documents', 1, 1003)
    await fail('documents', 2000, 2001, 'PendingTooLong')
    await fail('documents', 2001, 2002, 'SizeDiffers', 'mismatched')
    await fail('other', 1, 3)
    await ledger.claim('documents', { token: 't', strategy: 'batch', ids: [idOf(1), idOf(2)] })
    await ledger.unclaim('documents', 't', [{ id: idOf(2), outcome: 'x' }])
    const durable = vi.spyOn(ledger, 'durable')
    expect(await failures.redrive({ olderThanMs: 0 }, 'ann@host')).toBe(1001)
    expect(durable).toHaveBeenCalled()
    const [inHand, tried, pending] = await ledger.find('documents', [idOf(1), idOf(2), idOf(2000)])
    expect(inHand!.wanted).toBeUndefined()
    expect(tried).toMatchObject({ wanted: { by: 'ann@host' }, tried: { attempts: 1, forgiven: 1 } })
    expect(pending!.wanted).toBeUndefined()
    expect(await ledger.acts(9)).toEqual([
      {
        at: NOW,
        who: 'ann@host',
        what: 'redrive',
        pair: 'documents',
        count: 1001,
        selection: { olderThanMs: 0 },
      },
    ])
  })

  it('what was ordered before something broke off is recorded as well', async () => {
    const { ledger, failures, fail } = setup()
    await fail('documents', 0, 1200)
    const want = ledger.want.bind(ledger)
    vi.spyOn(ledger, 'want').mockImplementationOnce(want).mockRejectedValueOnce(new Error('gone'))
    await expect(failures.redrive({}, 'ann')).rejects.toThrow('gone')
    expect(await ledger.acts(9)).toMatchObject([{ what: 'redrive', count: 500 }])
  })
})

describe('probe', () => {
  it('lets the probes of open incidents go now, and no other', async () => {
    const { ledger, failures } = setup()
    await ledger.saveIncident('documents', incident)
    await ledger.saveIncident('documents', { ...incident, reason: 'DstBucketNotFound', mendedAt: NOW - 1 })
    await ledger.saveIncident('other', { ...incident, reason: 'DstKmsKeyNotFound' })
    const { probed, busy } = await failures.probe({ reason: DENIED }, 'ann')
    expect(probed).toEqual([{ pair: 'documents', incident: { ...incident, nextProbeAt: NOW } }])
    expect(busy).toEqual([])
    expect(await ledger.incidents('documents')).toContainEqual({ ...incident, nextProbeAt: NOW })
    expect(await ledger.incidents('other')).toMatchObject([{ nextProbeAt: NOW + 1e6 }])
    expect(await ledger.acts(9)).toMatchObject([{ who: 'ann', what: 'redrive', reason: `probe of ${DENIED}` }])
  })

  it('a re-drive that is at it is not disturbed', async () => {
    const { ledger, failures } = setup()
    await ledger.saveIncident('documents', incident)
    await ledger.lease('redrive:documents', 'worker', 60_000)
    expect(await failures.probe({}, 'ann')).toEqual({ probed: [], busy: ['documents'] })
    expect(await ledger.incidents('documents')).toEqual([incident])
  })
})

it('discard closes failed and mismatched ones, and keeps who and why', async () => {
  const { ledger, failures, fail } = setup()
  await fail('documents', 1, 1003)
  await fail('documents', 2001, 2002, 'SizeDiffers', 'mismatched')
  await ledger.book('documents', [booking(3000)])
  const order = { by: 'ann', because: 'test uploads' }
  expect(await failures.discard({ prefix: 'documents/' }, order)).toBe(1003)
  expect(await ledger.snapshot('documents')).toMatchObject({
    closed: { discarded: 1003 },
    open: { waiting: 1, failed: 0, mismatched: 0 },
  })
  expect(await ledger.discarded('documents', [idOf(2001)])).toEqual([
    {
      id: idOf(2001),
      key: 'documents/2001.pdf',
      versionId: 'v2001',
      at: NOW,
      who: 'ann',
      reason: 'test uploads',
      failure: 'SizeDiffers',
    },
  ])
  expect(await ledger.acts(1)).toMatchObject([
    { what: 'discard', pair: 'documents', count: 1003, reason: 'test uploads', selection: { prefix: 'documents/' } },
  ])
  expect(await failures.discard({}, order)).toBe(0)
  expect(await ledger.acts(9)).toHaveLength(1)
})
