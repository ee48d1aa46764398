/** `landfall dashboards plan | apply | destroy | print`. */
import { secretsOf } from '../config/redact.ts'
import { type Command, InvalidArgumentError } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { homeOf, makeDashboards, wantedDashboard } from '../aws/dashboards.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import { loadEstate } from '../config/load.ts'
import { ownTags, planOf } from '../domain/as-code.ts'
import { type Dashboard, dashboardsOf } from '../domain/dashboards/dashboards.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { makeLog } from '../log.ts'
import { isEmpty, planReport, printPlan, refuseTaken } from './as-code-view.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { paint, printJson, printLine } from './output.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly exitCode?: true
  readonly dryRun?: true
  readonly account?: string
  readonly name?: string
}

const ACCOUNT_HELP = 'the account of the alarms that are shown (default: asked of AWS)'

export function register(program: Command, io: Io): void {
  const dashboards = program
    .command('dashboards')
    .description('CloudWatch dashboards as code: one for the estate, one for each stage (docs/dashboards.md)')
    .addHelpText(
      'after',
      examples(
        'landfall dashboards plan',
        'landfall dashboards apply',
        'landfall dashboards print --account 111111111111 --name landfall-estate',
      ),
    )
  const command = (name: string, description: string): Command =>
    withConfig(dashboards.command(name).description(description)).option('--account <id>', ACCOUNT_HELP, twelveDigits)

  command('plan', 'show what `apply` would change, and change nothing')
    .option('--json', JSON_HELP)
    .option('--exit-code', `end with ${EXIT.atRisk} when something would change`)
    .action(async (options: Options) => bring({ ...options, dryRun: true }, io, (made) => made))
  command('apply', 'make the dashboards as the configuration says, and remove what is ours and too much')
    .option('--json', JSON_HELP)
    .option('--dry-run', 'only show what would change')
    .action(async (options: Options) => bring(options, io, (made) => made))
  command('destroy', 'remove all dashboards that carry our prefix and our tag')
    .option('--json', JSON_HELP)
    .option('--dry-run', 'only show what would be removed')
    .action(async (options: Options) => bring(options, io, () => []))
  command('print', "print the dashboards' bodies as JSON: an array, or one of them by name")
    .option('--name <name>', 'the body of this one alone, as PutDashboard takes it')
    .action(async (options: Options) => print(options, io))
}

async function bring(
  options: Options,
  io: Io,
  wanted: (made: readonly Dashboard[]) => readonly Dashboard[],
): Promise<void> {
  await withDashboards(options, io, async ({ estate, dashboards, made }) => {
    const tags = ownTags(estate.name, estate.service.alarms.tags)
    const plan = planOf(wanted(made).map(wantedDashboard), await dashboards.read(), tags)
    if (!options.json) printPlan(plan, 'dashboards', ({ dashboard }) => `${dashboard.body.widgets.length} widgets`, io)
    if (options.dryRun !== true) {
      refuseTaken(plan.taken, 'dashboards')
      await dashboards.apply(plan, tags)
      if (!options.json) printLine(io.stdout, isEmpty(plan) ? 'Nothing to do.' : paint(io.stdout, 'green', 'Done.'))
    }
    if (options.json) printJson(io.stdout, planReport(plan, { applied: options.dryRun !== true }))
    if (options.exitCode && (!isEmpty(plan) || plan.taken.length > 0)) io.exitCode = EXIT.atRisk
  })
}

async function print(options: Options, io: Io): Promise<void> {
  await withDashboards(options, io, async ({ made }) => {
    if (options.name === undefined) {
      printJson(io.stdout, made)
      return
    }
    const one = made.find(({ name }) => name === options.name)
    if (one === undefined) {
      const names = made.map(({ name }) => name).join(', ')
      throw new LandfallError('USAGE', `no dashboard ${options.name}; there are: ${names}`)
    }
    printJson(io.stdout, one.body)
  })
}

async function withDashboards(
  { config, account }: Options,
  io: Io,
  work: (place: {
    readonly estate: Awaited<ReturnType<typeof loadEstate>>
    readonly dashboards: ReturnType<typeof makeDashboards>
    readonly made: readonly Dashboard[]
  }) => Promise<void>,
): Promise<void> {
  const estate = await loadEstate({ path: config, env: io.env })
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  try {
    const home =
      account === undefined ? await homeOf(aws, estate.service.metrics.region) : { account, partition: 'aws' }
    await work({ estate, dashboards: makeDashboards({ estate, aws }), made: dashboardsOf(estate, home) })
  } finally {
    aws.close()
  }
}

function twelveDigits(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError('It must be twelve digits.')
  return text
}
