/** `landfall dead-letters show`: single messages, parsed, with the reason they failed and their body. */
import type { Command } from 'commander'
import type { DeadLetter, LetterView } from '../domain/dead-letters.ts'
import { LandfallError } from '../domain/errors.ts'
import { inertJson } from '../domain/inert.ts'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import {
  browse,
  type CommonOptions,
  interrupted,
  type OpenPlace,
  type SelectionOptions,
  selectionOf,
  unseen,
  whole,
  withCommon,
  withSelection,
  withSession,
} from './dead-letters-shared.ts'
import { renderLetter } from './dead-letters-view.ts'
import { printLine } from './output.ts'

interface Options extends CommonOptions, SelectionOptions {
  readonly limit: number
  readonly whole?: true
}

interface Shown {
  readonly open: OpenPlace
  readonly letter: DeadLetter
  readonly view: LetterView
}

export function registerShow(parent: Command, io: Io): void {
  withSelection(
    withCommon(
      parent
        .command('show')
        .description('messages with all that can be read of them, the reason they failed, and their body')
        .argument('[ids...]', 'message ids, or how they begin (default: any)'),
    ),
  )
    .option('-n, --limit <n>', 'show so many of each queue at most', whole(1, 10_000), 10)
    .option('--whole', 'cut nothing')
    .addHelpText(
      'after',
      `${examples('landfall dead-letters show 5e1f0c3a', 'landfall dead-letters show --broken --limit 3', 'landfall dead-letters show 5e1f0c3a --json')}
Control characters, which could steer the terminal, are shown escaped. With --json the body is as it is.`,
    )
    .action(async (ids: readonly string[], options: Options) => {
      await withSession(options, io, async (session) => {
        const selection = { ...selectionOf(options, session.estate), ids: ids.length === 0 ? undefined : ids }
        const shown: Shown[] = []
        const notes: string[] = []
        for (const open of session.places) {
          let here = 0
          const { end } = await browse(session, open, selection, async (found) => {
            const some = found.slice(0, options.limit - here)
            here += some.length
            shown.push(...some.map((one) => ({ ...one, open })))
            return here >= options.limit ? 'stop' : 'on'
          })
          if (session.interrupt.signal.aborted)
            throw interrupted('the look was interrupted; all messages were given back')
          notes.push(...unseen(open, end))
        }
        for (const note of notes) session.progress.say(note)
        if (ids.length > 0 && shown.length === 0) {
          throw new LandfallError('DEAD_LETTERS_ABSENT', `no such message: ${ids.join(', ')}`, {
            hint: 'See `landfall dead-letters list`; what another reader holds is seen when its visibility ends.',
          })
        }
        if (options.json) printLine(io.stdout, inertJson({ letters: shown.map(asJson) }))
        else print(shown, options, io)
      })
    })
}

function asJson({ open, letter, view }: Shown): object {
  return {
    deadLetterQueue: open.place.name,
    ...view,
    attributes: letter.attributes,
    trace: letter.trace,
    body: letter.body,
  }
}

function print(shown: readonly Shown[], options: Options, io: Io): void {
  const now = systemClock.now()
  for (const { open, letter, view } of shown) {
    const lines = renderLetter(
      { letter, view, queue: open.place.name },
      { now, retentionSeconds: open.place.retentionSeconds, whole: options.whole === true },
    )
    printLine(io.stdout, `${lines.join('\n')}\n`)
  }
  if (shown.length === 0) printLine(io.stdout, 'no such messages')
}
