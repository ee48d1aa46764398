/** The METRICS table in Prometheus' text format (exposition format 0.0.4): names, help and types from the same rows. */
import type { DumpHealth } from './dump/health.ts'
import {
  DUMP_METRICS,
  METRICS,
  PAIR_METRICS,
  QUEUE_METRICS,
  REQUEST_METRICS,
  type QueueReport,
  SERVICE_METRICS,
} from './metrics.ts'
import type { PairSnapshot, ServiceCounts } from './snapshot.ts'

export interface PrometheusParts {
  readonly now: number
  readonly pairs: readonly PairSnapshot[]
  readonly queues: readonly QueueReport[]
  readonly dumps: readonly DumpHealth[]
  readonly counters: ServiceCounts
  /** AWS requests of this process, by service and action. */
  readonly requests: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** `OldestAtRisk` in seconds becomes `landfall_oldest_at_risk_seconds`; counters end in `_total`. */
export function prometheusName(metric: { name: string; unit: string; kind: 'counter' | 'gauge' }): string {
  const snake = metric.name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()
  const unit = metric.unit === 'Count' || metric.unit === 'None' ? '' : `_${metric.unit.toLowerCase()}`
  const base = snake.endsWith(unit) ? snake : `${snake}${unit}`
  return `landfall_${base}${metric.kind === 'counter' ? '_total' : ''}`
}

export function prometheusText(parts: PrometheusParts): string {
  const lines: string[] = []
  const head = (name: string, kind: string, help: string): void => {
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${kind}`)
  }
  for (const metric of PAIR_METRICS) {
    if (REQUEST_METRICS.has(metric.name)) continue
    const name = prometheusName(metric)
    head(name, metric.kind, metric.help)
    for (const pair of parts.pairs) push(name, { pair: pair.pair }, metric.of(pair, parts.now))
  }
  for (const metric of QUEUE_METRICS) {
    const name = prometheusName(metric)
    head(name, metric.kind, metric.help)
    for (const queue of parts.queues) push(name, { queue: queue.queue }, metric.of(queue, parts.now))
  }
  for (const metric of DUMP_METRICS) {
    const name = prometheusName(metric)
    head(name, metric.kind, metric.help)
    for (const dump of parts.dumps) push(name, { dump: dump.dump }, metric.of(dump, parts.now))
  }
  for (const metric of SERVICE_METRICS) {
    const name = prometheusName(metric)
    head(name, metric.kind, metric.help)
    push(name, {}, metric.of(parts.counters))
  }
  const lag = 'landfall_replication_lag_seconds'
  head(lag, 'gauge', METRICS.find((metric) => metric.name === 'ReplicationLag')!.help)
  for (const pair of parts.pairs) {
    for (const [quantile, value] of [
      ['0.5', pair.lag.p50],
      ['0.95', pair.lag.p95],
      ['0.99', pair.lag.p99],
    ] as const)
      push(lag, { pair: pair.pair, quantile }, value === undefined ? undefined : value / 1000)
  }
  head('landfall_aws_requests_total', 'counter', 'Requests to AWS by this process, retries included.')
  for (const [service, actions] of parts.requests)
    for (const [action, count] of actions) push('landfall_aws_requests_total', { service, action }, count)
  return `${lines.join('\n')}\n`

  function push(name: string, labels: Record<string, string>, value: number | undefined): void {
    if (value === undefined) return
    const text = Object.entries(labels)
      .map(([label, of]) => `${label}="${escapeLabel(of)}"`)
      .join(',')
    lines.push(`${name}${text === '' ? '' : `{${text}}`} ${value}`)
  }
}

const escapeHelp = (text: string): string => text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', String.raw`\"`)
