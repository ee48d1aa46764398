/** The audit against the sandbox: each class by the case that makes it, many ranges, throttling, the ledger. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/domain/audit/finding.ts'
import { unexplained } from '../../src/domain/audit/finding.ts'
import type { Pair } from '../../src/config/estate.ts'
import { versionId63 } from '../../src/domain/version.ts'
import { makeAuditJob } from '../../src/workers/audit.ts'
import { makeAudit } from '../../src/workers/audit/engine.ts'
import { newState } from '../../src/workers/audit/state.ts'
import { auditOf, type AuditWorld, collect, DAY, startAuditWorld, versionIdOf } from '../support/audit-world.ts'
import { recordingLog } from '../support/log.ts'
import { makeMemoryLedger } from '../support/memory-ledger.ts'
import { smallPair } from '../support/small-estate.ts'

const BODY = Buffer.from('a document')
const OTHER = Buffer.from('a docuMent')

let world: AuditWorld
afterEach(() => world.close())

async function start(overrides: Partial<Pair> = {}): Promise<void> {
  world = await startAuditWorld('audited', overrides)
}

function listed(findings: readonly Finding[]): readonly string[] {
  return findings
    .map((one) => `${one.class}: ${one.key} ${one.versionId.replace(/x+$/, '')} ${one.reason ?? ''}`.trim())
    .toSorted()
}

describe('each class', () => {
  it('is told from the others, and S3 has the last word', async () => {
    await start()
    const both: AuditWorld['both'] = (draft) => world.both(draft)
    const put: AuditWorld['put'] = (side, draft) => world.put(side, draft)
    both({ key: 'fine', versionId: 'v1', body: BODY })
    put('source', { key: 'lost', versionId: 'v1', body: BODY })
    put('source', { key: 'failed', versionId: 'v1', body: BODY, replication: 'FAILED' })
    put('source', { key: 'pending', versionId: 'v1', body: BODY, replication: 'PENDING' })
    put('source', { key: 'before-the-rule', versionId: 'v1', body: BODY, replication: undefined })
    put('source', { key: 'chained', versionId: 'v1', body: BODY, replication: 'REPLICA' })
    put('source', { key: 'young', versionId: 'v1', body: BODY, lastModified: Date.now() - 1000 })
    put('source', { key: 'marked', versionId: 'm1' })
    put('destination', { key: 'stranger', versionId: 'v1', body: BODY })
    put('source', { key: 'shorter', versionId: 'v1', body: BODY })
    put('destination', { key: 'shorter', versionId: 'v1', body: Buffer.from('a') })
    put('source', { key: 'other', versionId: 'v1', body: BODY })
    put('destination', { key: 'other', versionId: 'v1', body: OTHER })
    // As SSE-KMS does: another ETag, and the same bytes.
    put('source', { key: 'kms', versionId: 'v1', body: BODY, etag: 'aaaa' })
    put('destination', { key: 'kms', versionId: 'v1', body: BODY, etag: 'bbbb' })
    put('source', { key: 'order', versionId: 'a', body: BODY, sequencer: '1' })
    put('source', { key: 'order', versionId: 'b', body: BODY, sequencer: '2' })
    put('destination', { key: 'order', versionId: 'a', body: BODY, sequencer: '2' })
    put('destination', { key: 'order', versionId: 'b', body: BODY, sequencer: '1' })
    // A copy that Landfall made, under an id of its own.
    put('source', { key: 'copied', versionId: 'v1', body: BODY })
    put('destination', {
      key: 'copied',
      versionId: 'c1',
      body: BODY,
      metadata: { 'landfall-source-version': versionIdOf('v1') },
    })
    const { summary, findings } = await auditOf(world)
    expect(listed(findings)).toEqual([
      'excluded: before-the-rule v1',
      'excluded: chained v1',
      'extra: stranger v1',
      'late: young v1',
      'mismatched: other v1 ChecksumDiffers',
      'mismatched: shorter v1 SizeDiffers',
      'missing: failed v1 ReplicationFailed',
      'missing: lost v1 ReplicaMissing',
      'missing: marked m1 MarkerMissing',
      'missing: pending v1 PendingTooLong',
      'wrong current: order b',
    ])
    expect(summary.counts).toMatchObject({ compared: 14, matched: 5, unverified: 0 })
    expect(summary.counts.findings).toMatchObject({ missing: 4, mismatched: 2, excluded: 2, extra: 1, late: 1 })
  })

  it('on the backups pair nothing is missing, and the markers are the lifecycle’s', async () => {
    await start()
    const expiration = (days: number) => [
      { ID: `${days} days`, Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: days } },
    ]
    await world.lifecycle('source', expiration(180))
    await world.lifecycle('destination', expiration(7))
    for (let age = 1; age < 400; age += 1) {
      const key = `production-${age}.sql.gz.gpg`
      const created = Date.now() - age * DAY
      world.both({ key, versionId: 'dump', body: BODY, lastModified: created })
      if (age > 7) world.put('destination', { key, versionId: 'day7', lastModified: created + 7.5 * DAY })
      if (age > 180) world.put('source', { key, versionId: 'day180', lastModified: created + 180.5 * DAY })
    }
    const { summary } = await auditOf(world)
    expect(summary.counts).toMatchObject({ compared: 399 + 219, matched: 399 })
    expect(unexplained(summary.counts)).toBe(0)
    expect(summary.counts.findings['lifecycle marker']).toBe(219 + 392)
    await world.local.faults({
      access: [
        { bucket: world.buckets.source, deny: ['s3:GetLifecycleConfiguration'] },
        { bucket: world.buckets.destination, deny: ['s3:GetLifecycleConfiguration'] },
      ],
    })
    const blind = await auditOf(world)
    expect(blind.summary.counts.findings).toMatchObject({ missing: 0, extra: 219 + 392 })
    expect(blind.summary.notes.join(' ')).toContain('s3:GetLifecycleConfiguration')
  })

  it('what another version is proved to stand for is no finding to act on; metadata alone proves nothing', async () => {
    const redrive = { ...smallPair('x').redrive, copy: true }
    await start({ redrive })
    const metadata = { 'landfall-source-version': versionIdOf('v1') }
    world.put('source', { key: 'copied', versionId: 'v1', body: BODY })
    world.put('destination', { key: 'copied', versionId: 'c1', body: BODY, metadata })
    world.put('source', { key: 'forged', versionId: 'v1', body: BODY })
    world.put('destination', { key: 'forged', versionId: 'c1', body: OTHER, metadata })
    world.put('source', { key: 'mended', versionId: 'v1', body: BODY })
    world.put('destination', { key: 'mended', versionId: 'v1', body: Buffer.from('a') })
    world.both({ key: 'mended', versionId: 'v2', body: BODY })
    const { findings, summary } = await auditOf(world)
    expect(listed(findings)).toEqual(['excluded: mended v1', 'extra: forged c1', 'missing: forged v1 ReplicaMissing'])
    expect(findings.find(({ key }) => key === 'mended')?.why).toBe('a newer version landed in its place')
    expect(summary.counts.matched).toBe(2)
  })

  it('--deep finds what sizes and ETags hide, by checksum or by bytes, and a sample is repeatable', async () => {
    await start()
    const same = { key: 'by-checksum', versionId: 'v1', etag: 'same' }
    world.put('source', { ...same, body: BODY })
    world.put('destination', { ...same, body: OTHER })
    const bytes = { key: 'by-bytes', versionId: 'v1', etag: 'same' }
    world.put('source', { ...bytes, body: BODY, checksum: { algorithm: 'SHA1', type: 'FULL_OBJECT', value: 'x' } })
    world.put('destination', {
      ...bytes,
      body: OTHER,
      checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'y' },
    })
    for (let n = 0; n < 200; n += 1) world.both({ key: `k${n}`, versionId: 'v1', body: BODY })
    expect((await auditOf(world)).findings).toEqual([])
    const { summary, findings } = await auditOf(world, { deep: 100 })
    expect(listed(findings)).toEqual([
      'mismatched: by-bytes v1 ChecksumDiffers',
      'mismatched: by-checksum v1 ChecksumDiffers',
    ])
    expect(summary.deep).toEqual({ checked: 202, different: 2, unproven: 0 })
    const sampled = [await auditOf(world, { deep: 10 }), await auditOf(world, { deep: 10 })].map(
      (one) => one.summary.deep,
    )
    expect(sampled[0]).toEqual(sampled[1])
    expect(sampled[0]!.checked).toBeGreaterThan(2)
    expect(sampled[0]!.checked).toBeLessThan(60)
  })
})

/** Keys as documents have them, and some that no client should trip over; every 97th version is missing. */
function fillMany(count: number, keyOf: (n: number) => string): Set<string> {
  const missing = new Set<string>()
  for (let n = 0; n < count; n += 1) {
    const draft = { key: keyOf(n), versionId: `v${n}`, body: BODY }
    if (n % 97 !== 5) world.both(draft)
    else {
      missing.add(draft.key)
      world.put('source', draft)
    }
  }
  return missing
}

describe('many versions', () => {
  it.each([
    ['deep', (n: number) => `g-cloud-${n % 7}/documents/${700_000 + (n % 300)}/${n}-a b+c%é.pdf`],
    ['flat', (n: number) => String(n).padStart(8, '0')],
    ['odd', (n: number) => `${String.fromCodePoint(0x20 + ((n * 7919) % 0xd000))}/\u0001${n}\u{1F600}`],
  ])('of a %s space are each compared once, by many ranges', async (_name, keyOf) => {
    await start()
    const missing = fillMany(12_000, keyOf)
    await world.local.faults({ requests: [{ service: 's3', latencyMs: 5 }] })
    const { summary, findings, states } = await auditOf(world)
    expect(new Set(findings.map(({ key }) => key))).toEqual(missing)
    expect(findings).toHaveLength(missing.size)
    expect(summary.counts).toMatchObject({ compared: 12_000, matched: 12_000 - missing.size })
    expect(states.at(-1)!.ranges).toEqual([])
  })

  it('end, complete, where one request of five is turned away, for less than twice the requests', async () => {
    await start()
    const missing = fillMany(8_000, (n) => `documents/${String(n).padStart(6, '0')}`)
    await auditOf(world)
    const total = (): number => [...world.requests().values()].reduce((sum, count) => sum + count, 0)
    const plain = total()
    await world.local.faults({ requests: [{ service: 's3', throttle: 0.2 }] })
    const { findings, summary } = await auditOf(world)
    expect(total() - plain).toBeLessThan(2 * plain)
    expect(findings).toHaveLength(missing.size)
    expect(summary.counts.compared).toBe(8_000)
  }, 60_000)

  it('go on from any checkpoint, with nothing lost or doubled', async () => {
    await start()
    const missing = fillMany(9_000, (n) => `documents/${String(n).padStart(6, '0')}`)
    const audit = makeAudit(world.needs)
    const sink = collect()
    let state = newState({
      pair: world.pair.name,
      startedAt: Date.now(),
      seed: 1,
      deep: 0,
      repair: false,
    })
    let steps = 0
    for (;;) {
      let batches = 0
      const result = await audit({ pair: world.pair, state, sink, enough: () => (batches += 1) >= 2 })
      steps += 1
      if (result.kind === 'done') {
        expect(result.summary.counts).toMatchObject({ compared: 9_000, matched: 9_000 - missing.size })
        break
      }
      // As through a file, or Redis.
      state = JSON.parse(JSON.stringify(sink.states.at(-1))) as typeof state
    }
    expect(steps).toBeGreaterThan(2)
    expect(sink.findings.map(({ key }) => key).toSorted()).toEqual([...missing].toSorted())
  })
})

describe('the ledger', () => {
  it('gets each finding once: received where it was never heard of, reopened where it had closed', async () => {
    await start()
    const ledger = makeMemoryLedger()
    const { name } = world.pair
    const version = (key: string) => ({
      id: versionId63({ key, versionId: versionIdOf('v1') }),
      key,
      versionId: versionIdOf('v1'),
      kind: 'object' as const,
      size: BODY.length,
      eventTime: Date.now() - 2 * DAY,
    })
    for (const key of ['landed', 'open', 'unheard', 'fine', 'given-up']) {
      const draft = { key, versionId: 'v1', body: BODY, lastModified: Date.now() - 2 * DAY }
      if (key === 'fine') world.both(draft)
      else world.put('source', draft)
      if (key !== 'unheard') await ledger.book(name, [{ version: version(key), dueInMs: 0 }])
    }
    await ledger.settle(name, [{ id: version('landed').id, to: 'close', verdict: 'landed', evidence: 'event' }])
    const up = { key: 'given-up', versionId: versionIdOf('v1'), who: 'ann@host', reason: 'a test upload' }
    const given = version('given-up').id
    await ledger.settle(name, [{ id: given, to: 'park', state: 'failed', reason: 'ReplicaMissing', recheckInMs: DAY }])
    await ledger.discard(name, [{ id: given, ...up }])
    const needs = {
      known: ledger.known.bind(ledger),
      discarded: ledger.discarded.bind(ledger),
      reconcile: ledger.reconcile.bind(ledger),
    }
    const { summary, findings } = await auditOf(world, { repair: true, ...needs })
    expect(summary.booked).toEqual({ received: 1, reopened: 1, open: 1 })
    expect(summary.heard).toEqual({ asked: 5, unheard: 1 })
    expect(findings.find(({ key }) => key === 'given-up')).toMatchObject({
      class: 'excluded',
      why: 'ann@host gave it up: a test upload',
    })
    const again = await auditOf(world, { repair: true, ...needs })
    expect(again.summary.booked).toEqual({ received: 0, reopened: 0, open: 3 })
    expect(await ledger.snapshot(name)).toMatchObject({ received: 5, reopened: 1 })
  })

  it('holds the service’s own audits: in steps, one at a time, when their time has come', async () => {
    await start()
    const missing = fillMany(4_000, (n) => `documents/${String(n).padStart(6, '0')}`)
    let now = Date.now()
    const clock = { now: () => now }
    const ledger = makeMemoryLedger({ now: () => now })
    const log = recordingLog()
    const job = (holder: string) =>
      makeAuditJob({
        pairs: [{ ...world.pair, auditEveryMs: DAY }],
        audit: makeAudit({
          ...world.needs,
          known: ledger.known.bind(ledger),
          reconcile: ledger.reconcile.bind(ledger),
        }),
        ledger,
        clock,
        random: { next: () => 0.5 },
        log,
        holder,
        // Every step ends after its first batches.
        stepMs: 0,
      })
    const [one, other] = [job('one'), job('other')]
    const never = new AbortController().signal
    const data = { pair: world.pair.name }
    let steps = 0
    while ((await (steps % 2 === 0 ? one : other)(data, never)).kind === 'wait') {
      steps += 1
      now += 10
    }
    expect(steps).toBeGreaterThan(1)
    const { audit, open, received } = await ledger.snapshot(data.pair)
    expect(audit?.counts).toMatchObject({ compared: 4_000, findings: { missing: missing.size } })
    expect([open.waiting, received]).toEqual([missing.size, missing.size])
    expect(await ledger.auditLeft(data.pair)).toBeUndefined()
    await one(data, never)
    expect((await ledger.lastAudit(data.pair))?.startedAt).toBe(audit?.startedAt)
    now += DAY
    while ((await one(data, never)).kind === 'wait') now += 10
    expect((await ledger.lastAudit(data.pair))?.startedAt).toBeGreaterThan(audit!.startedAt)
    await ledger.lease(`audit:${data.pair}`, 'somebody', 60_000)
    now += 1000
    expect(await one(data, never)).toEqual({ kind: 'done' })
  })
})
