/** The table of metrics, what is emitted, the alarms, the dashboards and the pages: held against each other, both ways. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { grafanaFile, NOT_SCRAPED } from '../../scripts/grafana.ts'
import { checkDashboard } from '../../sandbox/cloudwatch/dashboard-check.ts'
import { alarmsOf } from '../../src/domain/alarms/alarms.ts'
import { CAUSES } from '../../src/domain/alarms/causes.ts'
import type { Alarm, MetricAlarm } from '../../src/domain/alarms/definition.ts'
import { dashboardsOf } from '../../src/domain/dashboards/dashboards.ts'
import { METRICS } from '../../src/domain/metrics.ts'
import { prometheusName } from '../../src/domain/prometheus.ts'
import type { Datum } from '../../src/ports.ts'
import { makeReport } from '../../src/workers/report.ts'
import { loadEstate } from '../../src/config/load.ts'
import { cleanAudit } from '../support/audits.ts'
import { recordingLog } from '../support/log.ts'
import { makeMemoryLedger } from '../support/memory-ledger.ts'
import { smallAlarms, smallDump, smallEstate, smallPair } from '../support/small-estate.ts'
import { bookings, T0 } from '../support/versions.ts'

const HOME = { account: '111111111111', partition: 'aws' }
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const pairs = [
  smallPair('documents', {
    stage: 'production',
    auditEveryMs: 86_400_000,
    alarms: { rpoMs: 1_800_000, quietAfterMs: 3_600_000, requestsFilter: 'all' },
  }),
  smallPair('agreements', { stage: 'preview.1' }),
]
const dumps = [smallDump('production', { pair: 'documents' })]
const estate = smallEstate(
  { pairs, dumps },
  {
    alarms: smallAlarms({ runbook: 'https://wiki.example.org/alarms' }),
    doctor: { everyMs: 86_400_000, canaryEveryMs: 900_000 },
  },
)
const alarms = alarmsOf(estate)
const metricAlarms = alarms.filter((alarm): alarm is MetricAlarm => alarm.kind === 'metric')

/** Name and dimensions, as CloudWatch tells metrics apart. */
const identity = (metric: string, dimensions: Readonly<Record<string, string>>): string =>
  JSON.stringify([metric, Object.entries(dimensions)])

async function emitted(): Promise<ReadonlySet<string>> {
  let now = T0 + 60_000
  const ledger = makeMemoryLedger({ now: () => now })
  const puts: Datum[] = []
  for (const { name } of pairs) {
    await ledger.book(name, bookings(0, 5))
    await ledger.saveAudit(cleanAudit(name, T0))
    await ledger.canaryWritten(name, 'v')
    await ledger.canaryStep({ pair: name, step: 'landed', versionId: 'v' })
    const [taken] = await ledger.take(name, { max: 1, leaseMs: 1000 })
    const lag = { ms: 5000, bound: 'exact' } as const
    await ledger.settle(name, [{ id: taken!.version.id, to: 'close', verdict: 'landed', evidence: 'head', lag }])
  }
  await ledger.setGauges({ doctorFailed: 0, doctorWarned: 1 })
  await ledger.sawEvents(new Map(estate.queues.map(({ name }) => [name, T0])))
  now += 120_000
  const report = makeReport({
    estate,
    ledger,
    sink: { put: async (data) => void puts.push(...data) },
    dumps: async () => [
      { dump: 'production', newest: T0, bytes: 9, sizeRatio: 1, unverified: 0, failed: 0, replicated: true },
    ],
    sourceWrites: (pair) => (pair === 'documents' ? { count: 5, fromMs: now } : undefined),
    depth: async ({ name }) => ({ queue: name, visible: 3, inFlight: 1, delayed: 0, deadLetters: 0 }),
    clock: { now: () => now },
    log: recordingLog(),
    holder: 'a',
  })
  await report({}, new AbortController().signal)
  return new Set(puts.map(({ name, dimensions }) => identity(name, dimensions)))
}

test('what is emitted is the table, and every alarm watches what is emitted, dimensions and all', async () => {
  const all = await emitted()
  const names = [...all].map((one) => (JSON.parse(one) as [string])[0])
  expect([...new Set(names)].sort()).toEqual(METRICS.map(({ name }) => name).sort())
  for (const { name, watched } of metricAlarms) {
    for (const { metric, dimensions } of Object.values(watched))
      expect(all, `${name} watches ${metric}`).toContain(identity(metric, dimensions))
  }
})

test('counters are watched by their growth alone, and no statistic is a sum', () => {
  const counters = new Set(METRICS.filter(({ kind }) => kind === 'counter').map(({ name }) => name))
  for (const { name, watched, expression } of metricAlarms) {
    for (const [id, { metric, statistic }] of Object.entries(watched)) {
      expect(statistic).not.toBe('Sum')
      if (!counters.has(metric)) continue
      expect(statistic).toBe('Maximum')
      // Every mention of its id is the argument of DIFF.
      const bare = (expression ?? id).replaceAll(`DIFF(${id})`, '')
      expect(bare, name).not.toMatch(new RegExp(`\\b${id}\\b`))
    }
  }
})

test('every cause has its alarm here, its section in docs/alarms.md, and its line in docs/metrics.md, both ways', () => {
  const causes = CAUSES.map(({ cause }) => cause).sort()
  expect([...new Set(alarms.map(({ cause }) => cause))].sort()).toEqual(causes)
  const page = read('docs/alarms.md')
  const runbook = page.slice(page.indexOf('\n# Runbook'), page.indexOf('\n# Alarms of others'))
  expect([...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title!).sort()).toEqual(causes)

  const rows = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \|.*\|([^|]*)\|$/gm)]
  expect(rows.map(([, name]) => name!).sort()).toEqual(METRICS.map(({ name }) => name).sort())
  const onPage = rows.flatMap(([, name, links]) =>
    [...links!.matchAll(/alarms\.md#([\w-]+)/g)].map(([, cause]) => `${cause} ${name}`),
  )
  const made = metricAlarms.flatMap(({ cause, watched }) =>
    Object.values(watched).map(({ metric }) => `${cause} ${metric}`),
  )
  expect(onPage.sort()).toEqual([...new Set(made)].sort())
})

test('a metric without an alarm is drawn on a dashboard, and a dashboard draws only what is emitted', async () => {
  const all = await emitted()
  const drawn = new Set(
    dashboardsOf(estate, HOME)
      .flatMap(({ body }) => body.widgets)
      .flatMap(({ properties }) => (properties['metrics'] ?? []) as unknown[][])
      .filter(([namespace]) => namespace === 'Landfall')
      .map((line) => {
        const words = line.filter((word) => typeof word === 'string').slice(2)
        const dimensions = words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1]!] as const] : []))
        return identity(String(line[1]), Object.fromEntries(dimensions))
      }),
  )
  for (const one of drawn) expect(all).toContain(one)
  for (const one of all) expect(drawn).toContain(one)
})

test('the Grafana dashboard is made from the table, and draws every metric that a scrape gives', () => {
  const file = read('deploy/grafana/landfall.json')
  expect(file).toBe(grafanaFile())
  for (const metric of METRICS) {
    const name = prometheusName(metric)
    const drawn = new RegExp(`\\b${name}\\b`).test(file)
    expect(drawn, name).toBe(!NOT_SCRAPED.includes(metric.name))
  }
})

test('the text of an alarm names the pair, both buckets, the next command and the runbook', () => {
  for (const { description, cause, ...alarm } of alarms) {
    expect(description.length).toBeLessThanOrEqual(1024)
    expect(description).toMatch(new RegExp(`Next: .+\\. Runbook: https://wiki\\.example\\.org/alarms#${cause}$`))
    const pair = alarm.kind === 'metric' ? Object.values(alarm.watched)[0]?.dimensions['Pair'] : undefined
    if (pair !== undefined) expect(description).toContain(`${pair} (${pair}-source in eu-west-1 to ${pair}-destination`)
  }
})

const big = (count: number) =>
  smallEstate({
    pairs: Array.from({ length: count }, (_, n) => smallPair(`pair-of-a-long-name-${n}`, { stage: `s${n % 4}` })),
  })

test('names are unique, and a hundred pairs fit into composites of a hundred children', () => {
  const all = alarmsOf(big(100))
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  const seen = new Set<string>()
  for (const alarm of all) {
    // In this order they can be made: a composite's children are there before it.
    if (alarm.kind === 'composite') {
      expect(alarm.children.length).toBeLessThanOrEqual(100)
      expect(alarm.rule.length).toBeLessThanOrEqual(10_240)
      for (const child of alarm.children) expect(seen).toContain(child)
    }
    seen.add(alarm.name)
  }
  const top = all.at(-1) as Alarm & { kind: 'composite' }
  expect(top.name).toBe('landfall-estate-at-risk')
  expect(top.children).toEqual([
    'landfall-estate-at-risk-1',
    'landfall-estate-at-risk-2',
    'landfall-estate-at-risk-3',
    'landfall-estate-at-risk-4',
  ])
})

test('where metrics are published less often than an alarm looks, it looks less often', () => {
  const slow = smallEstate(
    {},
    { metrics: { enabled: true, namespace: 'Landfall', region: 'eu-west-2', everyMs: 600_000 } },
  )
  for (const alarm of alarmsOf(slow)) {
    if (alarm.kind === 'metric') expect(alarm.periodSeconds).toBeGreaterThanOrEqual(600)
  }
})

test.each([
  ['a small estate', () => estate],
  ['a hundred pairs', () => big(100)],
  [
    'the example',
    () => loadEstate({ path: new URL('../../landfall.example.yaml', import.meta.url).pathname, env: {} }),
  ],
])('dashboards of %s are what CloudWatch documents', async (_, of) => {
  const all = dashboardsOf(await of(), HOME)
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  for (const { name, body } of all) {
    expect(name).toMatch(/^[\w-]{1,255}$/)
    expect(checkDashboard(JSON.parse(JSON.stringify(body)))).toEqual([])
  }
})

test('widgets name the region of what they show: queues and destinations have theirs', () => {
  const [whole] = dashboardsOf(estate, HOME)
  const regions = whole!.body.widgets
    .filter(({ properties }) => JSON.stringify(properties).includes('AWS/SQS'))
    .map(({ properties }) => properties['region'])
  expect(regions).toEqual(['eu-west-1', 'eu-west-2'])
})
