import { CAUSES } from '../src/domain/alarms/causes.ts'
import { METRICS, PAIR_METRICS, REQUEST_METRICS } from '../src/domain/metrics.ts'
import { prometheusName } from '../src/domain/prometheus.ts'

/** Prometheus knows by its own `up` whether a scrape worked. */
const HEARTBEAT = METRICS.find(({ name }) => name === 'Heartbeat')

const SCOPES = {
  pair: ['Per pair', 'Dimension `Pair`; label `pair`.'],
  queue: [
    'Per intake queue',
    'Dimension `Queue`; label `queue`. What SQS knows is asked for at most every 15 s, however often `/metrics` is scraped, and left out where it does not answer.',
  ],
  dump: [
    'Per dump',
    'Dimension `Dump`; label `dump`. Of its catalog, which is read from its buckets every five minutes at most; while they do not answer, of the last one that was read.',
  ],
  service: ['Of the service', 'No dimension.'],
} as const

/** Causes in docs/alarms.md. */
function alarmsOn(metric: string): string {
  return CAUSES.filter(({ metrics }) => metrics.includes(metric))
    .map(({ cause }) => `[${cause}](alarms.md#${cause})`)
    .join(', ')
}

/** docs/metrics.md, from the METRICS table. */
export function metricsPage(): string {
  const sections = Object.entries(SCOPES).map(([scope, [title, about]]) => {
    const rows = METRICS.filter((metric) => metric.scope === scope).map(
      (metric) =>
        `| \`${metric.name}\` | ${metric === HEARTBEAT ? '(`up`)' : REQUEST_METRICS.has(metric.name) ? '(none)' : `\`${prometheusName(metric)}\``} | ${metric.kind}, ${metric.unit} | ${metric.help} | ${metric.hint === '' ? '' : metric.hint} | ${alarmsOn(metric.name)} |`,
    )
    return `## ${title}\n\n${about}\n\n| CloudWatch | Prometheus | kind, unit | what it says | what to do | alarms |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# Metrics

Made from the table in \`src/domain/metrics.ts\` by \`node scripts/docs.ts\`; a test fails when this page and the table differ.

One container of many publishes to CloudWatch (\`service.metrics\`), once a period. Counters only ever grow: read them with
\`Maximum\`, \`DIFF\` and \`RATE\`, never with \`Sum\`, since CloudWatch cannot tell a retried publication from a second one.
\`ReplicationLag\` goes out as \`Values\` and \`Counts\`, so that CloudWatch can give percentiles of it. \`Heartbeat\` is
published last, and only after everything else was taken.

A metric without an alarm is there to be looked at: every metric of a pair is drawn on the dashboard of its stage, all of
them on the Grafana one ([dashboards.md](dashboards.md)).

\`landfall metrics cost\` says what the configuration's metrics, alarms and dashboards cost a month by list price, and which
dimension costs it. It asks nothing of AWS, and takes no free tier off. Pairs are what costs: ${PAIR_METRICS.length - REQUEST_METRICS.size + 1} metrics each, and their
alarms. \`service.metrics.every\` changes only the requests, which are cheap. An alarm on metric math is billed for each of
its metrics, which makes the error budget's the dearest ones.

${sections.join('\n')}`
}
