/** `landfall dead-letters export`: copies to a file, one JSON line each. Deletes nothing. */
import type { Command } from 'commander'
import { exportedLetter } from '../domain/dead-letters.ts'
import { inertJson } from '../domain/inert.ts'
import { examples, type Io } from './command.ts'
import {
  browse,
  type CommonOptions,
  interrupted,
  type SelectionOptions,
  selectionOf,
  unseen,
  withCommon,
  withSelection,
  withSession,
} from './dead-letters-shared.ts'
import { createWhole } from './files.ts'
import { printLine } from './output.ts'
import { plural } from './status-view.ts'

interface Options extends CommonOptions, SelectionOptions {
  readonly out: string
  readonly force?: true
}

export function registerExport(parent: Command, io: Io): void {
  withSelection(
    withCommon(parent.command('export').description('copy dead letters to a file (JSON Lines); nothing is deleted')),
  )
    .requiredOption('-o, --out <file>', 'the file')
    .option('--force', 'overwrite it')
    .addHelpText(
      'after',
      `${examples('landfall dead-letters export --out dead.jsonl', 'landfall dead-letters export --broken --out broken.jsonl')}
The file appears under its name only when it is whole and on disk. Each line has the message as it is (body, attributes),
its queue, whether it parses, and the reason.`,
    )
    .action(async (options: Options) => {
      await withSession(options, io, async (session) => {
        const { interrupt, progress } = session
        const selection = selectionOf(options, session.estate)
        const file = await createWhole(options.out, { overwrite: options.force === true })
        const counts = new Map<string, number>()
        try {
          for (const open of session.places) {
            const { arn, name } = open.place
            counts.set(name, 0)
            const { end } = await browse(session, open, selection, async (found) => {
              await file.write(
                found.map(({ letter, view }) => `${inertJson(exportedLetter(arn, letter, view))}\n`).join(''),
              )
              counts.set(name, counts.get(name)! + found.length)
              return 'on'
            })
            if (interrupt.signal.aborted) throw interrupted('the export was interrupted; there is no file')
            for (const line of unseen(open, end)) progress.say(line)
          }
          await file.finish()
        } catch (error) {
          await file.abandon()
          throw error
        }
        const messages = [...counts.values()].reduce((sum, count) => sum + count, 0)
        const why = await session.record({
          what: 'dead-letters export',
          pair: selection.pair,
          count: messages,
          selection: { queues: [...counts.keys()], out: options.out, ...selection },
        })
        if (why !== undefined) progress.say(`not recorded in the ledger: ${why}`)
        if (options.json) {
          printLine(io.stdout, inertJson({ file: options.out, messages, queues: Object.fromEntries(counts) }))
        } else printLine(io.stdout, `${options.out}: ${plural(messages, 'message')}, on disk`)
      })
    })
}
