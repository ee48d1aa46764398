/** `landfall dead-letters list`: what is there, whether it parses today, and why it was parked. */
import type { Command } from 'commander'
import { selectsAll, type LetterView } from '../domain/dead-letters.ts'
import { inertJson } from '../domain/inert.ts'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import {
  browse,
  type CommonOptions,
  interrupted,
  type Looked,
  type OpenPlace,
  type SelectionOptions,
  selectionOf,
  unseen,
  whole,
  withCommon,
  withSelection,
  withSession,
} from './dead-letters-shared.ts'
import { renderTable, summary } from './dead-letters-view.ts'
import { printLine } from './output.ts'
import { duration, plural } from './status-view.ts'

interface Options extends CommonOptions, SelectionOptions {
  readonly limit: number
}

interface Listed extends Looked {
  readonly open: OpenPlace
  readonly letters: readonly LetterView[]
}

export function registerList(parent: Command, io: Io): void {
  withSelection(withCommon(parent.command('list').description('what is in the dead-letter queues, and why')))
    .option('-n, --limit <n>', 'list so many of each queue at most', whole(1, 100_000), 100)
    .addHelpText(
      'after',
      `${examples('landfall dead-letters list', 'landfall dead-letters list --parses --json', 'landfall dead-letters list --queue landfall-eu-west-1 --reason "not JSON"')}
A look hides the messages while it lasts, and gives them back at its end. It deletes nothing.`,
    )
    .action(async (options: Options) => {
      await withSession(options, io, async (session) => {
        const selection = selectionOf(options, session.estate)
        const listed: Listed[] = []
        for (const open of session.places) {
          const letters: LetterView[] = []
          const looked = await browse(session, open, selection, async (found) => {
            letters.push(...found.map(({ view }) => view).slice(0, options.limit - letters.length))
            return letters.length >= options.limit ? 'stop' : 'on'
          })
          if (session.interrupt.signal.aborted)
            throw interrupted('the look was interrupted; all messages were given back')
          listed.push({ open, letters, ...looked })
        }
        if (options.json) printLine(io.stdout, inertJson({ queues: listed.map(asJson) }))
        else for (const queue of listed) print(queue, selectsAll(selection), io)
        for (const { open, end } of listed) for (const line of unseen(open, end)) session.progress.say(line)
      })
    })
}

function asJson({ open: { place }, letters, looked, end }: Listed): object {
  return {
    deadLetterQueue: place.name,
    arn: place.arn,
    of: place.feeders.map(({ name }) => name),
    retentionSeconds: place.retentionSeconds,
    visible: place.depth.visible,
    inFlightElsewhere: place.depth.inFlight,
    looked,
    wholeSeen: end === 'empty',
    letters: letters.map(summary),
  }
}

function print({ open: { place }, letters, looked, end }: Listed, all: boolean, io: Io): void {
  const now = systemClock.now()
  const of = place.feeders.map(({ name }) => name).join(', ')
  const more = end === 'empty' ? '' : ` of about ${place.depth.visible}`
  printLine(
    io.stdout,
    `${place.name} (of ${of}): ${plural(letters.length, 'message')}${all ? '' : ' selected'}, ${looked} looked at${more}`,
  )
  if (letters.length === 0) return
  for (const line of renderTable(letters, now)) printLine(io.stdout, line)
  const oldest = Math.min(...letters.map(({ sentAt }) => sentAt ?? Infinity))
  if (Number.isFinite(oldest)) {
    const left = (oldest + place.retentionSeconds * 1000 - now) / 1000
    printLine(io.stdout, `The oldest expires in ${duration(Math.max(0, left))}.`)
  }
  const parsing = letters.filter(({ parses }) => parses).length
  if (parsing > 0) {
    const command = `landfall dead-letters redrive --queue ${place.name} --parses --yes`
    printLine(
      io.stdout,
      `${parsing} of these ${parsing === 1 ? 'parses' : 'parse'} today; this sends them back: ${command}`,
    )
  }
}
