import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { METRICS } from '../../src/domain/metrics.ts'
import { prometheusName, prometheusText } from '../../src/domain/prometheus.ts'
import { SERVICE_COUNTERS } from '../../src/domain/snapshot.ts'
import { makeMemoryLedger } from '../support/memory-ledger.ts'
import { metricsPage } from '../../scripts/metrics-page.ts'

it('docs/metrics.md says what the table says (node scripts/docs.ts writes it)', () => {
  expect(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')).toBe(metricsPage())
})

it('names are unique in CloudWatch and in Prometheus', () => {
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length)
  expect(new Set(METRICS.map((metric) => prometheusName(metric))).size).toBe(METRICS.length)
})

it('the text for Prometheus is well-formed, and hostile labels stay inside their quotes', async () => {
  const snapshot = await makeMemoryLedger().snapshot('documents')
  const text = prometheusText({
    now: 0,
    pairs: [{ ...snapshot, pair: 'a"b\\c\nd', oldest: -2000 }],
    queues: [{ queue: 'q', visible: 1, inFlight: 2, delayed: 0, deadLetters: 4, newestEvent: -1500 }],
    dumps: [],
    counters: Object.fromEntries(SERVICE_COUNTERS.map((name) => [name, 7])) as Record<
      (typeof SERVICE_COUNTERS)[number],
      number
    >,
    requests: new Map([['s3', new Map([['HeadObject', 3]])]]),
  })
  expect(text).toContain('landfall_oldest_at_risk_seconds{pair="a\\"b\\\\c\\nd"} 2\n')
  expect(text).toContain('landfall_newest_event_age_seconds{queue="q"} 1.5\n')
  expect(text).toContain('landfall_dead_letters{queue="q"} 4\n')
  expect(text).toContain('landfall_poison_total 7\n')
  expect(text).toContain('landfall_aws_requests_total{service="s3",action="HeadObject"} 3\n')
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^(# (HELP|TYPE) landfall_\w+ .+|landfall_\w+(\{.*\})? -?[\d.e+-]+)$/)
})
