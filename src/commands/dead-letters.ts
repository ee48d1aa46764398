/** `landfall dead-letters`: what could not be read, or was not taken in time, and how it comes back. One file a subcommand. */
import type { Command } from 'commander'
import { examples, type Io } from './command.ts'
import { registerExport } from './dead-letters-export.ts'
import { registerList } from './dead-letters-list.ts'
import { registerPurge } from './dead-letters-purge.ts'
import { registerRedrive } from './dead-letters-redrive.ts'
import { registerShow } from './dead-letters-show.ts'

export function register(program: Command, io: Io): void {
  const command = program
    .command('dead-letters')
    .description(
      "the messages in the intake queues' dead-letter queues: look at them, send them back, export and purge",
    )
    .addHelpText(
      'after',
      examples(
        'landfall dead-letters list',
        'landfall dead-letters redrive --parses --yes',
        'landfall dead-letters export --broken --out broken.jsonl',
        'landfall dead-letters purge --exported broken.jsonl --yes',
      ),
    )
  registerList(command, io)
  registerShow(command, io)
  registerRedrive(command, io)
  registerExport(command, io)
  registerPurge(command, io)
}
