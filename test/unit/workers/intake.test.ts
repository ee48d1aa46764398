import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import type { IntakeMessage } from '../../../src/ports.ts'
import { makeIntakeHandler } from '../../../src/workers/intake.ts'
import { recordingLog } from '../../support/log.ts'
import { makeMemoryLedger } from '../../support/memory-ledger.ts'
import { smallPair } from '../../support/small-estate.ts'

const SOURCE = 'digitalmarketplace-documents-production-production'
const DESTINATION = 'digitalmarketplace-cross-region-documents-production'
const NAME = 'documents-production'
const NOW = Date.parse('2026-11-23T21:05:00Z')
const PUT = fixture('object-created-put')
const REPLICA = fixture('replica-created-put')

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/events/${name}.json`, import.meta.url), 'utf8')
}

const at = (ms: number): string => new Date(ms).toISOString()

function message(body: string, id = 'm1', queue = 'intake'): IntakeMessage {
  return { id, body, queue, receiveCount: 1 }
}

function setup(overrides: Parameters<typeof smallPair>[1] = {}) {
  const ledger = makeMemoryLedger({ now: () => NOW })
  const log = recordingLog()
  const onDue = vi.fn<() => void>()
  const handle = makeIntakeHandler({
    pairs: [
      smallPair(NAME, {
        source: { bucket: SOURCE, region: 'eu-west-1', account: 'main' },
        destination: { bucket: DESTINATION, region: 'eu-west-2', account: 'main' },
        ...overrides,
      }),
    ],
    ledger,
    tempo: { firstLookMs: async () => 60_000 },
    sample: () => {},
    clock: { now: () => NOW },
    random: { next: () => 0.5 },
    log,
    onDue,
  })
  return { ledger, log, onDue, handle, snapshot: async () => ledger.snapshot(NAME) }
}

describe('intake', () => {
  it('books a version and acknowledges its message only when the ledger has it', async () => {
    const { ledger, handle, snapshot } = setup()
    const order: string[] = []
    vi.spyOn(ledger, 'durable').mockImplementation(
      async () => void order.push(`durable at ${(await snapshot()).received}`),
    )
    await expect(handle([message(PUT)])).resolves.toEqual(new Set(['m1']))
    expect(order).toEqual(['durable at 1'])
    expect((await snapshot()).open.waiting).toBe(1)
  })

  it.each([
    ['source first', [PUT, REPLICA]],
    ['destination first', [REPLICA, PUT]],
  ])('lands a version by the destination’s own event, %s', async (_order, bodies) => {
    const { handle, snapshot } = setup()
    for (const [index, body] of bodies.entries()) await handle([message(body, `m${index}`)])
    const { closed, evidence, lag } = await snapshot()
    expect(closed.landed).toBe(1)
    expect(evidence.event).toBe(1)
    // 21:04:32.527 at the source, 21:04:41.101 at the destination; a bucket of the histogram may add 19 %.
    expect(lag.p50).toBeGreaterThanOrEqual(8_574)
    expect(lag.p50).toBeLessThan(8_574 * 1.2)
  })

  it('lands both halves in one batch', async () => {
    const { handle, snapshot } = setup()
    await handle([message(REPLICA, 'm1'), message(PUT, 'm2')])
    expect((await snapshot()).closed.landed).toBe(1)
  })

  it('counts a duplicate once, and says so', async () => {
    const { handle, snapshot } = setup()
    await handle([message(PUT, 'm1'), message(PUT, 'm2')])
    await handle([message(fixture('sns-wrapped'), 'm3')])
    expect(await snapshot()).toMatchObject({ received: 1, duplicates: 2 })
  })

  it('leaves a message that cannot be read on its queue, with a reason in the log, and books its neighbours', async () => {
    const { ledger, log, handle, snapshot } = setup()
    const acknowledged = await handle([message('\u0000\u{1F4A3}', 'bad'), message(PUT, 'good')])
    expect(acknowledged).toEqual(new Set(['good']))
    expect((await snapshot()).received).toBe(1)
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'message unreadable',
        ids: expect.objectContaining({ message: 'bad', queue: 'intake' }),
      }),
    )
    expect(await ledger.counters()).toMatchObject({ messages: 2, acknowledged: 1, poison: 1 })
  })

  it('books the good records of a message with a bad one, and leaves the message', async () => {
    const { handle, snapshot } = setup()
    const document = JSON.parse(PUT) as { Records: unknown[] }
    document.Records.push({ eventVersion: '2.1', eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: null })
    await expect(handle([message(JSON.stringify(document))])).resolves.toEqual(new Set())
    expect((await snapshot()).received).toBe(1)
  })

  it('acknowledges test events and names it does not know, and counts them', async () => {
    const { ledger, handle } = setup()
    const unknown = PUT.replace('ObjectCreated:Put', 'ObjectPondered:Deeply')
    await expect(handle([message(fixture('s3-test-event'), 'a'), message(unknown, 'b')])).resolves.toEqual(
      new Set(['a', 'b']),
    )
    expect(await ledger.counters()).toMatchObject({ testEvents: 1, ignoredEvents: 1, poison: 0 })
  })

  it.each([
    ['is old', 60_001, 1],
    ['is new', 0, 0],
  ])('wakes the ticker for a version that is due at once: its event %s', async (_, ageMs, wakes) => {
    const { onDue, handle } = setup()
    await handle([message(PUT.replaceAll(/"eventTime":\s*"[^"]*"/g, `"eventTime":"${at(NOW - ageMs)}"`))])
    expect(onDue).toHaveBeenCalledTimes(wakes)
  })

  it('books a version that only its failure tells of, due now, with the reason', async () => {
    const { ledger, onDue, handle, snapshot } = setup()
    await handle([message(fixture('replication-failed'))])
    expect(await ledger.oldest(NAME, 1)).toMatchObject([{ reason: 'AssumeRoleNotPermitted' }])
    expect((await ledger.due([NAME])).get(NAME)).toBe(1)
    expect(onDue).toHaveBeenCalled()
    // The source's own event comes later, and is a duplicate.
    await handle([message(PUT, 'm2')])
    expect(await snapshot()).toMatchObject({ received: 1, duplicates: 1 })
  })

  it('raises a purge at the destination by a stranger, and opens the version again', async () => {
    const { log, handle, snapshot } = setup({ purgePrincipals: ['AWS:AROAEXAMPLE:caretaker'] })
    await handle([message(REPLICA, 'm1'), message(PUT, 'm2')])
    const purge = fixture('object-removed-version').replaceAll(SOURCE, DESTINATION)
    await handle([message(purge, 'm3')])
    const after = await snapshot()
    expect(after).toMatchObject({ purged: 1, tampering: 1, reopened: 1 })
    // SQS delivers at least once.
    await handle([message(purge, 'm3'), message(purge, 'm4')])
    expect(await snapshot()).toMatchObject({ purged: 1, tampering: 1 })
    expect(log.lines.filter(({ message }) => message === 'replica purged by a stranger')).toHaveLength(1)
    expect(after.received + after.reopened).toBe(after.closed.landed + after.open.waiting)
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'replica purged by a stranger',
        ids: expect.objectContaining({
          versions: 1,
          samples: [expect.objectContaining({ principal: 'AWS:AROAEXAMPLE:developers' })],
        }),
      }),
    )
  })

  it('takes a purge in the middle of a two-way pair for its own only where it knows the version', async () => {
    const ledger = makeMemoryLedger({ now: () => NOW })
    const log = recordingLog()
    const place = (bucket: string) => ({ bucket, region: 'eu-west-1', account: 'main' })
    const handle = makeIntakeHandler({
      pairs: [
        smallPair('there', { source: place(SOURCE), destination: place(DESTINATION) }),
        smallPair('back', { source: place(DESTINATION), destination: place(SOURCE) }),
      ],
      ledger,
      tempo: { firstLookMs: async () => 60_000 },
      sample: () => {},
      clock: { now: () => NOW },
      random: { next: () => 0.5 },
      log,
      onDue: () => {},
    })
    await handle([message(PUT, 'm1'), message(REPLICA, 'm2'), message(fixture('object-removed-version'), 'm3')])
    expect(await ledger.snapshot('back')).toMatchObject({ received: 0, reopened: 0, tampering: 0 })
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('orders what a shipment is to carry before it acknowledges, and counts no such bucket as a stranger', async () => {
    const ledger = makeMemoryLedger({ now: () => NOW })
    const orders: unknown[] = []
    let down = true
    const handle = makeIntakeHandler({
      pairs: [],
      ledger,
      ship: {
        shipments: [{ name: 'staging', from: { bucket: SOURCE, prefix: '' }, to: { bucket: 'backups', prefix: '' } }],
        async order(wanted) {
          if (down) throw new LandfallError('REDIS_UNREACHABLE', 'gone')
          orders.push(...wanted)
        },
      },
      tempo: { firstLookMs: async () => 60_000 },
      sample: () => {},
      clock: { now: () => NOW },
      random: { next: () => 0.5 },
      log: recordingLog(),
      onDue: () => {},
    })
    await expect(handle([message(PUT)])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    down = false
    expect(await handle([message(PUT)])).toEqual(new Set(['m1']))
    expect(orders).toEqual([{ shipment: 'staging', key: expect.any(String) as string }])
    expect(await ledger.counters()).toMatchObject({ unrouted: 0, messages: 1 })
  })

  it('looks before it lands what was purged at the destination, however late the replica’s own event comes', async () => {
    const { ledger, handle, snapshot } = setup()
    await handle([message(PUT, 'm1')])
    await handle([message(fixture('object-removed-version').replaceAll(SOURCE, DESTINATION), 'm2')])
    await handle([message(REPLICA, 'm3')])
    expect(await snapshot()).toMatchObject({ closed: { landed: 0 }, open: { waiting: 1 }, tampering: 1 })
    expect((await ledger.due([NAME])).get(NAME)).toBe(1)
  })

  it('counts nothing twice when what was booked is not durable at first', async () => {
    const { ledger, handle, snapshot } = setup()
    const purge = message(fixture('object-removed-version').replaceAll(SOURCE, DESTINATION))
    vi.spyOn(ledger, 'durable').mockRejectedValueOnce(new LandfallError('REDIS_UNREACHABLE', 'not on disk'))
    await expect(handle([purge])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await handle([purge])
    expect(await snapshot()).toMatchObject({ purged: 1, tampering: 1 })
    expect(await ledger.counters()).toMatchObject({ messages: 1, acknowledged: 1 })
  })

  it('tells of a bucket that no pair names once, and acknowledges', async () => {
    const { ledger, log, handle } = setup()
    const stranger = PUT.replaceAll(SOURCE, 'some-other-bucket')
    await handle([message(stranger, 'a')])
    await expect(handle([message(stranger, 'b')])).resolves.toEqual(new Set(['b']))
    expect(log.lines.filter(({ message }) => message.startsWith('events of a bucket'))).toHaveLength(1)
    expect((await ledger.counters()).unrouted).toBe(2)
  })

  it('acknowledges nothing when the ledger fails', async () => {
    const { ledger, handle } = setup()
    vi.spyOn(ledger, 'book').mockRejectedValue(new LandfallError('REDIS_UNREACHABLE', 'gone'))
    await expect(handle([message(PUT)])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
  })

  it('leaves a replica of another size to verify, due now', async () => {
    const { ledger, onDue, handle, snapshot } = setup()
    await handle([message(PUT, 'm1'), message(REPLICA.replace('184320', '184000'), 'm2')])
    expect((await snapshot()).open.waiting).toBe(1)
    expect((await ledger.due([NAME])).get(NAME)).toBe(1)
    expect(onDue).toHaveBeenCalled()
  })
})
