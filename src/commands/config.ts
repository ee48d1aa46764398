/** `landfall config check | print | schema`. */
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { fileJsonSchema } from '../config/json-schema.ts'
import { checkFile, invalid, loadEstate } from '../config/load.ts'
import { redactEstate } from '../config/redact.ts'
import { warningsOf } from '../config/warnings.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { paint, printJson, printLine } from './output.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

export function register(program: Command, io: Io): void {
  const config = program
    .command('config')
    .description('check, print or describe the configuration')
    .addHelpText(
      'after',
      examples(
        'landfall config check',
        'landfall config check --config landfall.example.yaml --json',
        'landfall config print',
        'landfall config schema > landfall.schema.json',
      ),
    )

  withConfig(
    config.command('check').description('list every fault of the configuration, and what is probably not meant'),
  )
    .option('--json', JSON_HELP)
    .action((options: Options) => check(options, io))

  withConfig(config.command('print').description('print what the configuration comes to, without its secrets'))
    .option('--json', JSON_HELP)
    .option('--yaml', 'print YAML (the default)')
    .action((options: Options) => print(options, io))

  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .addHelpText(
      'after',
      `
Editors with the YAML language server check a file whose first line is
  # yaml-language-server: $schema=./landfall.schema.json
`,
    )
    .action(() => io.stdout.write(`${JSON.stringify(fileJsonSchema(), null, 2)}\n`))
}

async function check({ config, json }: Options, io: Io): Promise<void> {
  const { file, estate, faults } = await checkFile({ path: config, env: io.env })
  if (estate === undefined) throw invalid(file, faults)
  const warnings = warningsOf(estate)
  const counts = {
    accounts: Object.keys(estate.accounts).length,
    queues: estate.queues.length,
    pairs: estate.pairs.length,
  }
  if (json) {
    printJson(io.stdout, { file, faults: [], warnings, ...counts })
    return
  }
  const { accounts, queues, pairs } = counts
  const sums = `${plural(pairs, 'pair')}, ${plural(queues, 'queue')}, ${plural(accounts, 'account')}`
  printLine(io.stdout, `${file}: ${paint(io.stdout, 'green', 'sound')}, ${sums}`)
  for (const warning of warnings) printLine(io.stderr, `${paint(io.stderr, 'yellow', 'warning:')} ${warning}`)
}

async function print({ config, json }: Options, io: Io): Promise<void> {
  const estate = redactEstate(await loadEstate({ path: config, env: io.env }))
  if (json) printJson(io.stdout, estate)
  else io.stdout.write(stringify(estate, { lineWidth: 120 }))
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
