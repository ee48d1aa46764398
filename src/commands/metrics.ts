/** `landfall metrics cost`: asks nothing of AWS. */
import type { Command } from 'commander'
import { loadEstate } from '../config/load.ts'
import { costOf } from '../domain/metrics-cost.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { paint, printJson, printLine } from './output.ts'

export function register(program: Command, io: Io): void {
  const metrics = program
    .command('metrics')
    .description('what metrics, alarms and dashboards cost (docs/metrics.md)')
    .addHelpText('after', examples('landfall metrics cost', 'landfall metrics cost --json'))
  withConfig(
    metrics
      .command('cost')
      .description(
        'what the configured metrics, alarms and dashboards cost a month by list price, and which dimension costs it',
      ),
  )
    .option('--json', JSON_HELP)
    .action(async ({ config, json }: { config?: string; json?: true }) => {
      const cost = costOf(await loadEstate({ path: config, env: io.env }))
      if (json) {
        printJson(io.stdout, cost)
        return
      }
      for (const { what, by, count, dollars } of cost.rows)
        printLine(io.stdout, `${dollar(dollars)}  ${String(count).padStart(8)}  ${what}, ${by}`)
      printLine(
        io.stdout,
        `${dollar(cost.dollars)}  ${paint(io.stdout, 'bold', 'a month')} (list price in US dollars, without the free tier)`,
      )
    })
}

function dollar(amount: number): string {
  return amount.toFixed(2).padStart(9)
}
