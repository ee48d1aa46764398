/** From the estate to its alarms: pure, and the same list in the same order each time. */
import { budgetAlarms } from './budget.ts'
import {
  DUMP_CAUSES,
  ESTATE_CAUSE,
  PAIR_CAUSES,
  QUEUE_CAUSES,
  SERVICE_CAUSES,
  type DumpLimits,
  type PairLimits,
  type Test,
} from './causes.ts'
import type { MetricName, Scope } from '../metrics.ts'
import type { Alarm, CompositeAlarm, MetricAlarm, WatchedMetric } from './definition.ts'
import { alarmed, type AlarmEstate, describe, periodOf, type Subject } from './parts.ts'

/** CloudWatch API reference, PutCompositeAlarm: 100 children, 10,240 characters. */
const MOST_CHILDREN = 100
const MOST_RULE = 10_000
/** Gigabytes take their time, whatever small objects of the pair do. */
const REPLICA_LATE_MS = 3_600_000

/** Metric alarms first, then composites, each after its children: the order in which they can be made. */
export function alarmsOf(estate: AlarmEstate): readonly Alarm[] {
  const { prefix, thresholds, budget } = estate.service.alarms
  const risky: string[] = []
  const alarms: Alarm[] = []
  const add = (subject: Subject, row: Row, said: { says: string; test: Test<Scope> } | undefined): void => {
    if (said === undefined) return
    const alarm = metricAlarm(estate, subject, row, said)
    alarms.push(alarm)
    if (row.atRisk) risky.push(alarm.name)
  }
  const service: Subject = { stem: prefix, what: `estate ${estate.name}`, dimensions: {} }
  for (const cause of SERVICE_CAUSES) add(service, cause, cause.of())
  for (const pair of estate.pairs) {
    for (const cause of PAIR_CAUSES) add(subjectOf(prefix, pair), cause, cause.of(limitsOf(estate, pair), thresholds))
  }
  for (const queue of estate.queues) {
    const what = `queue ${queue.name} (${queue.region})`
    const subject: Subject = { stem: `${prefix}${queue.name}-`, what, dimensions: { Queue: queue.name } }
    for (const cause of QUEUE_CAUSES) add(subject, cause, cause.of(thresholds))
  }
  for (const dump of estate.dumps) {
    const { name, place } = dump
    const what = `dump ${name} (${place.bucket} in ${place.region})`
    const subject: Subject = { stem: `${prefix}${name}-`, what, dimensions: { Dump: name } }
    for (const cause of DUMP_CAUSES) add(subject, cause, cause.of(dumpLimits(estate, dump)))
  }
  const burning = estate.pairs.flatMap((pair) =>
    budgetAlarms({ estate, subject: subjectOf(prefix, pair), lateAfterMs: pair.lateAfterMs, budget }),
  )
  return [
    ...alarms,
    ...burning.filter(({ kind }) => kind === 'metric'),
    ...burning.filter(({ kind }) => kind === 'composite'),
    ...estateAlarms(estate, risky),
  ]
}

/** Also the page's: it must not say "all is well" where an alarm is on. */
export function dumpLimits(
  { pairs }: { readonly pairs: readonly { readonly name: string; readonly lateAfterMs: number }[] },
  dump: Pick<AlarmEstate['dumps'][number], 'pair' | 'freshMs' | 'drill' | 'bounds'>,
): DumpLimits {
  const late = pairs.find(({ name }) => name === dump.pair)?.lateAfterMs
  return {
    freshMs: dump.freshMs,
    drillEveryMs: dump.drill.everyMs,
    ...dump.bounds,
    replicaLateMs: late === undefined ? undefined : Math.max(REPLICA_LATE_MS, late),
  }
}

function limitsOf({ service }: AlarmEstate, pair: AlarmEstate['pairs'][number]): PairLimits {
  const { auditEveryMs, lateAfterMs } = pair
  return { ...pair.alarms, auditEveryMs, lateAfterMs, canaryEveryMs: service.doctor.canaryEveryMs }
}

interface Row {
  readonly cause: string
  readonly next: string
  readonly atRisk: boolean
}

function subjectOf(prefix: string, { name, source, destination }: AlarmEstate['pairs'][number]): Subject {
  return {
    stem: `${prefix}${name}-`,
    what: `${name} (${source.bucket} in ${source.region} to ${destination.bucket} in ${destination.region})`,
    dimensions: { Pair: name },
  }
}

function metricAlarm(
  estate: AlarmEstate,
  { stem, what, dimensions }: Subject,
  row: Row,
  { says, test }: { readonly says: string; readonly test: Test<Scope> },
): MetricAlarm {
  const { measure, m, n, above, below, missing } = test
  const watch = (metric: MetricName, statistic: WatchedMetric['statistic'] = 'Maximum'): WatchedMetric => ({
    metric,
    dimensions,
    statistic,
  })
  return {
    kind: 'metric',
    name: `${stem}${row.cause}`,
    cause: row.cause,
    description: describe(estate, row, `${what}: ${says}.`),
    ...('gauge' in measure
      ? { watched: { m: watch(measure.gauge, measure.statistic) } }
      : 'growth' in measure
        ? { watched: { m: watch(measure.growth) }, expression: 'DIFF(m)' }
        : {
            watched: Object.fromEntries(Object.entries(measure.gauges).map(([id, metric]) => [id, watch(metric)])),
            expression: measure.expression,
          }),
    periodSeconds: periodOf(estate, test.periodSeconds),
    m,
    n,
    comparison: above === undefined ? 'below' : 'above',
    threshold: above ?? below ?? 0,
    missing,
    topics: estate.service.alarms.topics,
  }
}

/** One composite on top; where the alarms are more than one may hold, composites between. */
function estateAlarms(estate: AlarmEstate, risky: readonly string[]): readonly CompositeAlarm[] {
  const { prefix, estateTopics } = estate.service.alarms
  const name = `${prefix}${ESTATE_CAUSE.cause}`
  const says = `estate ${estate.name}: if the sources were lost now, more would be lost than was promised, or nobody could tell.`
  const common = {
    kind: 'composite',
    cause: ESTATE_CAUSE.cause,
    description: describe(estate, ESTATE_CAUSE, says),
  } as const
  const groups = chunks(risky)
  if (groups.length === 1) {
    return [{ ...common, name, rule: anyOf(risky), children: risky, topics: estateTopics }]
  }
  const parts = groups.map((children, index) => ({
    ...common,
    name: `${name}-${index + 1}`,
    rule: anyOf(children),
    children,
    topics: [],
  }))
  const children = parts.map((part) => part.name)
  return [...parts, { ...common, name, rule: anyOf(children), children, topics: estateTopics }]
}

const anyOf = (names: readonly string[]): string => names.map(alarmed).join(' OR ')

function chunks(names: readonly string[]): string[][] {
  const all: string[][] = [[]]
  for (const name of names) {
    const last = all.at(-1)!
    if (last.length >= MOST_CHILDREN || anyOf([...last, name]).length > MOST_RULE) all.push([name])
    else last.push(name)
  }
  return all
}
