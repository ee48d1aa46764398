import { expect, test } from 'vitest'
import type { Finding } from '../../../src/domain/audit/finding.ts'
import { NO_LIFECYCLE } from '../../../src/domain/audit/lifecycle.ts'
import type { Booking } from '../../../src/ports.ts'
import { auditInventories, type InventoryRun } from '../../../src/workers/audit/inventory.ts'
import { makeMemoryObjectStore } from '../../support/memory-object-store.ts'

const PAIR = 'documents'
const SOURCE = { pair: PAIR, side: 'source' } as const
const DESTINATION = { pair: PAIR, side: 'destination' } as const
const policy = { match: 'version', deleteMarkers: true, excludePrefixes: [], lateAfterMs: 900_000 } as const
const rules = { policy, startedAt: 1_000_000, lifecycle: { source: NO_LIFECYCLE, destination: NO_LIFECYCLE } }

function missing(key: string, versionId = 'v1'): Finding {
  const source = { versionId, kind: 'object', size: 5, etag: 'e', lastModified: 1 } as const
  return {
    class: 'missing',
    key,
    versionId,
    kind: 'object',
    source,
    why: 'not at the destination',
    reason: 'ReplicaMissing',
  }
}

async function* walk(findings: readonly Finding[]) {
  yield* findings
  return { compared: 100, matched: 100 - findings.length }
}

async function audited(
  findings: readonly Finding[],
  more: Partial<InventoryRun> = {},
  objects = makeMemoryObjectStore({ pairs: [PAIR] }),
) {
  const batches: (readonly Finding[])[] = []
  const booked: Booking[] = []
  const summary = await auditInventories(
    {
      objects,
      clock: { now: () => 2_000_000 },
      random: { next: () => 0 },
      pause: async () => {},
      reconcile: async (_pair, bookings) => {
        booked.push(...bookings)
        return { received: bookings.length, reopened: 0, open: 0 }
      },
    },
    {
      pair: { ...policy, name: PAIR, evidence: 'auto', failAfterMs: 3_600_000, recheckAfterMs: 3_600_000 },
      rules,
      findings: walk(findings),
      confirm: true,
      repair: false,
      write: async (found) => void batches.push(found),
      notes: ['hours old'],
      ...more,
    },
  )
  return { summary, batches, booked, found: batches.flat(), calls: objects.calls }
}

test('what has landed since is matched, what is gone is no finding, what S3 never meant to replicate is excluded', async () => {
  const objects = makeMemoryObjectStore({ pairs: [PAIR] })
  const at = { versionId: 'v1' }
  for (const key of ['landed', 'lost', 'never']) {
    objects.put({ ...SOURCE, ...at, key }, { size: 5, etag: 'e', replication: key === 'never' ? 'none' : 'COMPLETED' })
  }
  objects.put({ ...DESTINATION, ...at, key: 'landed' }, { size: 5, etag: 'e', replication: 'REPLICA' })
  const { summary, found } = await audited(
    ['gone', 'landed', 'lost', 'never'].map((key) => missing(key)),
    {},
    objects,
  )
  expect(found.map((one) => `${one.class} ${one.key}`)).toEqual(['missing lost', 'excluded never'])
  expect(summary.counts).toMatchObject({ compared: 100, matched: 97, findings: { missing: 1, excluded: 1 } })
  expect(summary).toMatchObject({ how: 'inventory', notes: ['hours old'], startedAt: 1_000_000, endedAt: 2_000_000 })
})

test('without confirmation nothing is looked at, and an ETag alone is no mismatch', async () => {
  const etag: Finding = {
    class: 'mismatched',
    key: 'kms',
    versionId: 'v1',
    kind: 'object',
    source: { versionId: 'v1', kind: 'object', size: 5, etag: 'a' },
    destination: { versionId: 'v1', kind: 'object', size: 5, etag: 'b' },
    why: 'same size, other ETag',
  }
  const { summary, found, calls } = await audited([missing('lost'), etag], { confirm: false })
  expect(found.map(({ key }) => key)).toEqual(['lost'])
  expect(summary.counts).toMatchObject({ matched: 99, unverified: 1, findings: { missing: 1, mismatched: 0 } })
  expect(summary.notes.at(-1)).toContain('--no-confirm')
  expect(calls).toEqual({ head: 0, list: 0 })
})

test('batches never split a key, whose findings are confirmed together', async () => {
  const findings = [
    ...Array.from({ length: 999 }, (_, index) => missing(`key-${index}`)),
    ...Array.from({ length: 5 }, (_, index) => missing('one key', `v${index}`)),
    missing('after'),
  ]
  const { batches, summary } = await audited(findings, { confirm: false })
  expect(batches.map((batch) => batch.length)).toEqual([1004, 1])
  expect(summary.counts.findings.missing).toBe(1005)
})

test('--repair books what is at risk, and that alone', async () => {
  const findings: Finding[] = [missing('lost'), { ...missing('late'), class: 'late' }]
  const { booked, summary } = await audited(findings, { confirm: false, repair: true })
  expect(booked.map(({ version }) => version.key)).toEqual(['lost'])
  expect(summary.booked).toEqual({ received: 1, reopened: 0, open: 0 })
})

test('ended by its signal', async () => {
  const ended = AbortSignal.abort(new Error('enough'))
  await expect(audited([missing('lost')], { signal: ended })).rejects.toThrow('enough')
})
