/** The three charts. What they show is said in words beside them too, for whoever does not see them. */
import uPlot from 'uplot'
import { read } from './ask.js'
import { at, make, say } from './dom.js'
import { day, dayName, hourName, number, span } from './format.js'
import { lateAfter, state } from './state.js'

/** @typedef {import('../../domain/history.ts').Series} Series */
/** @typedef {{ name: string, colour: string, dash?: number[], width?: number, fill?: boolean, step?: boolean, points?: boolean }} Line */

const EVERY_MS = 10_000
/** A chart shows at least so many minutes, or hours. */
const LEAST_SLOTS = 15
/** uPlot's enum has no value at run time. */
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- so it is
const LOGARITHMIC = /** @type {uPlot.Scale.Distr} */ (3)

/** @type {Line[]} */
const LAG_LINES = [
  { name: 'p50', colour: '--line-1', points: true },
  { name: 'p95', colour: '--line-2', points: true },
  { name: 'p99', colour: '--line-3', width: 2, points: true },
  { name: 'late after', colour: '--line-limit', dash: [4, 4], width: 1 },
]
/** @type {Line[]} */
const FLOW_LINES = [
  { name: 'received', colour: '--line-1', width: 1 },
  { name: 'landed', colour: '--line-good', fill: true },
]
/** @type {Line[]} */
const TROUBLE_LINES = [
  { name: 'late', colour: '--watch', step: true },
  { name: 'failed', colour: '--alarm', step: true, fill: true },
]

/** @type {Record<'lag' | 'flow' | 'trouble', uPlot | undefined>} */
const plots = { lag: undefined, flow: undefined, trouble: undefined }
/** @type {Series | undefined} */
let series
let asked = 0

export function startCharts() {
  for (const input of document.querySelectorAll('input[name=range]')) input.addEventListener('change', refresh)
  at('chart-pair').addEventListener('change', refresh)
  new ResizeObserver(() => draw()).observe(at('lag-plot'))
  // The colours are the theme's, and a canvas does not follow it by itself.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    forget()
    draw()
  })
  setInterval(() => {
    if (!document.hidden) refresh()
  }, EVERY_MS)
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) refresh()
  })
}

/** @param {string} pair */
export function choosePair(pair) {
  select().value = pair
  refresh()
  at('charts').scrollIntoView({ block: 'nearest' })
}

export function listPairs() {
  const names = state.about?.pairs.map(({ pair }) => pair) ?? []
  if (select().options.length === names.length + 1) return
  select().replaceChildren(
    make('option', { value: '' }, 'all pairs'),
    ...names.map((name) => make('option', { value: name }, name)),
  )
}

const select = () => /** @type {HTMLSelectElement} */ (at('chart-pair'))
const range = () => /** @type {HTMLInputElement} */ (document.querySelector('input[name=range]:checked')).value

export function refresh() {
  void load()
}

async function load() {
  const turn = ++asked
  try {
    /** @type {Series} */
    const answer = await read('/api/history', { range: range(), pair: select().value })
    // An older question's answer may come last.
    if (turn !== asked) return
    series = answer
    draw()
  } catch {
    // The connection's own line says what is wrong; the charts stay as they were.
  }
}

function draw() {
  if (series === undefined) return
  const { at: times, lag, did, slotMs } = recent(series)
  const x = times.map((time) => time / 1000)
  const perMinute = (/** @type {readonly number[] | undefined} */ counts) =>
    counts === undefined ? times.map(() => 0) : counts.map((count) => (count * 60_000) / slotMs)
  const pair = select().value
  const limit = pair === '' ? Math.min(...[...state.pairs.keys()].map((name) => lateAfter(name))) : lateAfter(pair)
  const limits = times.map(() => (Number.isFinite(limit) ? limit : null))
  show('lag', LAG_LINES, [x, lag.p50, lag.p95, lag.p99, limits], true)
  show('flow', FLOW_LINES, [x, perMinute(did.received), perMinute(did.landed)], false)
  show('trouble', TROUBLE_LINES, [x, perMinute(did.late), perMinute(did.failed)], false)
  say(at('lag-reading'), lagWords(series))
  say(at('flow-reading'), flowWords(series))
  say(at('trouble-reading'), troubleWords(series))
}

/**
 * @param {'lag' | 'flow' | 'trouble'} name
 * @param {Line[]} lines
 * @param {readonly (readonly (number | null)[])[]} data
 * @param {boolean} log
 */
function show(name, lines, data, log) {
  const box = at(`${name}-plot`)
  const width = box.clientWidth
  if (width === 0) return
  const height = box.clientHeight
  const columns = /** @type {uPlot.AlignedData} */ (/** @type {unknown} */ (data))
  const plot = plots[name]
  if (plot === undefined) {
    plots[name] = new uPlot(optionsOf(lines, log, width, height), columns, box)
    at(`${name}-keys`).replaceChildren(
      ...lines.map((line) => make('span', { class: 'key', 'data-line': line.name.replace(' ', '-') }, line.name)),
    )
    return
  }
  plot.setData(columns)
  if (plot.width !== width || plot.height !== height) plot.setSize({ width, height })
}

function forget() {
  for (const name of /** @type {const} */ (['lag', 'flow', 'trouble'])) {
    plots[name]?.destroy()
    plots[name] = undefined
  }
}

/**
 * @param {Line[]} lines
 * @param {boolean} log
 * @param {number} width
 * @param {number} height
 * @returns {uPlot.Options}
 */
function optionsOf(lines, log, width, height) {
  const style = getComputedStyle(document.documentElement)
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--ink-2'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
    gap: 6,
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { setScale: false, x: false, y: false }, sync: { key: 'landfall' } },
    scales: {
      y: log
        ? { distr: LOGARITHMIC, range: (_plot, min, max) => decades(min, max) }
        : { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] },
    },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map((at) => timeMark(at * 1000)) },
      {
        ...axis,
        size: 62,
        values: (_plot, splits) =>
          splits.map((value) => (value === null ? '' : log ? span(value) : number(Math.round(value * 100) / 100))),
        ...(log ? { splits: (_plot, _axis, min, max) => powers(min, max) } : {}),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: line.width ?? 1.5,
        points: line.points ? { size: 4 } : { show: false },
        spanGaps: true,
        ...(line.dash ? { dash: line.dash } : {}),
        ...(line.fill ? { fill: `color-mix(in srgb, ${colour(line.colour)} 16%, transparent)` } : {}),
        ...(line.step && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      })),
    ],
  }
}

/** The hour, and at midnight the day. @param {number} ms */
function timeMark(ms) {
  const time = new Date(ms)
  return time.getHours() + time.getMinutes() === 0 ? dayName(ms) : hourName(ms)
}

/**
 * @param {number | null} min
 * @param {number | null} max
 * @returns {[number, number]}
 */
function decades(min, max) {
  const low = 10 ** Math.floor(Math.log10(Math.max(1, min ?? 100)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(10, max ?? 100_000)))
  return [low, Math.max(high, low * 10)]
}

/** One mark a decade: 1 s, 10 s, 100 s. @param {number} min @param {number} max */
function powers(min, max) {
  const marks = []
  for (let mark = min; mark <= max * 1.001; mark *= 10) marks.push(mark)
  return marks
}

/**
 * Without the time before anything happened: a ledger that is an hour old has no day to show.
 *
 * @param {Series} series
 * @returns {Series}
 */
function recent({ slotMs, at: times, lag, did }) {
  const counts = Object.values(did)
  const begun = times.findIndex((_, index) => counts.some((column) => (column[index] ?? 0) > 0))
  const first = begun < 0 ? 0 : Math.max(0, Math.min(begun - 1, times.length - LEAST_SLOTS))
  const cut = (/** @type {readonly (number | null)[]} */ column) => column.slice(first)
  return {
    slotMs,
    at: times.slice(first),
    lag: { p50: cut(lag.p50), p95: cut(lag.p95), p99: cut(lag.p99) },
    did: Object.fromEntries(Object.entries(did).map(([what, column]) => [what, column.slice(first)])),
  }
}

/** @param {Series} series */
function lagWords({ at: times, lag }) {
  const last = lag.p99.findLastIndex((value) => value !== null)
  if (last < 0) return 'No version landed in this time.'
  let most = last
  for (const [index, value] of lag.p99.entries()) if ((value ?? 0) > (lag.p99[most] ?? 0)) most = index
  return `Last: p50 ${span(lag.p50[last] ?? 0)}, p99 ${span(lag.p99[last] ?? 0)}. Highest p99: ${span(lag.p99[most] ?? 0)}, ${day(times[most] ?? 0)}.`
}

/** @param {Series} series */
function flowWords({ did }) {
  const sum = (/** @type {readonly number[] | undefined} */ counts) => (counts ?? []).reduce((total, n) => total + n, 0)
  return `${number(sum(did.received))} received, ${number(sum(did.landed))} landed in this time.`
}

/** @param {Series} series */
function troubleWords({ did }) {
  const sum = (/** @type {readonly number[] | undefined} */ counts) => (counts ?? []).reduce((total, n) => total + n, 0)
  return `${number(sum(did.late))} turned late, ${number(sum(did.failed))} turned failed in this time.`
}
