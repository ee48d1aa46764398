/** `landfall dump show`: all that is known of one dump. */
import type { Command } from 'commander'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import {
  type DumpOptions,
  pick,
  type PickOptions,
  withDump,
  withDumpSession,
  withFrom,
  withPick,
} from './dump-shared.ts'
import { entryJson, showLines } from './dump-view.ts'
import { printJson, printLine } from './output.ts'

export function registerDumpShow(parent: Command, io: Io): void {
  withPick(withFrom(withDump(parent.command('show').description('all that is known of one dump'))))
    .argument('<name>', 'the dump, by its name in the configuration')
    .addHelpText(
      'after',
      examples(
        'landfall dump show production',
        'landfall dump show production --at 2026-11-01T00:00Z',
        'landfall dump show production --key production-202611240200.sql.zst.age --json',
      ),
    )
    .action(async (name: string, options: DumpOptions & PickOptions) => {
      await withDumpSession(name, options, io, async (session) => {
        const entries = await session.catalog.read({ locks: true })
        const { entry } = pick(session, entries, options)
        if (options.json) printJson(io.stdout, entryJson(entry))
        else for (const line of showLines(entry, systemClock.now())) printLine(io.stdout, line)
      })
    })
}
