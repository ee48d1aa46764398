/** `landfall init plan | apply | terraform`. */
import type { Command } from 'commander'
import { type Aws, makeAws } from '../aws/clients.ts'
import { observe } from '../aws/observe/index.ts'
import { applyChanges } from '../aws/setup/apply.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { type Change, isPending, type SetupOptions } from '../domain/setup/change.ts'
import { planSetup } from '../domain/setup/plan.ts'
import { makeLog } from '../log.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { driveExisting } from './init-existing.ts'
import { writeTerraform } from './init-terraform.ts'
import { isSettled, printChanges, reportOf } from './init-view.ts'
import { paint, printJson, printLine } from './output.ts'
import { makeProgress } from './progress.ts'
import { plural } from './status-view.ts'

/** Parts without which a write is not heard of, or not replicated. */
const OF_EVERY_WRITE: ReadonlySet<Change['part']> = new Set(['versioning', 'replication', 'notifications'])

interface Options {
  readonly config?: string
  readonly pair?: string
  readonly subscribe?: true
  readonly migrateRules?: true
  readonly existing?: true
  readonly yes?: true
  readonly dryRun?: true
  readonly exitCode?: true
  readonly json?: true
}

export function register(program: Command, io: Io): void {
  const init = program
    .command('init')
    .description('set replication up: buckets, roles, rules, queues, notifications (docs/init.md)')
    .addHelpText(
      'after',
      examples(
        'landfall init plan',
        'landfall init plan --pair documents-production --exit-code',
        'landfall init apply --subscribe',
        'landfall init apply --migrate-rules',
        'landfall init apply --existing --pair documents-production',
        'landfall init terraform --out terraform',
      ),
    )
  const command = (name: string, description: string): Command =>
    withConfig(init.command(name).description(description)).option('--pair <name>', 'only what this pair needs')
  const changing = (name: string, description: string): Command =>
    command(name, description)
      .option('--subscribe', "subscribe the intake queue to topics that take a bucket's events already")
      .option('--migrate-rules', 'rewrite replication rules of version 1 as version 2, keeping what they say')
      .option('--exit-code', `end with ${EXIT.atRisk} when something would change, or is in the way`)
      .option('--json', JSON_HELP)

  changing('plan', 'show what `apply` would do, and change nothing').action(async (options: Options) =>
    within(options, io, async (place) => bring(place, { ...options, dryRun: true }, io)),
  )
  changing(
    'apply',
    'set up what is missing; nothing that stands is weakened or removed, and a second run changes nothing',
  )
    .option('--dry-run', 'only show what would change')
    .option('--existing', 'then estimate a batch replication of objects from before the rules')
    .option('--yes', 'with --existing: begin it, at that price')
    .addHelpText(
      'after',
      '\nStops at the first fault; what was done by then stands, and the next run goes on from there.\n',
    )
    .action(async (options: Options) => within(options, io, async (place) => bring(place, options, io)))
  command('terraform', 'write the same as Terraform, a root module an account; asks nothing of AWS')
    .option('--out <dir>', 'write files there in place of printing them')
    .option('--force', 'write over files that are there')
    .action(async (options: Options & { readonly out?: string; readonly force?: true }) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      checkPair(estate, options.pair)
      await writeTerraform(estate, options, io)
    })
}

interface Place {
  readonly estate: Estate
  readonly aws: Aws
}

async function within(options: Options, io: Io, work: (place: Place) => Promise<void>): Promise<void> {
  const estate = await loadEstate({ path: options.config, env: io.env })
  checkPair(estate, options.pair)
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr' })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  try {
    await work({ estate, aws })
  } finally {
    aws.close()
  }
}

function checkPair(estate: Estate, pair: string | undefined): void {
  if (pair === undefined || estate.pairs.some(({ name }) => name === pair)) return
  const names = estate.pairs.map(({ name }) => name).join(', ')
  throw new LandfallError('USAGE', `no pair ${pair} in the estate`, { hint: `There are: ${names}.` })
}

/** Looks, plans, shows the plan, and unless it is a dry run makes it true. */
async function bring({ estate, aws }: Place, options: Options, io: Io): Promise<void> {
  const asked: SetupOptions = {
    pair: options.pair,
    // Absent, the configuration decides.
    ...(options.subscribe && { subscribe: true }),
    migrateRules: options.migrateRules === true,
    existing: options.existing === true,
  }
  const progress = makeProgress(io.stderr)
  const observed = await observe({
    estate,
    aws,
    onProgress: (name, done, known) => progress.update(`looking: ${done} of ${known}, ${name}`),
  })
  progress.done()
  const changes = planSetup(estate, observed, asked)
  const dry = options.dryRun === true
  if (!options.json) printChanges(changes, io)
  if (!dry) await carryOut(aws, changes, options, io)
  const existing = options.existing === true ? await driveExisting({ estate, aws }, { ...options, dry }, io) : undefined
  if (options.json) printJson(io.stdout, { ...reportOf(changes, { applied: !dry }), ...(existing && { existing }) })
  if (!options.exitCode) return
  const left = dry ? changes : changes.filter((change) => !isPending(change))
  if (!isSettled(left)) io.exitCode = EXIT.atRisk
}

async function carryOut(aws: Aws, changes: readonly Change[], { json }: Options, io: Io): Promise<void> {
  const todo = changes.filter(isPending)
  const progress = makeProgress(io.stderr)
  let done = 0
  const next = (): void => {
    const change = todo[done]
    if (change !== undefined) progress.update(`${done + 1} of ${todo.length}: ${change.part} of ${change.name}`)
  }
  next()
  try {
    await applyChanges(aws, todo, () => {
      done += 1
      next()
    })
  } catch (error) {
    progress.done()
    const at = todo[done]
    if (at !== undefined) {
      printLine(
        io.stderr,
        `${done} of ${todo.length} changes are done and stand; stopped at ${at.part} of ${at.name}. The next run goes on from there.`,
      )
    }
    throw error
  }
  progress.done()
  if (json) return
  printLine(
    io.stdout,
    todo.length === 0 ? 'Nothing to do.' : paint(io.stdout, 'green', `Done: ${plural(done, 'change')}.`),
  )
  if (mayHaveMissed(todo))
    printLine(
      io.stdout,
      "What was written before may be unheard of, or not replicated. When the pair's `late` is over: landfall audit --repair",
    )
}

/** Whether a bucket that stood already was not as it should be: its writes of that time are nobody's until an audit. */
function mayHaveMissed(done: readonly Change[]): boolean {
  const made = new Set(done.flatMap(({ part, kind, name }) => (part === 'bucket' && kind === 'create' ? [name] : [])))
  return done.some(({ part, name }) =>
    part === 'role' ? made.size === 0 : OF_EVERY_WRITE.has(part) && !made.has(name),
  )
}
