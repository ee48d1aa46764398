/** `landfall dump prune`: what the retention lets go, and with --yes, lets it go. */
import type { Command } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { makeDumpRemover } from '../aws/dump-remover.ts'
import { pruningEstate } from '../config/dump-places.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import { lifecycleOf } from '../domain/dump/lifecycle.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { systemClock } from '../system.ts'
import { planPrune, prune, type Pruned, type PrunePlan } from '../workers/dump-prune.ts'
import { examples, type Io } from './command.ts'
import { type DumpOptions, type DumpSession, withDump, withDumpSession } from './dump-shared.ts'
import { minute } from './dump-view.ts'
import { listenForInterrupt } from './interrupt.ts'
import { printJson, printLine } from './output.ts'
import { makeRecordAct } from './record-act.ts'
import { bytes, plural, table } from './status-view.ts'

interface Options extends DumpOptions {
  readonly yes?: true
  readonly asLifecycle?: true
}

export function registerDumpPrune(parent: Command, io: Io): void {
  withDump(parent.command('prune').description('delete what the retention lets go; without --yes only says what'))
    .argument('<name>', 'the dump, by its name in the configuration')
    .option('-y, --yes', 'delete, under the role `pruneRoleArn`')
    .option('--as-lifecycle', 'print S3 lifecycle rules that never delete what the retention keeps')
    .addHelpText(
      'after',
      `${examples(
        'landfall dump prune production',
        'landfall dump prune production --yes',
        'landfall dump prune production --as-lifecycle > lifecycle.json',
      )}
Never deleted: the last verified dump and what is newer, what is locked, anything while the newest is stale or nothing is verified.`,
    )
    .action(async (name: string, options: Options) => {
      await withDumpSession(name, options, io, async (session) => {
        const { dump } = session
        const { retention } = dump
        if (retention === undefined) {
          throw new LandfallError('USAGE', `${dump.name} has no retention: nothing is ever pruned`, {
            hint: 'Name `retention` in the configuration (docs/retention.md).',
          })
        }
        if (options.asLifecycle) {
          printLine(
            io.stderr,
            'S3 counts days and knows no verified dump: these rules keep all that the retention keeps, and more.',
          )
          printJson(io.stdout, lifecycleOf(dump, retention))
          return
        }
        session.progress.update(`listing ${session.place.bucket}`)
        const plan = await planPrune({ dump: { ...dump, retention }, catalog: session.catalog, clock: systemClock })
        session.progress.done()
        if (!options.json) for (const line of planLines(plan)) printLine(io.stdout, line)
        const done = options.yes ? await run(session, plan, io) : undefined
        if (options.json) printJson(io.stdout, planJson(plan, done))
        else for (const line of doneLines(plan, done)) printLine(io.stdout, line)
        if (done !== undefined && done.refused.length > 0) io.exitCode = EXIT.refused
      })
    })
}

async function run(session: DumpSession, plan: PrunePlan, io: Io): Promise<Pruned> {
  const { estate, dump, store, log, progress } = session
  const pruning = pruningEstate(estate, dump)
  const aws = makeAws({ estate: pruning, log, pathStyle: usesOwnEndpoint(io.env) })
  const interrupt = listenForInterrupt()
  try {
    const done = await prune({
      plan,
      store,
      remover: makeDumpRemover({ estate: pruning, aws, place: dump.place }),
      signal: interrupt.signal,
      onStep: (at, of) => progress.update(`pruning ${at + 1} of ${of}`),
    })
    progress.done()
    if (done.versions > 0) {
      const unrecorded = await makeRecordAct(
        estate.service,
        io.env,
      )({
        what: 'dump prune',
        count: done.dumps,
        reason: `${plural(done.dumps, 'dump')} (${bytes(done.bytes)}) past the retention`,
        selection: { dump: dump.name },
      })
      if (unrecorded !== undefined) printLine(io.stderr, `not recorded, since Redis is away: ${unrecorded}`)
    }
    return done
  } finally {
    interrupt.close()
    aws.close()
  }
}

function planLines({ kept, pruned }: PrunePlan): string[] {
  const rows = [
    ...kept.map(({ entry, why }) => ({ entry, what: 'keep', why: why.join(', ') })),
    ...pruned.map(({ entry }) => ({ entry, what: 'prune', why: '-' })),
  ].toSorted((one, other) => other.entry.at - one.entry.at)
  if (rows.length === 0) return ['No dump is there.']
  return table(
    ['begun (UTC)', 'state', 'size', '', 'why', 'key'],
    rows.map(({ entry, what, why }) => [
      minute(entry.at),
      entry.state,
      bytes(entry.here!.size),
      what,
      why,
      inert(entry.key),
    ]),
  )
}

function doneLines({ pruned, kept, refused }: PrunePlan, done: Pruned | undefined): string[] {
  const size = pruned.reduce((sum, { entry }) => sum + entry.here!.size, 0)
  if (refused !== undefined) return [`Nothing may be pruned now: ${refused}.`]
  if (done === undefined) {
    const what = `${plural(pruned.length, 'dump')} (${bytes(size)}) would go, ${kept.length} stay.`
    return [pruned.length === 0 ? what : `${what} --yes does it.`]
  }
  return [
    `${plural(done.dumps, 'dump')} (${bytes(done.bytes)}, ${plural(done.versions, 'version')}) deleted for good.`,
    ...done.refused.map(({ key, why }) => `kept by S3: ${inert(key)}: ${inert(why)}`),
  ]
}

function planJson({ kept, pruned, refused }: PrunePlan, done: Pruned | undefined) {
  const record = ({ entry, why }: PrunePlan['kept'][number]) => ({
    key: entry.key,
    versionId: entry.here!.versionId,
    at: new Date(entry.at).toISOString(),
    state: entry.state,
    size: entry.here!.size,
    why,
  })
  return {
    dryRun: done === undefined,
    refused: refused ?? null,
    kept: kept.map(record),
    pruned: pruned.map(record),
    done: done ?? null,
  }
}
