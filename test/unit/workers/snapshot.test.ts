/** The open list's copy in S3, and what becomes of it when Redis is emptied. */
import { describe, expect, it, vi } from 'vitest'
import type { SnapshotLabel, SnapshotStore } from '../../../src/ports.ts'
import type { StatusReport } from '../../../src/domain/status.ts'
import { makeSnapshot } from '../../../src/workers/snapshot.ts'
import { makeGatherStatus } from '../../../src/workers/status.ts'
import { recordingLog } from '../../support/log.ts'
import { makeMemoryLedger, type MemoryLedger } from '../../support/memory-ledger.ts'
import { bookings, T0 } from '../../support/versions.ts'

const idle = new AbortController().signal
const estate = { name: 'small', pairs: [{ name: 'p' }], queues: [] }
const clock = { now: () => T0 + 60_000 }

/** Two numbers in turn: two ledgers get two names. */
function makeRandom() {
  let n = 0
  return { next: () => ((n += 1) % 97) / 97 }
}

interface Kept {
  readonly document: string
  readonly label: SnapshotLabel
}

function makeStore() {
  const kept = new Map<string, Kept>()
  const store: SnapshotStore = {
    async write(document, label) {
      kept.set('open', { document, label })
    },
    whose: async () => kept.get('open')?.label,
    async keep(ledger) {
      kept.set(ledger, kept.get('open')!)
    },
    read: async (ledger = 'open') => kept.get(ledger)!.document,
  }
  const reportOf = async (ledger?: string) => JSON.parse(await store.read(ledger)) as StatusReport
  return { store, kept, reportOf }
}

/** One service that stays while its ledger may be put in place of another. */
function setup(store: SnapshotStore) {
  const log = recordingLog()
  let ledger: MemoryLedger = makeMemoryLedger({ now: clock.now })
  const current = new Proxy({} as MemoryLedger, { get: (_, name) => ledger[name as keyof MemoryLedger] })
  const gather = makeGatherStatus({ estate, ledger: current, clock })
  const snapshot = makeSnapshot({ gather, ledger: current, store, clock, random: makeRandom(), log })
  return {
    log,
    gather,
    ledger: current,
    write: () => snapshot({}, idle),
    empty: () => {
      ledger = makeMemoryLedger({ now: clock.now })
    },
  }
}

describe('snapshot', () => {
  it('writes totals, the head of the open list, and whose it is', async () => {
    const { store, kept, reportOf } = makeStore()
    const { ledger, write } = setup(store)
    await ledger.book('p', bookings(0, 3))
    await write()
    const report = await reportOf()
    expect(report).toMatchObject({
      format: 1,
      equation: { received: 3, reopened: 0, closed: 0, open: 3, holds: true },
      atRisk: { versions: 3, oldestSeconds: 60 },
      identity: { id: expect.stringMatching(/^[0-9a-f]{16}$/), since: T0 + 60_000 },
    })
    expect(kept.get('open')!.label).toEqual({ ledger: report.identity!.id, atRisk: 3 })
    await write()
    expect((await reportOf()).identity).toEqual(report.identity)
    expect([...kept.keys()]).toEqual(['open'])
  })

  it('an emptied Redis does not take the list with it: kept once, said once, and told by status', async () => {
    const { store, kept, reportOf } = makeStore()
    const { ledger, write, empty, log, gather } = setup(store)
    await ledger.book('p', bookings(0, 3))
    await write()
    const before = (await reportOf()).identity!.id
    empty()
    const keep = vi.spyOn(store, 'keep')
    await write()
    await write()
    expect(keep.mock.calls).toEqual([[before]])
    expect(await reportOf(before)).toMatchObject({ atRisk: { versions: 3 }, identity: { id: before } })
    const report = await reportOf()
    expect(report).toMatchObject({ atRisk: { versions: 0 }, identity: { before: { id: before, atRisk: 3 } } })
    expect(report.identity!.id).not.toBe(before)
    expect((await gather({ head: 0 })).identity).toEqual(report.identity)
    expect([...kept.keys()]).toEqual(['open', before])
    const errors = log.lines.filter(({ level }) => level === 'error')
    expect(errors).toEqual([expect.objectContaining({ ids: expect.objectContaining({ before, atRisk: 3 }) })])
  })

  it('is not overwritten where it cannot be kept, and is tried again', async () => {
    const { store, reportOf } = makeStore()
    const { ledger, write, empty } = setup(store)
    await ledger.book('p', bookings(0, 2))
    await write()
    const before = await reportOf()
    empty()
    vi.spyOn(store, 'keep').mockRejectedValueOnce(new Error('no'))
    await expect(write()).rejects.toThrow('no')
    expect(await reportOf()).toEqual(before)
    await write()
    expect(await reportOf(before.identity!.id)).toEqual(before)
  })

  it('one that had nothing at risk is overwritten; one that does not say is kept', async () => {
    const { store, kept } = makeStore()
    const { write, empty } = setup(store)
    await write()
    empty()
    await write()
    expect([...kept.keys()]).toEqual(['open'])
    await store.write('{}', { ledger: 'unnamed' })
    await write()
    expect([...kept.keys()]).toEqual(['open', 'unnamed'])
  })
})
