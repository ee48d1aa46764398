/** `landfall dump list`: the dumps that there are, from the buckets themselves. */
import type { Command } from 'commander'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import { type DumpOptions, withDump, withDumpSession, withFrom } from './dump-shared.ts'
import { calendarLines, entryJson, listLines } from './dump-view.ts'
import { whole } from './failures-shared.ts'
import { printJson, printLine } from './output.ts'

interface Options extends DumpOptions {
  readonly limit: number
  readonly calendar: boolean
}

const LIMIT = 30
const MOST = 100_000

export function registerDumpList(parent: Command, io: Io): void {
  withFrom(
    withDump(parent.command('list').description('the dumps there are, with their states; a calendar of 30 days')),
  )
    .argument('<name>', 'the dump, by its name in the configuration')
    .option('-n, --limit <n>', 'so many of them at most, the newest first', whole(1, MOST), LIMIT)
    .option('--no-calendar', 'without the calendar')
    .addHelpText(
      'after',
      examples(
        'landfall dump list production',
        'landfall dump list production --from eu-west-2',
        'landfall dump list production --limit 1000 --json',
      ),
    )
    .action(async (name: string, options: Options) => {
      await withDumpSession(name, options, io, async ({ catalog, progress, dump, place }) => {
        progress.update(`listing ${place.bucket}`)
        const entries = await catalog.read({ locks: true })
        progress.done()
        const shown = entries.slice(0, options.limit)
        const now = systemClock.now()
        if (options.json) {
          printJson(io.stdout, { dump: dump.name, total: entries.length, dumps: shown.map(entryJson) })
          return
        }
        if (entries.length === 0) {
          printLine(io.stdout, `No dump of ${dump.name} in ${place.bucket} (${place.region}).`)
          return
        }
        for (const line of listLines(shown, now)) printLine(io.stdout, line)
        if (shown.length < entries.length) {
          printLine(io.stderr, `${entries.length - shown.length} more; --limit ${entries.length} lists them`)
        }
        if (options.calendar) for (const line of ['', ...calendarLines(entries, now)]) printLine(io.stdout, line)
      })
    })
}
