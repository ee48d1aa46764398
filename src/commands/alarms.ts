/** `landfall alarms plan | apply | destroy | status | lint`. */
import { secretsOf } from '../config/redact.ts'
import type { Command } from 'commander'
import { makeAlarms, type AlarmsInAws, wantedAlarm } from '../aws/alarms.ts'
import { replicationAlarms } from '../aws/alarm-lint.ts'
import { type Aws, makeAws } from '../aws/clients.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { alarmsOf } from '../domain/alarms/alarms.ts'
import type { Alarm } from '../domain/alarms/definition.ts'
import { lint } from '../domain/alarms/lint.ts'
import { ownTags, planOf } from '../domain/as-code.ts'
import { EXIT, isLandfallError, type LandfallError } from '../domain/errors.ts'
import { makeLog } from '../log.ts'
import { isEmpty, planReport, printPlan, refuseTaken, safe } from './as-code-view.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { makeProgress } from './progress.ts'
import { paint, printError, printJson, printLine } from './output.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly exitCode?: true
  readonly dryRun?: true
}

export function register(program: Command, io: Io): void {
  const alarms = program
    .command('alarms')
    .description('CloudWatch alarms as code: made from the estate and the table of metrics (docs/alarms.md)')
    .addHelpText(
      'after',
      examples(
        'landfall alarms plan',
        'landfall alarms apply --dry-run',
        'landfall alarms apply',
        'landfall alarms status --exit-code',
        'landfall alarms lint --json',
      ),
    )
  const command = (name: string, description: string): Command =>
    withConfig(alarms.command(name).description(description)).option('--json', JSON_HELP)

  command('plan', 'show what `apply` would change, and change nothing')
    .option('--exit-code', `end with ${EXIT.atRisk} when something would change`)
    .action(async (options: Options) => {
      await within(options, io, async (place) => bring(place, { ...options, dryRun: true }, io, place.wanted))
    })
  command('apply', 'make the alarms as the configuration says: creates, changes, and removes what is ours and too much')
    .option('--dry-run', 'only show what would change')
    .action(async (options: Options) => within(options, io, async (place) => bring(place, options, io, place.wanted)))
  command('destroy', 'remove all alarms that carry our prefix and our tag')
    .option('--dry-run', 'only show what would be removed')
    .action(async (options: Options) => within(options, io, async (place) => bring(place, options, io, [])))
  command('status', 'which alarms are in ALARM now')
    .option('--exit-code', `end with ${EXIT.atRisk} when one is`)
    .action(async (options: Options) => within(options, io, async ({ alarms: there }) => status(there, options, io)))
  command('lint', "name alarms on S3's own replication metrics that can never fire, or miss what they are there for")
    .addHelpText(
      'after',
      `\nReads all metric alarms in the regions and accounts of the pairs, and changes nothing. Ends with ${EXIT.atRisk} when it finds one.\n`,
    )
    .action(async (options: Options) =>
      within(options, io, async ({ estate, aws }) => lintAll(estate, aws, options, io)),
    )
}

interface Place {
  readonly estate: Estate
  readonly aws: Aws
  readonly alarms: AlarmsInAws
  readonly wanted: readonly Alarm[]
}

async function within({ config }: Options, io: Io, work: (place: Place) => Promise<void>): Promise<void> {
  const estate = await loadEstate({ path: config, env: io.env })
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  try {
    await work({ estate, aws, alarms: makeAlarms({ estate, aws }), wanted: alarmsOf(estate) })
  } finally {
    aws.close()
  }
}

/** Plans, shows the plan, and unless it is a dry run makes it true. Without anything wanted all that is ours goes. */
async function bring({ estate, alarms }: Place, options: Options, io: Io, wanted: readonly Alarm[]): Promise<void> {
  const tags = ownTags(estate.name, estate.service.alarms.tags)
  const { namespace } = estate.service.metrics
  const plan = planOf(
    wanted.map((alarm) => wantedAlarm(alarm, namespace)),
    await alarms.read(),
    tags,
  )
  const { topics, estateTopics } = estate.service.alarms
  if (wanted.length > 0 && topics.length + estateTopics.length === 0)
    printLine(
      io.stderr,
      `${paint(io.stderr, 'yellow', 'warning:')} service.alarms names no topic: these alarms tell nobody`,
    )
  if (!options.json) printPlan(plan, 'alarms', ({ alarm }) => testOf(alarm), io)
  if (options.dryRun !== true) {
    refuseTaken(plan.taken, 'alarms')
    const progress = makeProgress(io.stderr)
    await alarms.apply(plan, tags, (name) => progress.update(name))
    progress.done()
    if (!options.json) printLine(io.stdout, isEmpty(plan) ? 'Nothing to do.' : paint(io.stdout, 'green', 'Done.'))
  }
  if (options.json) printJson(io.stdout, planReport(plan, { applied: options.dryRun !== true }))
  if (options.exitCode && (!isEmpty(plan) || plan.taken.length > 0)) io.exitCode = EXIT.atRisk
}

/** `OldestAtRisk above 1800, 2 of 3 x 60 s`, for a line of the plan. */
export function testOf(alarm: Alarm): string {
  if (alarm.kind === 'composite') return `any of ${alarm.children.length} alarms`
  const metrics = Object.values(alarm.watched).map(({ metric }) => metric)
  const measured = alarm.expression === undefined ? metrics.join() : `${alarm.expression} of ${metrics.join(', ')}`
  const { comparison, threshold, m, n, periodSeconds } = alarm
  return `${measured} ${comparison} ${threshold}, ${m} of ${n} x ${periodSeconds} s`
}

async function status(alarms: AlarmsInAws, { json, exitCode }: Options, io: Io): Promise<void> {
  const all = await alarms.list()
  const on = all.filter(({ state }) => state === 'ALARM')
  const unknown = all.filter(({ state }) => state === 'INSUFFICIENT_DATA')
  if (json) {
    const short = (list: typeof all): object[] => list.map(({ name, reason }) => ({ name, reason }))
    printJson(io.stdout, { alarms: all.length, alarm: short(on), insufficientData: short(unknown) })
  } else {
    for (const { name, fields } of on)
      printLine(io.stdout, `${paint(io.stdout, 'red', 'ALARM')}  ${safe(name)}  ${safe(String(fields['description']))}`)
    const ok = all.length - on.length - unknown.length
    printLine(io.stdout, `${all.length} alarms: ${on.length} in ALARM, ${ok} OK, ${unknown.length} without enough data`)
  }
  if (exitCode && on.length > 0) io.exitCode = EXIT.atRisk
}

async function lintAll(estate: Estate, aws: Aws, { json }: Options, io: Io): Promise<void> {
  const places = new Map(
    estate.pairs
      .flatMap(({ source, destination }) => [source, destination])
      .map(({ account, region }) => [`${account} ${region}`, { account, region }]),
  )
  const read: Awaited<ReturnType<typeof replicationAlarms>>[] = []
  const unread: LandfallError[] = []
  for (const place of places.values()) {
    try {
      read.push(await replicationAlarms({ aws }, place))
    } catch (error) {
      // One account that lets nobody in hides nothing of the others.
      if (!isLandfallError(error)) throw error
      unread.push(error)
    }
  }
  const alarms = read.flatMap((one) => one.alarms)
  const findings = lint(alarms, estate.pairs)
  const looked = read.reduce((sum, { total }) => sum + total, 0)
  if (json) {
    const errors = unread.map(({ code, message, hint }) => ({ code, message, next: hint }))
    printJson(io.stdout, { looked, onReplication: alarms.length, findings, unread: errors })
  } else {
    for (const { alarm, region, metric, kind, why, mend } of findings) {
      const word = kind === 'never' ? paint(io.stdout, 'red', 'never fires') : paint(io.stdout, 'yellow', 'blind')
      printLine(io.stdout, `${word}  ${safe(alarm)} (${region}, ${metric}): ${safe(why)}. ${safe(mend)}`)
    }
    printLine(
      io.stdout,
      `${looked} alarms in ${read.length} places, ${alarms.length} on S3's replication metrics, ${findings.length} findings`,
    )
    for (const error of unread) printError(error, io, false)
  }
  if (findings.length > 0) io.exitCode = EXIT.atRisk
  else if (unread[0] !== undefined) io.exitCode = unread[0].exit
}
