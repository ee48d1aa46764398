/** `landfall failures log`: who ordered what, and when. */
import type { Command } from 'commander'
import { examples, type Io } from './command.ts'
import { type CommonOptions, whole, withCommon, withSession } from './failures-shared.ts'
import { actLines } from './failures-view.ts'
import { printJson, printLine } from './output.ts'

interface Options extends CommonOptions {
  readonly limit: number
}

const LIMIT = 50
/** As many as the ledger keeps. */
const MOST = 10_000

export function registerLog(parent: Command, io: Io): void {
  withCommon(parent.command('log').description('the record of who did what and when, the newest first'))
    .option('-n, --limit <n>', 'so many at most', whole(1, MOST), LIMIT)
    .addHelpText('after', examples('landfall failures log', 'landfall failures log --limit 10000 --json'))
    .action(async (options: Options) => {
      await withSession(options, io, async ({ ledger }) => {
        const acts = await ledger.acts(options.limit)
        if (options.json) printJson(io.stdout, { acts })
        else if (acts.length === 0) printLine(io.stdout, 'Nothing was recorded yet.')
        else for (const line of actLines(acts)) printLine(io.stdout, line)
      })
    })
}
