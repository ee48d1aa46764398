/** What `status` prints, and that nothing from outside steers the terminal. */
import { describe, expect, it } from 'vitest'
import { renderHead, renderStatus } from '../../src/commands/status-view.ts'
import type { StatusReport } from '../../src/domain/status.ts'
import { makeGatherStatus } from '../../src/workers/status.ts'
import { makeMemoryLedger, type MemoryLedger } from '../support/memory-ledger.ts'
import { booking, idOf, T0 } from '../support/versions.ts'

const NOW = T0 + 600_000
const plain = { colour: false, width: Infinity }

async function report(fill: (ledger: MemoryLedger) => Promise<unknown>): Promise<StatusReport> {
  const ledger = makeMemoryLedger({ now: () => NOW })
  await fill(ledger)
  const estate = { name: 'small', pairs: [{ name: 'p' }], queues: [] }
  return makeGatherStatus({ estate, ledger, clock: { now: () => NOW } })({ head: 9 })
}

describe('status', () => {
  it('shows each incident: since when, the next probe, what to do', async () => {
    const text = renderStatus(
      await report(async (ledger) => {
        const incident = { since: NOW - 300_000, probes: 2, nextProbeAt: NOW + 120_000 }
        await ledger.saveIncident('p', { ...incident, reason: 'DstPutObjectNotPermitted', versions: 7 })
        await ledger.saveIncident('p', { ...incident, reason: 'new\u001B[2J', probes: 1, nextProbeAt: NOW })
      }),
      plain,
    )
    expect(text).toContain(
      'p: DstPutObjectNotPermitted since 5 min; 7 versions held, 2 probes so far, the next probe is in 2 min\n  Grant the',
    )
    expect(text).toContain('p: "new\\u001b[2J" since 5 min; 0 versions held, 1 probe so far, the next probe is due')
    expect(text).not.toContain('\u001B')
  })

  it('shows what re-drives have in hand, and what came of them', async () => {
    const text = renderStatus(
      await report(async (ledger) => {
        const job = { state: 'created', createdAt: NOW - 90_000, versions: 12, bytes: 2048, by: 'automatic' } as const
        await ledger.saveJob('p', { ...job, token: 'a', jobId: 'j-1' })
        const ordered = { by: 'ada\u001B[2J', probeOf: 'DstBucketNotFound', strategy: 'copy', createdAt: NOW } as const
        await ledger.saveJob('p', { ...job, ...ordered, token: 'b', versions: 1 })
        await ledger.note('p', { redriven: 7, redriveFailed: 2 })
      }),
      plain,
    )
    expect(text).toContain(
      're-drives p: 12 versions (2.0 KiB) by batch, for 90 s; job j-1\n' +
        '          p: 1 version (2.0 KiB) by copy, the probe of DstBucketNotFound, for 0 ms, by "ada\\u001b[2J"\n' +
        '          so far 7 done, 2 failed\n',
    )
    expect(renderStatus(await report(async () => {}), plain)).not.toContain('re-drives')
  })

  it('tells for a month that Redis was emptied, and what was at risk before', async () => {
    const emptied = await report(async (ledger) => {
      await ledger.identity('bbbb')
      await ledger.follow({ id: 'aaaa', at: NOW, atRisk: 12 })
    })
    expect(renderStatus(emptied, plain)).toContain(
      'This ledger began at 2026-01-15T12:10:00.000Z; the one before had 12 versions at risk:\n' +
        '  `landfall status --from-snapshot --ledger aaaa` lists it, `landfall audit --repair` restores it.',
    )
    const later = { ...emptied, at: new Date(NOW + 31 * 86_400_000).toISOString() }
    expect(renderStatus(later, plain)).not.toContain('began at')
    expect(renderStatus(await report(async (ledger) => ledger.identity('bbbb')), plain)).not.toContain('began at')
  })

  it('keys, reasons and version ids are inert', async () => {
    const text = renderHead(
      await report(async (ledger) => {
        await ledger.book('p', [booking(1, { key: 'a\u001B]0;x\u0007', versionId: 'v\u202E' })])
        const { id } = (await ledger.oldest('p', 1))[0]!
        await ledger.settle('p', [{ id, to: 'park', state: 'failed', reason: 'r\r\n', recheckInMs: 1 }])
        await ledger.nudge('p', [{ id: idOf(9) }])
      }),
      plain,
    )
    expect(text).toContain('"a\\u001b]0;x\\u0007" "v\\u202e"')
    expect(text).toContain('"r\\r\\n"')
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/)
  })
})
