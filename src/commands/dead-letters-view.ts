/** Dead letters as text and as JSON. Everything that comes from a message is made inert: bodies and keys are hostile. */
import { COPY_OF, type DeadLetter, type LetterView } from '../domain/dead-letters.ts'
import type { BucketEvent } from '../domain/events/index.ts'
import { inert, inertExcerpt } from '../domain/inert.ts'
import { bytes, duration, plural, table } from './status-view.ts'

/** Enough of an id to name a letter by. */
const ID_SHOWN = 13
const REASON_SHOWN = 100
const EVENTS_SHOWN = 20
const FAULTS_SHOWN = 20
const KEY_SHOWN = 200
const BODY_SHOWN = 4_000

const ago = (since: number | undefined, now: number): string =>
  since === undefined ? '-' : duration(Math.max(0, (now - since) / 1000))

export function renderTable(views: readonly LetterView[], now: number): string[] {
  const rows = views.map((view) => [
    inert(view.id.slice(0, ID_SHOWN)),
    ago(view.sentAt, now),
    String(view.receives),
    bytes(view.bytes),
    view.parses ? 'yes' : 'no',
    String(view.events.length),
    view.pairs.length === 0 ? '-' : view.pairs.join(','),
  ])
  const reasons = ['reason', ...views.map(({ reason }) => inertExcerpt(reason, REASON_SHOWN))]
  return table(['id', 'sent', 'received', 'size', 'parses', 'events', 'pair'], rows).map(
    (line, at) => `${line}  ${reasons[at]}`,
  )
}

export function renderLetter(
  { letter, view, queue }: { readonly letter: DeadLetter; readonly view: LetterView; readonly queue: string },
  {
    now,
    retentionSeconds,
    whole,
  }: { readonly now: number; readonly retentionSeconds: number; readonly whole: boolean },
): string[] {
  const most = (count: number): number => (whole ? Infinity : count)
  const { sentAt } = view
  const expires = sentAt === undefined ? undefined : sentAt + retentionSeconds * 1000
  const sent =
    sentAt === undefined
      ? '-'
      : `${new Date(sentAt).toISOString()}, ${ago(sentAt, now)} ago; expires in ${ago(now, expires!)}`
  return [
    `letter ${inert(view.id)}`,
    ...fields([
      ['queue', queue],
      ['from', view.source === undefined ? 'sent to this queue by hand' : inert(view.source)],
      ['sent', sent],
      ['received', `${view.receives} times`],
      ['parses', view.parses ? 'yes' : 'no'],
      ['reason', inert(view.reason)],
      ['form', `${view.form ?? 'unknown'}, ${bytes(view.bytes)}`],
      ...(view.copyOf === undefined ? [] : [['copy of', inert(view.copyOf)] as const]),
      ...(view.strangers.length === 0 ? [] : [['no pair', view.strangers.map(inert).join(', ')] as const]),
      ...(view.ignored === 0
        ? []
        : [['ignored', `${plural(view.ignored, 'event')} that Landfall does not act on`] as const]),
    ]),
    ...listed('faults', view.faults.length < 2 ? [] : view.faults.map(inert), most(FAULTS_SHOWN)),
    ...listed(
      'events',
      view.events.map((event) => eventLine(event, most(KEY_SHOWN))),
      most(EVENTS_SHOWN),
    ),
    ...listed(
      'attributes',
      Object.entries(letter.attributes)
        .filter(([name]) => name !== COPY_OF)
        .map(([name, { type, text, binary }]) =>
          inertExcerpt(`${name} (${type}): ${text ?? binary ?? ''}`, most(KEY_SHOWN)),
        ),
      most(EVENTS_SHOWN),
    ),
    `  body        ${inertExcerpt(letter.body, most(BODY_SHOWN))}`,
  ]
}

function fields(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`)
}

function listed(name: string, items: readonly string[], most: number): string[] {
  const lines = items.slice(0, most).map((item, at) => `  ${(at === 0 ? name : '').padEnd(12)}${item}`)
  return items.length > most ? [...lines, `${' '.repeat(14)}and ${items.length - most} more`] : lines
}

function eventLine({ name, bucket, key, versionId, time }: BucketEvent, most: number): string {
  const at = new Date(time)
  const when = Number.isNaN(at.getTime()) ? String(time) : at.toISOString()
  return [when, name, bucket, key, versionId].map((part) => inertExcerpt(part, most)).join('  ')
}

/** For `list`: the events of a thousand messages may be a million. */
export function summary(view: LetterView): object {
  return { ...view, events: view.events.length }
}
