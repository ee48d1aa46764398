/** From the estate to its dashboards: one for all of it, and one for each stage. Pure. */
import { alarmsOf } from '../alarms/alarms.ts'
import type { AlarmEstate } from '../alarms/parts.ts'
import {
  DUMP_METRICS,
  PAIR_METRICS,
  QUEUE_METRICS,
  REQUEST_METRICS,
  SERVICE_METRICS,
  type MetricNameOf,
} from '../metrics.ts'
import {
  alarmStates,
  type Body,
  calendar,
  found,
  graph,
  type GraphOptions,
  type Line,
  place,
  text,
  type Unplaced,
} from './widgets.ts'

export interface DashboardEstate extends AlarmEstate {
  readonly pairs: readonly (AlarmEstate['pairs'][number] & { readonly stage: string })[]
  readonly service: AlarmEstate['service'] & {
    readonly metrics: { readonly namespace: string; readonly region: string; readonly everyMs: number }
  }
}

/** Where the alarms are: their widgets name them by ARN. */
export interface Home {
  readonly partition: string
  readonly account: string
}

export interface Dashboard {
  readonly name: string
  readonly body: Body
}

type Pairs = DashboardEstate['pairs']
const HALF = 12
const THIRD = 8
const QUARTER = 6

export function dashboardsOf(estate: DashboardEstate, home: Home): readonly Dashboard[] {
  const { prefix } = estate.service.alarms
  const stages = Map.groupBy(estate.pairs, ({ stage }) => stage)
  return [
    { name: `${prefix}estate`, body: bodyOf(estateRows(estate, home, [...stages.keys()])) },
    ...[...stages].map(([stage, pairs]) => ({
      name: `${prefix}${stageName(stage)}`,
      body: bodyOf(stageRows(estate, home, stage, pairs)),
    })),
  ]
}

/** Names of dashboards hold letters, digits, `-` and `_`; a stage may hold a dot. */
const stageName = (stage: string): string => `stage-${stage.replaceAll('.', '_')}`

function bodyOf(rows: readonly (readonly Unplaced[])[]): Body {
  return { start: '-PT6H', periodOverride: 'inherit', widgets: place(rows) }
}

function estateRows(estate: DashboardEstate, home: Home, stages: readonly string[]): readonly (readonly Unplaced[])[] {
  const { pairs, queues, dumps } = estate
  const options = optionsOf(estate)
  const each = (metric: MetricNameOf<'pair'>, stat?: string): Line[] => linesOf(pairs, metric, stat)
  const regions = [...new Set(queues.map(({ region }) => region))]
  return [
    [text(headText(estate, stages), 4)],
    alarmStates('Alarms: estate', alarmArns(estate, home, isOfEstate)),
    [
      ...graph('Versions at risk', each('AtRisk'), {
        ...options(QUARTER, { height: 4, view: 'singleValue' }),
        sum: { expression: 'SUM(METRICS())', label: 'at risk' },
      }),
      ...graph('Oldest at risk', each('OldestAtRisk'), {
        ...options(QUARTER, { height: 4, view: 'singleValue' }),
        sum: { expression: 'MAX(METRICS())', label: 'seconds' },
      }),
      ...graph('Failed', each('Failed'), {
        ...options(QUARTER, { height: 4, view: 'singleValue' }),
        sum: { expression: 'SUM(METRICS())', label: 'failed' },
      }),
      ...graph('Heartbeat', [{ metric: 'Heartbeat', dimensions: {}, label: 'published', stat: 'SampleCount' }], {
        ...options(QUARTER, { height: 4, view: 'singleValue' }),
      }),
    ],
    [
      ...graph('RPO: age of the oldest version at risk', each('OldestAtRisk'), options(HALF)),
      ...graph('Versions at risk', each('AtRisk'), options(HALF, { stacked: true })),
      ...graph('Replication lag, p99', each('ReplicationLag', 'p99'), options(HALF)),
      ...graph('Age of the newest version', each('NewestVersionAge'), options(HALF)),
      ...graph('Versions received a second', each('Received'), options(HALF, { rate: true })),
      ...graph('Versions landed a second', each('Landed'), options(HALF, { rate: true })),
    ],
    QUEUE_METRICS.flatMap(({ name }) =>
      graph(
        name,
        queues.map((queue) => ({ metric: name, dimensions: { Queue: queue.name }, label: queue.name })),
        options(THIRD),
      ),
    ),
    calendarOf(estate, dumps),
    DUMP_METRICS.flatMap(({ name }) =>
      graph(
        name,
        dumps
          .filter(({ pair }) => pair !== undefined || name !== 'DumpReplicaLag')
          .map((dump) => ({ metric: name, dimensions: { Dump: dump.name }, label: dump.name })),
        options(THIRD),
      ),
    ),
    regions.flatMap((region) =>
      graph(
        `Age of the oldest message, as SQS tells it in ${region}`,
        queues
          .filter((queue) => queue.region === region)
          .map(({ name }) => ({
            metric: 'ApproximateAgeOfOldestMessage',
            dimensions: { QueueName: name },
            label: name,
          })),
        { ...options(HALF), region, namespace: 'AWS/SQS' },
      ),
    ),
    estate.service.doctor.canaryEveryMs === undefined
      ? []
      : (['CanaryUnseen', 'CanaryUnlanded', 'CanaryLag'] as const).flatMap((name) =>
          graph(name, each(name), options(THIRD)),
        ),
    graph(
      'Checks that failed, and that warned',
      SERVICE_METRICS.filter(({ kind }) => kind === 'gauge').map(({ name }) => ({
        metric: name,
        dimensions: {},
        label: name,
      })),
      options(24),
    ),
    graph(
      'Messages and events a second',
      SERVICE_METRICS.filter(({ kind }) => kind === 'counter').map(({ name }) => ({
        metric: name,
        dimensions: {},
        label: name,
      })),
      options(24, { rate: true }),
    ),
  ]
}

/** In hours; what a day's dump was worth is told by how old the last one became on that day. */
const CALENDAR = {
  DumpAge: 'made',
  DumpReplicaLag: 'not yet in the replica',
  DumpVerifiedAge: 'verified',
  DumpDrilledAge: 'restored by a drill',
} as const satisfies Partial<Record<MetricNameOf<'dump'>, string>>
const CALENDAR_DAYS = 35

function calendarOf({ service }: DashboardEstate, dumps: DashboardEstate['dumps']): readonly Unplaced[] {
  const lines = dumps.flatMap(({ name, pair }) =>
    Object.entries(CALENDAR)
      .filter(([metric]) => pair !== undefined || metric !== 'DumpReplicaLag')
      .map(([metric, label]) => ({ metric, dimensions: { Dump: name }, label: `${name}: ${label}` })),
  )
  const { namespace, region } = service.metrics
  const title = `Dumps by day: hours since the last one was made, verified, restored, at most (${CALENDAR_DAYS} days, UTC)`
  return calendar(title, lines, { namespace, region, days: CALENDAR_DAYS })
}

function stageRows(estate: DashboardEstate, home: Home, stage: string, pairs: Pairs): readonly (readonly Unplaced[])[] {
  const options = optionsOf(estate)
  const names = new Set(pairs.map(({ name }) => name))
  const regions = [...new Set(pairs.map(({ destination }) => destination.region))]
  return [
    [text(stageText(estate, stage, pairs), 3)],
    alarmStates(
      `Alarms: ${stage}`,
      alarmArns(estate, home, ({ pair }) => pair !== undefined && names.has(pair)),
    ),
    pairs.flatMap(({ name, lateAfterMs }) =>
      graph(
        `Replication lag of ${name}`,
        ['p50', 'p95', 'p99'].map((stat) => ({ ...linesOf([{ name }], 'ReplicationLag', stat)[0]!, label: stat })),
        options(THIRD, { limit: { label: 'late', value: lateAfterMs / 1000 } }),
      ),
    ),
    // Every metric of a pair that the table has: a number that nobody draws is a number that nobody looks at.
    PAIR_METRICS.flatMap(({ name, kind }) =>
      graph(
        titleOf(name, kind),
        linesOf(REQUEST_METRICS.has(name) ? pairs.filter(isCounted) : pairs, name),
        options(THIRD, { rate: kind === 'counter' }),
      ),
    ),
    calendarOf(
      estate,
      estate.dumps.filter(({ pair }) => pair !== undefined && names.has(pair)),
    ),
    regions.map((region) =>
      found(
        `S3's own replication latency in ${region}, where rules have metrics`,
        '{AWS/S3,SourceBucket,DestinationBucket,RuleId} MetricName="ReplicationLatency"',
        { region, width: 24, periodSeconds: 300 },
      ),
    ),
  ]
}

const isCounted = ({ alarms }: Pairs[number]): boolean => alarms.requestsFilter !== undefined

const titleOf = (name: string, kind: string): string => (kind === 'counter' ? `${name}, a second` : name)

function linesOf(pairs: readonly { readonly name: string }[], metric: string, stat?: string): Line[] {
  return pairs.map(({ name }) => ({
    metric,
    dimensions: { Pair: name },
    label: name,
    ...(stat === undefined ? {} : { stat }),
  }))
}

function optionsOf({ service }: DashboardEstate) {
  const { namespace, region, everyMs } = service.metrics
  const periodSeconds = Math.max(60, Math.ceil(everyMs / 60_000) * 60)
  return (width: number, more: Partial<GraphOptions> = {}): GraphOptions => ({
    namespace,
    region,
    periodSeconds,
    width,
    ...more,
  })
}

interface Shown {
  readonly cause: string
  readonly pair: string | undefined
}

/** Composites, the service's and the queues'; a pair's own are on its stage's dashboard. */
const isOfEstate = ({ pair, cause }: Shown): boolean => pair === undefined || cause === 'at-risk-too-old'

function alarmArns(estate: DashboardEstate, { partition, account }: Home, wanted: (shown: Shown) => boolean): string[] {
  const { region } = estate.service.metrics
  return alarmsOf(estate)
    .filter((alarm) => wanted({ cause: alarm.cause, pair: pairOf(alarm, estate) }) && isAlone(alarm))
    .map(({ name }) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`)
}

/** The windows of an error budget are shown by the composite that they make up. */
function isAlone(alarm: ReturnType<typeof alarmsOf>[number]): boolean {
  return alarm.kind === 'composite' || alarm.cause !== 'budget-burning'
}

function pairOf(alarm: ReturnType<typeof alarmsOf>[number], { pairs, service }: DashboardEstate): string | undefined {
  if (alarm.kind === 'metric') return Object.values(alarm.watched)[0]?.dimensions['Pair']
  return pairs.find(({ name }) => alarm.name === `${service.alarms.prefix}${name}-${alarm.cause}`)?.name
}

function headText(estate: DashboardEstate, stages: readonly string[]): string {
  const { runbook, prefix } = estate.service.alarms
  const links = stages.map((stage) => `[${stage}](#dashboards/dashboard/${prefix}${stageName(stage)})`).join(' | ')
  return [
    `# ${estate.name}: have the replicas landed?`,
    `If the sources were lost now, the versions at risk would be lost; the oldest of them is the RPO. Where the heartbeat is missing, every number here is old: \`landfall status --from-snapshot\`.`,
    `Stages: ${links}${runbook === undefined ? '' : ` | [Runbook](${runbook})`}`,
  ].join('\n\n')
}

function stageText(estate: DashboardEstate, stage: string, pairs: Pairs): string {
  const { runbook, prefix } = estate.service.alarms
  const links = [
    `[${estate.name}](#dashboards/dashboard/${prefix}estate)`,
    ...(runbook === undefined ? [] : [`[Runbook](${runbook})`]),
  ]
  return `# ${stage}\n\n${pairs.length} pairs of ${estate.name}. ${links.join(' | ')}`
}
