/**
 * What is wrong with a dashboard's body, as far as the page says what is right: Amazon CloudWatch API reference,
 * "Dashboard body structure and syntax". Members that the page does not name are refused too: CloudWatch would pass over
 * a misspelt one in silence.
 */

export interface DashboardFault {
  readonly DataPath: string
  readonly Message: string
}

type Check = (value: unknown, path: string) => DashboardFault[]
type Shape = Readonly<Record<string, Check>>

const MAX_WIDGETS = 500
const MAX_LINES = 500
const MAX_METRICS = 2500
const MAX_ALARMS = 100

const text: Check = (value, path) => (typeof value === 'string' ? [] : wrong(path, 'should be string'))
const flag: Check = (value, path) => (typeof value === 'boolean' ? [] : wrong(path, 'should be boolean'))
const number: Check = (value, path) => (typeof value === 'number' ? [] : wrong(path, 'should be number'))
const anything: Check = () => []
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, path) =>
    allowed.includes(value) ? [] : wrong(path, `should be one of ${allowed.join(', ')}`)
const whole =
  (min: number, max: number): Check =>
  (value, path) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? []
      : wrong(path, `should be an integer from ${min} to ${max}`)
const matching =
  (pattern: RegExp): Check =>
  (value, path) =>
    typeof value === 'string' && pattern.test(value) ? [] : wrong(path, `should match ${pattern.source}`)
const list =
  (of: Check, most = Infinity): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return wrong(path, 'should be array')
    if (value.length > most) return wrong(path, `should have at most ${most} items`)
    return value.flatMap((item, index) => of(item, `${path}/${index}`))
  }
const object =
  (required: Shape, optional: Shape = {}): Check =>
  (value, path) => {
    if (!isObject(value)) return wrong(path, 'should be object')
    const all: Shape = { ...required, ...optional }
    return [
      ...Object.keys(required).flatMap((name) =>
        name in value ? [] : wrong(path, `should have required property '${name}'`),
      ),
      ...Object.entries(value).flatMap(([name, member]) => {
        const check = all[name]
        return check === undefined ? wrong(`${path}/${name}`, 'is no property here') : check(member, `${path}/${name}`)
      }),
    ]
  }

const region = matching(/^[a-z]{2,4}(-[a-z]+)+-\d$/)
const period = (value: unknown, path: string): DashboardFault[] =>
  [1, 5, 10, 20, 30].includes(value as number) ||
  (Number.isInteger(value) && (value as number) % 60 === 0 && (value as number) > 0)
    ? []
    : wrong(path, 'should be 1, 5, 10, 20, 30 or a multiple of 60')
const time = matching(/^(-P(\d+[MWD])?(T\d+[HM])?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)$/)
const axis = object({}, { min: number, max: number, label: text, showUnits: flag })
const id = matching(/^[a-z]\w{0,254}$/)
const stat = matching(/^(SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|p100)$/)
const colour = matching(/^#[0-9a-fA-F]{6}$/)
const rendering = {
  accountId: matching(/^\d{12}$/),
  color: colour,
  id,
  label: text,
  period,
  region,
  stat,
  visible: flag,
  yAxis: oneOf('left', 'right'),
}
const options = object({}, rendering)
const expression = object({ expression: text }, rendering)

/** `[namespace, metric, name, value ..., {options}]`, with `.` and `...` for what is as in the line before. */
const line: Check = (value, path) => {
  if (!Array.isArray(value) || value.length === 0) return wrong(path, 'should be array')
  const [first] = value as unknown[]
  if (isObject(first)) return value.length === 1 ? expression(first, `${path}/0`) : wrong(path, 'should have one item')
  const last: unknown = value.at(-1)
  const words = isObject(last) ? value.slice(0, -1) : value
  if (words.length < 2 && words[0] !== '...') return wrong(path, 'should name a namespace and a metric')
  if (words.length % 2 === 1 && !words.includes('...')) return wrong(path, 'should have a value for each dimension')
  if (words.length > 2 + 2 * 30) return wrong(path, 'should have at most 30 dimensions')
  return [
    ...words.flatMap((word, index) => text(word, `${path}/${index}`)),
    ...(isObject(last) ? options(last, `${path}/${value.length - 1}`) : []),
  ]
}

const mark = object(
  {},
  {
    label: text,
    value: number,
    color: colour,
    fill: oneOf('above', 'below', 'none', 'before', 'after'),
    visible: flag,
    yAxis: oneOf('left', 'right'),
  },
)

const PROPERTIES: Readonly<Record<string, Check>> = {
  text: object({ markdown: text }, { background: oneOf('transparent', 'solid') }),
  alarm: object(
    { alarms: list(matching(/^arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+$/), MAX_ALARMS) },
    {
      sortBy: oneOf('default', 'stateUpdatedTimestamp', 'timestamp'),
      states: list(oneOf('ALARM', 'INSUFFICIENT_DATA', 'OK')),
      title: text,
    },
  ),
  metric: object(
    { region },
    {
      accountId: matching(/^\d{12}$/),
      annotations: object({}, { horizontal: list(mark), vertical: list(anything), alarms: list(text, 1) }),
      legend: object({}, { position: oneOf('right', 'bottom', 'hidden') }),
      liveData: flag,
      metrics: list(line, MAX_LINES),
      period,
      setPeriodToTimeRange: flag,
      singleValueFullPrecision: flag,
      sparkline: flag,
      stacked: flag,
      start: time,
      end: time,
      stat,
      table: object(
        {},
        {
          layout: oneOf('vertical', 'horizontal'),
          showTimeSeriesData: flag,
          stickySummary: flag,
          summaryColumns: list(oneOf('MIN', 'MAX', 'SUM', 'AVG')),
        },
      ),
      timezone: matching(/^[+-]\d{4}$/),
      title: text,
      trend: flag,
      view: oneOf('timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'),
      yAxis: object({}, { left: axis, right: axis }),
    },
  ),
}

const widget: Check = (value, path) => {
  if (!isObject(value)) return wrong(path, 'should be object')
  const properties = PROPERTIES[String(value['type'])]
  // Of logs, explorers and custom widgets no more is known here than that there are such.
  const shape = properties ?? anything
  const faults = object(
    { type: oneOf('text', 'metric', 'alarm', 'log', 'explorer', 'custom'), properties: shape },
    { x: whole(0, 23), y: whole(0, Infinity), width: whole(1, 24), height: whole(1, 1000) },
  )(value, path)
  const width = Number(value['x'] ?? 0) + Number(value['width'] ?? 6)
  return width > 24 ? [...faults, ...wrong(path, 'reaches beyond the 24 columns')] : [...faults, ...ids(value, path)]
}

/** Ids of one graph, each once. */
function ids(value: Readonly<Record<string, unknown>>, path: string): DashboardFault[] {
  const metrics = isObject(value['properties']) ? value['properties']['metrics'] : undefined
  if (!Array.isArray(metrics)) return []
  const given = metrics.flatMap((one: unknown) => {
    const last: unknown = Array.isArray(one) ? one.at(-1) : undefined
    return isObject(last) && last['id'] !== undefined ? [last['id']] : []
  })
  return new Set(given).size === given.length ? [] : wrong(`${path}/properties/metrics`, 'has an id twice')
}

const body = object(
  { widgets: list(widget, MAX_WIDGETS) },
  { start: time, end: time, periodOverride: oneOf('auto', 'inherit'), variables: list(anything, 25) },
)

export function checkDashboard(document: unknown): DashboardFault[] {
  const faults = body(document, '')
  if (faults.length > 0) return faults
  const { widgets } = document as { widgets: { properties: { metrics?: unknown[] } }[] }
  const metrics = widgets.reduce((sum, { properties }) => sum + (properties.metrics?.length ?? 0), 0)
  return metrics > MAX_METRICS ? wrong('/widgets', `have more than ${MAX_METRICS} metrics together`) : []
}

function wrong(path: string, message: string): DashboardFault[] {
  return [{ DataPath: path, Message: message }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
