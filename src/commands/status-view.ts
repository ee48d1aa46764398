/** Renders a status document as text: what `status`, `status --watch` and the demo's live view print. */
import { stripVTControlCharacters, styleText } from 'node:util'
import { failureOf } from '../domain/failures.ts'
import { summaryLine } from '../domain/audit/report.ts'
import type { PairStatus, StatusReport } from '../domain/status.ts'
import { inert } from '../domain/inert.ts'

export interface View {
  readonly colour: boolean
  /** Characters a line may have; longer ones are cut. */
  readonly width: number
}

type Colour = Parameters<typeof styleText>[0]

export function renderStatus(report: StatusReport, view: View): string {
  const paint = (colour: Colour, text: string): string =>
    view.colour ? styleText(colour, text, { validateStream: false }) : text
  const { equation } = report
  const lines = [
    `${paint('bold', report.estate)}  ${report.at}`,
    report.atRisk.versions === 0
      ? paint('green', 'If the sources were lost now, nothing would be lost.')
      : paint(
          'yellow',
          `If the sources were lost now, ${plural(report.atRisk.versions, 'version')} (${bytes(report.atRisk.bytes)}) would be lost; the oldest is ${duration(report.atRisk.oldestSeconds)} old.`,
        ),
    '',
    ...table(
      [
        'pair',
        'received',
        'landed',
        'by event',
        'by look',
        'at risk',
        'oldest',
        'late',
        'failed',
        'mism.',
        'lag p50',
        'p95',
        'p99',
      ],
      report.pairs.map((pair) => row(pair, paint)),
    ),
    '',
    ...beforeLines(report).map((line) => paint('red', line)),
    ...incidentLines(report).map((line) => paint('red', line)),
    ...redriveLines(report),
    ...[...warnings(report), ...deadLetterLines(report)].map((line) => paint('yellow', line)),
    ...auditLines(report),
    ...queueLines(report),
    ...dumpLines(report),
    `ledger    ${report.ledger.how}; ${report.ledger.mayForgetSeconds === 0 ? 'a failover forgets nothing' : `a failover may forget the last ${report.ledger.mayForgetSeconds} s`}${report.ledger.memoryShare === undefined ? '' : `; memory ${Math.round(report.ledger.memoryShare * 100)} %`}`,
    `equation  received ${equation.received} + reopened ${equation.reopened} = closed ${equation.closed} + open ${equation.open}  ${equation.holds ? paint('green', 'holds') : paint('red', 'DOES NOT HOLD')}`,
  ]
  return lines.map((line) => clip(line, view.width)).join('\n')
}

function row(pair: PairStatus, paint: (colour: Colour, text: string) => string): string[] {
  const warn = (n: number, colour: Colour): string => (n === 0 ? '0' : paint(colour, String(n)))
  const { evidence } = pair
  return [
    pair.pair,
    String(pair.received),
    String(pair.closed.landed),
    String(evidence.event),
    String(evidence.head + evidence.list + evidence.checksum + evidence.bytes),
    warn(pair.atRisk, 'yellow'),
    pair.atRisk === 0 ? '-' : duration(pair.oldestSeconds),
    warn(pair.open.late, 'yellow'),
    warn(pair.open.failed, 'red'),
    warn(pair.open.mismatched, 'red'),
    lag(pair.lag.p50),
    lag(pair.lag.p95),
    lag(pair.lag.p99),
  ]
}

function auditLines({ at, pairs }: StatusReport): string[] {
  return pairs
    .flatMap(({ pair, audit }) => (audit === undefined ? [] : [{ pair, audit }]))
    .map(({ pair, audit }, index) => {
      const age = duration(Math.max(0, (Date.parse(at) - audit.endedAt) / 1000))
      return `${index === 0 ? 'audits  ' : '        '}  ${pair}: ${age} ago: ${summaryLine(audit)}`
    })
}

function queueLines({ queues }: StatusReport): string[] {
  return queues.map(({ queue, newestEventAge, depth }, index) => {
    const age = newestEventAge === undefined ? 'no event yet' : `newest event ${duration(newestEventAge)} ago`
    const waiting = depth === undefined ? '' : `, ${depth.visible} waiting, ${depth.inFlight} in flight`
    return `${index === 0 ? 'queues  ' : '        '}  ${queue}: ${age}${waiting}`
  })
}

/** A line a dump: how old the newest is, and how much of it is proved. */
function dumpLines({ at, dumps = [] }: StatusReport): string[] {
  const now = Date.parse(at)
  const ago = (ms: number | undefined, none: string): string =>
    ms === undefined ? none : `${duration(Math.max(0, now - ms) / 1000)} ago`
  return dumps.map((dump, index) => {
    const size = dump.bytes === undefined ? '' : ` (${bytes(dump.bytes)})`
    const facts =
      dump.newest === undefined
        ? ['no dump is there']
        : [
            `newest ${ago(dump.newest, '')}${size}`,
            `verified ${ago(dump.newestVerified, 'never')}`,
            `restored ${ago(dump.newestDrilled, 'never')}`,
            ...(dump.unreplicatedSince === undefined
              ? []
              : [`one of ${ago(dump.unreplicatedSince, '')} has no replica`]),
            ...(dump.failed === 0 ? [] : [`${plural(dump.failed, 'dump')} BROKEN`]),
          ]
    return `${index === 0 ? 'dumps   ' : '        '}  ${dump.dump}: ${facts.join(', ')}`
  })
}

function deadLetterLines({ queues }: StatusReport): string[] {
  return queues.flatMap(({ queue, depth }) =>
    (depth?.deadLetters ?? 0) === 0
      ? []
      : [`${queue}: ${plural(depth!.deadLetters!, 'message')} in its dead-letter queue (landfall dead-letters list)`],
  )
}

function warnings(report: StatusReport): string[] {
  return report.pairs.flatMap((pair) => [
    ...(pair.tampering === 0
      ? []
      : [`${pair.pair}: ${plural(pair.tampering, 'replica')} deleted for good by a stranger (see the log)`]),
    ...(pair.notes.tagsBehind === 0
      ? []
      : [`${pair.pair}: tags stayed behind on ${pair.notes.tagsBehind} of the versions sampled`]),
    ...(pair.notes.locksBehind === 0
      ? []
      : [`${pair.pair}: locks stayed behind on ${pair.notes.locksBehind} of the versions sampled`]),
    ...(pair.notes.unverified === 0
      ? []
      : [`${pair.pair}: ${plural(pair.notes.unverified, 'version')} landed unverified (no common checksum)`]),
    ...(pair.unannounced === 0
      ? []
      : [`${pair.pair}: ${plural(pair.unannounced, 'replica')} arrived without an event of the source`]),
  ])
}

/** How long `status` tells that Redis was emptied: by then an audit has restored the list, or nobody will. */
const TELL_BEFORE_MS = 30 * 86_400_000

function beforeLines({ at, identity }: StatusReport): string[] {
  if (identity?.before === undefined || Date.parse(at) - identity.since > TELL_BEFORE_MS) return []
  const { id, atRisk } = identity.before
  const lost = atRisk === undefined ? 'does not say what was' : `had ${plural(atRisk, 'version')}`
  return [
    `This ledger began at ${new Date(identity.since).toISOString()}; the one before ${lost} at risk:`,
    `  \`landfall status --from-snapshot --ledger ${inert(id)}\` lists it, \`landfall audit --repair\` restores it.`,
  ]
}

/** One cause each, with what a person does about it: while it stands, only probes are driven again. */
function incidentLines(report: StatusReport): string[] {
  const now = Date.parse(report.at)
  return report.pairs.flatMap(({ pair, incidents }) =>
    incidents.flatMap(({ reason, since, probes, nextProbeAt, mendedAt, versions, detail }) => {
      if (mendedAt !== undefined) return [`${pair}: ${inert(reason)} is mended; what it held is driven again`]
      const wait = (nextProbeAt - now) / 1000
      const next = wait > 0 ? `the next probe is in ${duration(wait)}` : 'the next probe is due'
      const age = duration(Math.max(0, now - since) / 1000)
      const said = detail === undefined ? [] : [`  S3: ${inert(detail)}`]
      return [
        `${pair}: ${inert(reason)} since ${age}; ${plural(versions ?? 0, 'version')} held, ${plural(probes, 'probe')} so far, ${next}`,
        ...said,
        `  ${failureOf(reason).hint}`,
      ]
    }),
  )
}

/** What is in hand just now, and what came of re-drives so far. */
function redriveLines(report: StatusReport): string[] {
  const now = Date.parse(report.at)
  const running = report.pairs.flatMap(({ pair, redrives = [] }) =>
    redrives.map(({ strategy = 'batch', versions, bytes: size, createdAt, by, probeOf, jobId }) => {
      const what = probeOf === undefined ? strategy : `${strategy}, the probe of ${inert(probeOf)}`
      const age = duration(Math.max(0, now - createdAt) / 1000)
      const who = by === 'automatic' ? '' : `, by ${inert(by)}`
      const job = jobId === undefined ? '' : `; job ${inert(jobId)}`
      return `${pair}: ${plural(versions, 'version')} (${bytes(size)}) by ${what}, for ${age}${who}${job}`
    }),
  )
  const sum = (note: 'redriven' | 'redriveFailed'): number =>
    report.pairs.reduce((total, { notes }) => total + notes[note], 0)
  const [done, failed] = [sum('redriven'), sum('redriveFailed')]
  const soFar = done + failed === 0 ? [] : [`so far ${done} done, ${failed} failed`]
  return [...running, ...soFar].map((line, index) => `${index === 0 ? 're-drives' : '         '} ${line}`)
}

/** Columns as wide as their widest cell; the first to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const width = (text: string): number => stripVTControlCharacters(text).length
  const widths = head.map((title, column) => Math.max(width(title), ...rows.map((cells) => width(cells[column] ?? ''))))
  return [head, ...rows].map((cells) =>
    cells
      .map((cell, column) => {
        const pad = ' '.repeat(widths[column]! - width(cell))
        return column === 0 ? cell + pad : pad + cell
      })
      .join('  '),
  )
}

export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.round(seconds / 86_400)} d`
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const lag = (ms: number | undefined): string => (ms === undefined ? '-' : duration(ms / 1000))

/** Cuts by visible characters; a cut line loses its colours rather than bleeding them into the next. */
function clip(line: string, width: number): string {
  const bare = stripVTControlCharacters(line)
  return bare.length <= width ? line : `${bare.slice(0, Math.max(0, width - 1))}…`
}

/** The oldest open versions, a line each; empty when there are none. Keys are shown inert: no control character survives. */
export function renderHead(report: StatusReport, view: View): string {
  const now = Date.parse(report.at)
  const rows = report.pairs.flatMap((pair) =>
    pair.head.map((version) => [
      pair.pair,
      version.state,
      duration((now - version.eventTime) / 1000),
      version.size === undefined ? '-' : bytes(version.size),
      inert(version.reason ?? '-'),
      `${inert(version.key)} ${inert(version.versionId)}`,
    ]),
  )
  if (rows.length === 0) return ''
  return table(['pair', 'state', 'age', 'size', 'reason', 'version'], rows)
    .map((line) => clip(line.trimEnd(), view.width))
    .join('\n')
}
