/** `landfall failures list`: by cause, or version by version. */
import type { Command } from 'commander'
import type { Group } from '../domain/repair/groups.ts'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import {
  type CommonOptions,
  type SelectionOptions,
  selectionOf,
  whole,
  withCommon,
  withSelection,
  withSession,
} from './failures-shared.ts'
import { groupJson, groupLines, incidentLines, versionLines } from './failures-view.ts'
import { printJson, printLine } from './output.ts'
import { bytes, plural } from './status-view.ts'

interface Options extends CommonOptions, SelectionOptions {
  readonly versions?: true
  readonly limit: number
}

const LIMIT = 100
const MOST = 100_000

export function registerList(parent: Command, io: Io): void {
  withSelection(
    withCommon(
      parent.command('list').description('what failed, by pair and cause: how many, how old, what to do next'),
    ),
  )
    .option('--versions', 'single versions, the oldest first')
    .option('-n, --limit <n>', 'so many of them at most', whole(1, MOST), LIMIT)
    .addHelpText(
      'after',
      examples(
        'landfall failures list',
        'landfall failures list --older-than 1d',
        'landfall failures list --pair documents-production --versions --limit 1000 --json',
      ),
    )
    .action(async (object: string | undefined, options: Options) => {
      await withSession(options, io, async ({ estate, failures, progress }) => {
        const selection = selectionOf(estate, object, options)
        if (options.versions) {
          const { versions, total } = await failures.oldest(selection, options.limit)
          progress.done()
          const now = systemClock.now()
          if (options.json)
            printJson(io.stdout, { total, versions: versions.map(({ pair, parked }) => ({ pair, ...parked })) })
          else if (total === 0) printLine(io.stdout, 'Nothing that failed is selected.')
          else for (const line of versionLines(versions, now)) printLine(io.stdout, line)
          if (!options.json && total > versions.length) {
            printLine(io.stderr, `${total - versions.length} more; --limit ${Math.min(MOST, total)} lists them`)
          }
          return
        }
        const { groups, pairs } = await failures.overview(selection)
        progress.done()
        const now = systemClock.now()
        const incidents = [...pairs].flatMap(([pair, one]) => incidentLines(pair, one.incidents, now))
        if (options.json) {
          const all = [...pairs].flatMap(([pair, one]) => one.incidents.map((incident) => ({ pair, ...incident })))
          printJson(io.stdout, { groups: groups.map(groupJson), incidents: all })
          return
        }
        for (const line of groups.length === 0 ? ['Nothing that failed is selected.'] : groupLines(groups, now)) {
          printLine(io.stdout, line)
        }
        if (groups.length > 1) printLine(io.stdout, `all: ${totals(groups)}`)
        for (const line of incidents) printLine(io.stdout, line)
      })
    })
}

function totals(groups: readonly Group[]): string {
  const versions = groups.reduce((sum, group) => sum + group.versions, 0)
  const size = groups.reduce((sum, group) => sum + group.bytes, 0)
  return `${plural(versions, 'version')}, ${bytes(size)}, ${plural(groups.length, 'cause')}`
}
