import { METRICS } from '../src/domain/metrics.ts'
import { prometheusName } from '../src/domain/prometheus.ts'

/** Prometheus knows by its own `up` whether a scrape worked. */
const HEARTBEAT = METRICS.find(({ name }) => name === 'Heartbeat')

const SCOPES = {
  pair: ['Per pair', 'Dimension `Pair`; label `pair`.'],
  queue: [
    'Per intake queue',
    'Dimension `Queue`; label `queue`. What SQS knows is asked for at most every 15 s, however often `/metrics` is scraped, and left out where it does not answer.',
  ],
  service: ['Of the service', 'No dimension.'],
} as const

/** docs/metrics.md, from the METRICS table. */
export function metricsPage(): string {
  const sections = Object.entries(SCOPES).map(([scope, [title, about]]) => {
    const rows = METRICS.filter((metric) => metric.scope === scope).map(
      (metric) =>
        `| \`${metric.name}\` | ${metric === HEARTBEAT ? '(`up`)' : `\`${prometheusName(metric)}\``} | ${metric.kind}, ${metric.unit} | ${metric.help} | ${metric.hint === '' ? '' : metric.hint} |`,
    )
    return `## ${title}\n\n${about}\n\n| CloudWatch | Prometheus | kind, unit | what it says | what to do |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# Metrics

Made from the table in \`src/domain/metrics.ts\` by \`node scripts/docs.ts\`; a test fails when this page and the table differ.

One container of many publishes to CloudWatch (\`service.metrics\`), once a period. Counters only ever grow: read them with
\`Maximum\`, \`DIFF\` and \`RATE\`, never with \`Sum\`, since CloudWatch cannot tell a retried publication from a second one.
\`ReplicationLag\` goes out as \`Values\` and \`Counts\`, so that CloudWatch can give percentiles of it. \`Heartbeat\` is
published last, and only after everything else was taken.

${sections.join('\n')}`
}
