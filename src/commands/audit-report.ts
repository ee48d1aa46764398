/** What `landfall audit` prints for a person: one block a pair, its first findings, and a line of progress. */
import { type AuditCounts, FINDING_CLASSES, type Finding, isAtRisk, unexplained } from '../domain/audit/finding.ts'
import type { AuditSummary } from '../domain/audit/report.ts'
import type { Out } from './command.ts'
import { inert } from '../domain/inert.ts'
import { paint } from './output.ts'
import { duration } from './status-view.ts'

/** Of S3 in eu-west-1 and eu-west-2, dollars a request (Amazon S3 pricing; LIST, then GET and all others). */
const LIST_DOLLARS = 0.000_005
const GET_DOLLARS = 0.000_000_4

export function dollarsOf(requests: ReadonlyMap<string, number>): number {
  let dollars = 0
  for (const [action, count] of requests) dollars += count * (action.startsWith('List') ? LIST_DOLLARS : GET_DOLLARS)
  return dollars
}

/** `shown`: the first findings that nothing explains, of `unexplained(summary.counts)`. */
export function renderAudit(out: Out, summary: AuditSummary, shown: readonly Finding[]): readonly string[] {
  const { counts, startedAt, endedAt } = summary
  const colour = isAtRisk(counts) ? 'red' : unexplained(counts) > 0 ? 'yellow' : 'green'
  const verdict = isAtRisk(counts)
    ? 'not everything is at the destination'
    : unexplained(counts) > 0
      ? 'everything is at the destination, and something is there that should not be'
      : counts.findings.late > 0
        ? 'nothing that has had its time is missing'
        : 'everything that should be at the destination is there'
  return [
    `${paint(out, 'bold', summary.pair)}  ${paint(out, colour, verdict)}`,
    `  ${number(counts.compared)} versions compared, ${number(counts.matched)} matched${counts.unverified > 0 ? ` (${number(counts.unverified)} unverified)` : ''}, in ${duration((endedAt - startedAt) / 1000)}`,
    ...FINDING_CLASSES.filter((name) => counts.findings[name] > 0).map(
      (name) => `  ${number(counts.findings[name]).padStart(9)} ${name}`,
    ),
    ...(counts.findings.late > 0
      ? [
          "            late: not there, and younger than the pair's `late`; an audit after that knows what became of them",
        ]
      : []),
    ...moreOf(summary),
    ...shown.map((finding) => `  - ${describe(finding)}`),
    ...(unexplained(counts) > shown.length
      ? [`  ... ${number(unexplained(counts) - shown.length)} more; --out FILE has all findings`]
      : []),
  ]
}

function moreOf({ heard, deep, booked, notes }: AuditSummary): readonly string[] {
  return [
    ...(heard === undefined || heard.asked === 0
      ? []
      : [`  ${number(heard.unheard)} of ${number(heard.asked)} versions of the last 14 days never had an event`]),
    ...(deep === undefined
      ? []
      : [
          `  ${number(deep.checked)} read by --deep: ${number(deep.different)} differ, ${number(deep.unproven)} could not be compared`,
        ]),
    ...(booked === undefined
      ? []
      : [
          `  booked: ${number(booked.received)} received, ${number(booked.reopened)} reopened, ${number(booked.open)} open already`,
        ]),
    ...notes.map((note) => `  note: ${note}`),
  ]
}

function describe({ class: name, key, versionId, kind, why, reason }: Finding): string {
  const what = kind === 'marker' ? ' (delete marker)' : ''
  return `${name}: ${inert(key)} ${inert(versionId)}${what}: ${inert(why)}${reason === undefined ? '' : ` [${reason}]`}`
}

const BAR = 20

export function progressLine(at: {
  readonly pair: string
  readonly counts: AuditCounts
  readonly share: number
  /** Versions a second. */
  readonly rate: number
  readonly secondsLeft: number | undefined
  /** Requests a second that the buckets allow. */
  readonly perSecond: number | undefined
}): string {
  const filled = Math.round(at.share * BAR)
  const found = unexplained(at.counts)
  return [
    `${at.pair}  [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`,
    `${number(at.counts.compared)} versions`,
    `${number(Math.round(at.rate))}/s`,
    ...(at.secondsLeft === undefined ? [] : [`about ${duration(at.secondsLeft)} left`]),
    ...(found === 0 ? [] : [`${number(found)} findings`]),
    ...(at.perSecond === undefined ? [] : [`slowed down to ${Math.round(at.perSecond)} requests/s`]),
  ].join('  ')
}

function number(value: number): string {
  return value.toLocaleString('en-GB')
}
