/** `landfall failures discard`: a person gives versions up, and says why. */
import type { Command } from 'commander'
import { inert } from '../domain/inert.ts'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import { checkOrder, type OrderOptions, selectionOf, usage, withOrder, withSession } from './failures-shared.ts'
import { groupJson, groupLines } from './failures-view.ts'
import { printJson, printLine } from './output.ts'
import { plural } from './status-view.ts'

interface Options extends OrderOptions {
  readonly because?: string
}

const MOST_OF_A_REASON = 500

export function registerDiscard(parent: Command, io: Io): void {
  withOrder(
    parent
      .command('discard')
      .description('give versions up: they close as discarded, are at risk no more, and the reason is kept'),
  )
    .option('--because <text>', 'the reason, in your words; kept with each version, and needed for --yes')
    .addHelpText(
      'after',
      `${examples('landfall failures discard --prefix tmp/', 'landfall failures discard --prefix tmp/ --because "test uploads, ticket 1234" --yes')}
Nothing in S3 is touched. It cannot be taken back by a command: an audit opens such a version again when its replica is missing.`,
    )
    .action(async (object: string | undefined, options: Options) => {
      const because = options.because?.trim() ?? ''
      if (options.yes && because === '') throw usage('discard needs a reason: --because "..."')
      if (because.length > MOST_OF_A_REASON) throw usage(`--because may have ${MOST_OF_A_REASON} characters`)
      await withSession(options, io, async ({ estate, failures, progress, who }) => {
        const selection = selectionOf(estate, object, options)
        checkOrder(selection, options)
        const { groups } = await failures.overview(selection)
        progress.done()
        const total = groups.reduce((sum, { versions }) => sum + versions, 0)
        if (!options.json) {
          const lines = total === 0 ? ['Nothing that failed is selected.'] : groupLines(groups, systemClock.now())
          for (const line of lines) printLine(io.stdout, line)
        }
        const discarded = options.yes ? await failures.discard(selection, { by: who, because }) : undefined
        progress.done()
        if (options.json)
          printJson(io.stdout, { dryRun: !options.yes, groups: groups.map(groupJson), discarded: discarded ?? 0 })
        else if (discarded !== undefined) {
          printLine(io.stdout, `${plural(discarded, 'version')} discarded by ${inert(who)}: ${inert(because)}`)
        } else if (total > 0) {
          printLine(io.stdout, `${plural(total, 'version')} would be given up. --because "..." --yes does it.`)
        }
      })
    })
}
