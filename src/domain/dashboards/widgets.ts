/**
 * Widgets of a CloudWatch dashboard, put on its grid of 24 columns row by row.
 *
 * Source: Amazon CloudWatch API reference, "Dashboard body structure and syntax".
 */

export interface Body {
  readonly start: string
  readonly periodOverride: 'inherit'
  readonly widgets: readonly Widget[]
}

export interface Widget {
  readonly type: 'text' | 'metric' | 'alarm'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly properties: Readonly<Record<string, unknown>>
}

export type Unplaced = Omit<Widget, 'x' | 'y'>

/** One line of a graph: the metric's name, and what sets it apart. */
export interface Line {
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly label: string
  readonly stat?: string
}

export interface GraphOptions {
  readonly region: string
  readonly namespace: string
  readonly width: number
  readonly height?: number
  readonly view?: 'timeSeries' | 'singleValue'
  readonly stacked?: boolean
  readonly periodSeconds: number
  /** Metric math over all lines, which then are hidden: one line in their place. */
  readonly sum?: { readonly expression: string; readonly label: string }
  /** Each line's growth a second instead of its value. */
  readonly rate?: boolean
  readonly limit?: { readonly label: string; readonly value: number }
}

const COLUMNS = 24
const HEIGHT = 6
/** CloudWatch takes 500 a graph, expressions among them. */
const MOST_LINES = 200

/** Left to right, and down where the row is full. */
export function place(rows: readonly (readonly Unplaced[])[]): readonly Widget[] {
  const placed: Widget[] = []
  let y = 0
  for (const row of rows) {
    let x = 0
    let height = 0
    for (const widget of row) {
      if (x + widget.width > COLUMNS) {
        y += height
        x = 0
        height = 0
      }
      const { type, ...rest } = widget
      placed.push({ type, x, y, ...rest })
      x += widget.width
      height = Math.max(height, widget.height)
    }
    y += height
  }
  return placed
}

export function text(markdown: string, height: number, width = COLUMNS): Unplaced {
  return { type: 'text', width, height, properties: { markdown } }
}

export function alarmStates(title: string, arns: readonly string[]): readonly Unplaced[] {
  const MOST_ALARMS = 100
  return parts(arns, MOST_ALARMS).map((alarms, index, all) => ({
    type: 'alarm',
    width: COLUMNS,
    height: Math.min(12, 2 + Math.ceil(alarms.length / 4)),
    properties: { title: numbered(title, index, all.length), alarms, sortBy: 'stateUpdatedTimestamp' },
  }))
}

/** Several graphs where one could not hold all lines; none for none. */
export function graph(title: string, lines: readonly Line[], options: GraphOptions): readonly Unplaced[] {
  return parts(lines, MOST_LINES).map((some, index, all) => ({
    type: 'metric',
    width: options.width,
    height: options.height ?? HEIGHT,
    properties: {
      title: numbered(title, index, all.length),
      region: options.region,
      view: options.view ?? 'timeSeries',
      ...(options.view === 'singleValue' ? { sparkline: true } : { stacked: options.stacked ?? false }),
      period: options.periodSeconds,
      stat: 'Maximum',
      metrics: metricsOf(some, options),
      ...(options.view === 'singleValue' ? {} : { yAxis: { left: { min: 0, showUnits: true } } }),
      ...(options.limit === undefined ? {} : { annotations: { horizontal: [options.limit] } }),
    },
  }))
}

/** Metrics that are found by their names, of whoever publishes them: the lines come with the data. */
export function found(
  title: string,
  search: string,
  options: Pick<GraphOptions, 'region' | 'width' | 'periodSeconds'>,
): Unplaced {
  const { region, width, periodSeconds } = options
  const expression = `SEARCH('${search}', 'Maximum', ${periodSeconds})`
  return {
    type: 'metric',
    width,
    height: HEIGHT,
    properties: {
      title,
      region,
      view: 'timeSeries',
      stacked: false,
      period: periodSeconds,
      metrics: [[{ expression, id: 'found', label: '' }]],
      yAxis: { left: { min: 0, showUnits: true } },
    },
  }
}

/**
 * A table of days: a line for each metric, in hours, and a column for each day (UTC), with the greatest value of the day.
 * Above its table stand the greatest of all.
 */
export function calendar(title: string, lines: readonly Line[], options: CalendarOptions): readonly Unplaced[] {
  const { region, namespace, days } = options
  return parts(lines, MOST_LINES).map((some, index, all) => ({
    type: 'metric',
    width: COLUMNS,
    height: Math.min(16, 3 + some.length),
    properties: {
      title: numbered(title, index, all.length),
      region,
      view: 'table',
      table: { layout: 'horizontal', showTimeSeriesData: true, stickySummary: true, summaryColumns: ['MAX'] },
      start: `-P${days}D`,
      period: DAY_SECONDS,
      stat: 'Maximum',
      metrics: [
        ...some.map(({ label }, at) => [{ expression: `m${at} / ${HOUR_SECONDS}`, label, id: `e${at}` }]),
        ...some.map(({ metric, dimensions, label }, at) => [
          namespace,
          metric,
          ...Object.entries(dimensions).flat(),
          { id: `m${at}`, label, visible: false },
        ]),
      ],
    },
  }))
}

export interface CalendarOptions {
  readonly region: string
  readonly namespace: string
  readonly days: number
}

const DAY_SECONDS = 86_400
const HOUR_SECONDS = 3_600

function metricsOf(lines: readonly Line[], { namespace, sum, rate }: GraphOptions): readonly unknown[] {
  const hidden = sum !== undefined || rate === true
  const metrics = lines.map(({ metric, dimensions, label, stat }, index) => [
    namespace,
    metric,
    ...Object.entries(dimensions).flat(),
    { id: `m${index}`, label, ...(stat === undefined ? {} : { stat }), ...(hidden ? { visible: false } : {}) },
  ])
  if (sum !== undefined) return [[{ ...sum, id: 'all' }], ...metrics]
  if (rate !== true) return metrics
  const rates = lines.map(({ label }, index) => [{ expression: `RATE(m${index})`, label, id: `e${index}` }])
  return [...rates, ...metrics]
}

function parts<T>(all: readonly T[], most: number): (readonly T[])[] {
  const result: (readonly T[])[] = []
  for (let from = 0; from < all.length; from += most) result.push(all.slice(from, from + most))
  return result
}

function numbered(title: string, index: number, of: number): string {
  return of === 1 ? title : `${title} (${index + 1} of ${of})`
}
