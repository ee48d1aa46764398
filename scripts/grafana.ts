/** deploy/grafana/landfall.json: one dashboard over the Prometheus endpoint, from the METRICS table. */
import { METRICS, REQUEST_METRICS, type MetricUnit } from '../src/domain/metrics.ts'
import { prometheusName } from '../src/domain/prometheus.ts'

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const UNITS: Readonly<Record<MetricUnit, string>> = {
  Seconds: 's',
  Bytes: 'bytes',
  Count: 'short',
  None: 'short',
  Percent: 'percent',
}
/** What only CloudWatch gets: Prometheus has its own `up`. */
export const NOT_SCRAPED: readonly string[] = ['Heartbeat', ...REQUEST_METRICS]
const WIDTH = 8
const HEIGHT = 8

interface Target {
  readonly expr: string
  readonly legend: string
}

export function grafanaDashboard(): object {
  const drawn = METRICS.filter(({ name }) => !NOT_SCRAPED.includes(name))
  return {
    title: 'Landfall',
    uid: 'landfall',
    tags: ['landfall', 'replication'],
    description: 'Have the replicas landed? Made from the METRICS table by `node scripts/docs.ts`.',
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' },
        {
          name: 'pair',
          type: 'query',
          label: 'Pair',
          datasource: DATASOURCE,
          definition: 'label_values(landfall_at_risk, pair)',
          query: { query: 'label_values(landfall_at_risk, pair)', refId: 'pair' },
          refresh: 2,
          multi: true,
          includeAll: true,
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: [
      {
        ...panel('Scrapes that work', 'stat', 'short', [{ expr: 'up{job=~".*landfall.*"}', legend: '{{instance}}' }]),
        ...at(0, 0),
      },
      ...drawn.map((metric, index) => ({
        ...panel(metric.name, 'timeseries', metric.kind === 'counter' ? 'ops' : UNITS[metric.unit], [targetOf(metric)]),
        description: [metric.help, metric.hint].filter((text) => text !== '').join(' '),
        ...at(index + 1, index + 1),
      })),
    ],
  }
}

/** Several containers serve the same numbers out of one ledger: the greatest is the newest, never their sum. */
function targetOf(metric: (typeof METRICS)[number]): Target {
  const name = prometheusName(metric)
  if (metric.name === 'ReplicationLag')
    return { expr: `max by (pair, quantile) (${name}{pair=~"$pair"})`, legend: '{{pair}} p{{quantile}}' }
  const selector = metric.scope === 'pair' ? '{pair=~"$pair"}' : ''
  const value = metric.kind === 'counter' ? `rate(${name}${selector}[$__rate_interval])` : `${name}${selector}`
  if (metric.scope === 'service') return { expr: `max(${value})`, legend: metric.name }
  return { expr: `max by (${metric.scope}) (${value})`, legend: `{{${metric.scope}}}` }
}

function panel(title: string, type: string, unit: string, targets: readonly Target[]): object {
  return {
    title,
    type,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: targets.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
  }
}

function at(index: number, id: number): object {
  return { id: id + 1, gridPos: { x: (index % 3) * WIDTH, y: Math.floor(index / 3) * HEIGHT, w: WIDTH, h: HEIGHT } }
}

export const grafanaFile = (): string => `${JSON.stringify(grafanaDashboard(), null, 2)}\n`
