import { expect, test } from 'vitest'
import { drillPage, replicasPage } from '../../../src/domain/dump/drill-page.ts'
import type { DrillReport } from '../../../src/domain/dump/manifest.ts'
import { fc } from '../../support/fc.ts'

function reportOf(text: string): DrillReport {
  return {
    format: 1,
    dump: text,
    key: text,
    versionId: text,
    from: { bucket: text, region: text },
    startedAt: '2026-11-24T06:00:00.000Z',
    endedAt: '2026-11-24T06:12:31.000Z',
    verdict: 'restored',
    restoreSeconds: 751,
    server: text,
    checks: [{ check: text, result: 'fail', detail: text }],
    rows: { tables: 1, total: 2, differing: [text] },
    landfallVersion: text,
  }
}

const TAGS = drillPage(reportOf('x')).match(/<[^>]*>/g)!

test('no text from outside becomes part of the page, or turns its direction', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      '</style><b>',
      "' onload='x",
      '\u202Egpg',
      '&lt;',
    ),
  )
  fc.assert(
    fc.property(hostile, (text) => {
      const page = drillPage(reportOf(text))
      expect(page.match(/<[^>]*>/g)!.map((tag) => tag.replace(' class="long"', ''))).toEqual(
        TAGS.map((tag) => tag.replace(' class="long"', '')),
      )
      expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }),
  )
})

test('it loads nothing and runs nothing', () => {
  const page = drillPage(reportOf('production'))
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  expect(page).not.toMatch(/<script|https?:|url\(|@import/)
  expect(page).toContain('12 min 31 s')
})

test('a bucket with nothing in it proves nothing', () => {
  const page = replicasPage({
    format: 1,
    pair: 'documents',
    from: { bucket: 'b', region: 'eu-west-2' },
    startedAt: '2026-11-24T06:00:00.000Z',
    endedAt: '2026-11-24T06:00:01.000Z',
    verdict: 'failed',
    seed: 7,
    listed: 0,
    bytes: 0,
    sampled: [],
    source: 'compared',
    landfallVersion: '0.1.0',
  })
  expect(page).toContain('There was nothing to read')
})
