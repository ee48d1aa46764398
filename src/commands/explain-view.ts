/** Renders the story of one version. Keys, ids, reasons and tags come from outside: nothing of them may steer the terminal. */
import { styleText } from 'node:util'
import { failureOf } from '../domain/failures.ts'
import { inert } from '../domain/inert.ts'
import type { Look } from '../domain/look.ts'
import type { LedgerStory, SideStory, Story, StoryState, Unlearned } from '../domain/story.ts'
import { triedText, wantedText } from './failures-view.ts'
import { bytes, duration, plural } from './status-view.ts'

const COLOURS = { landed: 'green', closed: 'green', 'at risk': 'red' } as const satisfies Record<StoryState, string>

export function storyLines(story: Story, now: number, colour: boolean): string[] {
  const { pair, key, versionId, source, destination, state } = story
  const shown = colour ? styleText(COLOURS[state], state, { validateStream: false }) : state
  return [
    `${inert(key)} version ${inert(versionId)}: ${shown}`,
    ...part('pair', [`${pair}: ${source.bucket} (${source.region}) to ${destination.bucket} (${destination.region})`]),
    ...part('rule', ruleLines(story.rule)),
    ...part('source', sideLines(source, now)),
    ...part('replica', sideLines(destination, now)),
    ...part('ledger', ledgerLines(story.ledger, now)),
    ...part('verdict', verdictLines(story.verdict)),
    ...part('trace', [story.trace]),
    ...part('next', [story.next]),
  ]
}

/** Whatever a line was put together from, it is one line, and steers nothing. */
function part(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(8)}${inert(line)}`)
}

function ruleLines(rule: Story['rule']): string[] {
  switch (rule.kind) {
    case 'covered':
      return [`${ruleText(rule.rule)} covers it`]
    case 'depends':
      return [
        `${ruleText(rule.rule)} covers it if it has the tags ${[...rule.rule.tags].map((tag) => tag.join('=')).join(', ')}`,
        'its tags could not be read: grant s3:GetObjectVersionTagging at the source',
      ]
    case 'uncovered':
      return ['none covers it as the rules are now:', ...rule.why.map((why) => `- ${why}`)]
    case 'another tool':
      return ["none of S3's: another tool makes the replicas (match: content)"]
    case 'unlearned':
      return troubleLines([rule.unlearned])
  }
}

function ruleText({
  id,
  schema,
  prefix,
  priority,
}: {
  id: string
  schema: number
  prefix: string
  priority: number
}): string {
  const what = [`V${schema}`, prefix === '' ? 'all keys' : `prefix ${JSON.stringify(prefix)}`]
  return `${id} (${[...what, ...(schema === 2 ? [`priority ${priority}`] : [])].join(', ')})`
}

function sideLines({ look, count, more, unlearned }: SideStory, now: number): string[] {
  const all = count === undefined ? [] : [`of this key it has ${more ? 'at least ' : ''}${plural(count, 'version')}`]
  const nothing = unlearned.length === 0 ? 'known by its content: the verdict has looked for it' : 'unknown'
  return [look === undefined ? nothing : lookText(look, now), ...all, ...troubleLines(unlearned)]
}

function lookText(look: Look, now: number): string {
  switch (look.kind) {
    case 'absent':
      return 'not there'
    case 'marker':
      return 'a delete marker'
    case 'refused':
      return `unknown: the look was refused (${look.status})`
    case 'object':
      return [
        `an object of ${bytes(look.size)}`,
        ...(look.lastModified === undefined
          ? []
          : [`written ${duration(Math.max(0, now - look.lastModified) / 1000)} ago`]),
        ...(look.etag === undefined ? [] : [`ETag ${look.etag}`]),
        look.replication === 'none'
          ? 'no replication status: S3 does not replicate it'
          : look.replication === 'unknown'
            ? 'replication status unknown (a listing does not tell)'
            : `replication status ${look.replication}`,
      ].join(', ')
  }
}

function ledgerLines(ledger: LedgerStory, now: number): string[] {
  switch (ledger.kind) {
    case 'away':
      return [`could not be asked: ${ledger.unlearned.message}`]
    case 'unknown':
    case 'closed': {
      const { discarded } = ledger
      const early = ledger.kind === 'unknown' ? ledger.early : undefined
      return [
        ledger.kind === 'closed'
          ? 'closed: it was booked, at most four weeks ago, and had its verdict'
          : "not known: no event of the source's about it came in the last two to four weeks",
        ...(early === undefined
          ? []
          : [`the destination's event of ${new Date(early.time).toISOString()} waits for the source's`]),
        ...(discarded === undefined
          ? []
          : [`discarded by ${discarded.who} at ${new Date(discarded.at).toISOString()}: ${discarded.reason}`]),
      ]
    }
    case 'open': {
      const { version, tried, wanted } = ledger.parked
      const reason = version.reason === undefined ? '' : `: ${version.reason}`
      return [
        `open, ${version.state}${reason}`,
        `its event says it was written ${duration(Math.max(0, now - version.eventTime) / 1000)} ago (${new Date(version.eventTime).toISOString()}); ${plural(version.looks, 'look')} since`,
        ...(version.absentAt === undefined
          ? []
          : [`the last look that found no replica: ${new Date(version.absentAt).toISOString()}`]),
        ...(version.reason === undefined ? [] : [failureOf(version.reason).hint]),
        ...(tried === undefined ? [] : [`re-drives: ${triedText(tried)}`]),
        ...(wanted === undefined ? [] : [wantedText(wanted)]),
        ...(ledger.incident === undefined
          ? []
          : [`an incident since ${new Date(ledger.incident.since).toISOString()}`]),
      ]
    }
  }
}

function verdictLines(verdict: Story['verdict']): string[] {
  switch (verdict.to) {
    case 'close':
      return [
        `${verdict.verdict}, by ${verdict.evidence}${verdict.notes === undefined ? '' : ` (${verdict.notes.join(', ')})`}`,
      ]
    case 'wait':
      return [`${verdict.state}: to be looked at again in ${duration(Math.max(0, verdict.againInMs) / 1000)}`]
    case 'park':
      return [`${verdict.state}: ${verdict.reason}`, failureOf(verdict.reason).hint]
    case 'unlearned':
      return troubleLines([verdict.unlearned])
  }
}

function troubleLines(troubles: readonly Unlearned[]): string[] {
  const unique = new Map(troubles.map((trouble) => [trouble.message, trouble]))
  return [...unique.values()].flatMap(({ message, hint }) => [message, hint])
}
