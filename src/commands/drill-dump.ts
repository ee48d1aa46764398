/** `landfall drill dump`: restores a dump from its replica into a scratch PostgreSQL, and reports. */
import type { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { dumpSides } from '../aws/dump-catalogs.ts'
import { dumpNamed, replicaPlace } from '../config/dump-places.ts'
import { loadEstate } from '../config/load.ts'
import { readSecret } from '../config/secret.ts'
import { parseTime } from '../domain/dump/time.ts'
import type { CatalogEntry, Held } from '../domain/dump/catalog.ts'
import type { DrillReport } from '../domain/dump/manifest.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { openScratch } from '../postgres/scratch.ts'
import { systemClock } from '../system.ts'
import { makeDrill } from '../workers/drill.ts'
import { makeCatalogReader } from '../workers/dump-catalog.ts'
import { filesOf } from '../workers/drill-report.ts'
import { makeBar } from './bar.ts'
import { printChecks } from './checks-view.ts'
import { examples, type Io } from './command.ts'
import { keepReport } from './drill-keep.ts'
import { readingOf } from './dump-reading.ts'
import { type DumpOptions, type DumpSession, withDump, withDumpSession } from './dump-shared.ts'
import { listenForInterrupt } from './interrupt.ts'
import { paint, printJson, printLine } from './output.ts'
import { duration } from './status-view.ts'

interface Options extends DumpOptions {
  readonly latest?: true
  readonly at?: string
  readonly key?: string
  readonly out?: string
}

export function registerDrillDump(parent: Command, io: Io): void {
  withDump(
    parent
      .command('dump')
      .description(
        'restore a dump from its replica into a scratch PostgreSQL, compare rows and schema with what was dumped, and measure how long it took',
      ),
  )
    .argument('<name>', 'the dump, by its name in the configuration')
    .option('--from <region>', 'where it is read (default: the region of its replica)')
    .option('--latest', 'the newest one there (the default)')
    .option('--at <time>', 'the newest one that was begun at this time or before, e.g. 2026-11-24T02:00Z')
    .option('--key <key>', 'the dump under this key')
    .option('--out <folder>', 'the report goes there too')
    .addHelpText(
      'after',
      `${examples(
        'landfall drill dump production',
        'landfall drill dump production --at 2026-11-20T12:00Z --out evidence/',
        'landfall drill dump production --from eu-west-1 --json | jq .restoreSeconds',
      )}
Dumps are found by their versions: those that a lifecycle hid behind a marker are there too. The scratch server is the one
that dumps[].drill.postgres names, else a private one by the machine's initdb; nothing of it is left. The report goes to
service.snapshot, under drills/NAME/, as JSON and as a page. Exit code ${EXIT.atRisk}: it was not restored as it was dumped.`,
    )
    .action(async (name: string, options: Options) => {
      if ([options.latest, options.at, options.key].filter((one) => one !== undefined).length > 1) {
        throw new LandfallError('USAGE', '--latest, --at and --key exclude each other')
      }
      const estate = await loadEstate({ path: options.config, env: io.env })
      const from = options.from ?? replicaPlace(estate, dumpNamed(estate, name))?.region
      const interrupt = listenForInterrupt()
      try {
        await withDumpSession(name, { ...options, ...(from !== undefined && { from }) }, io, async (session) => {
          const report = await drill(session, options, io, interrupt.signal)
          if (report.verdict === 'failed') io.exitCode = EXIT.atRisk
        })
      } finally {
        interrupt.close()
      }
    })
}

async function drill(session: DumpSession, options: Options, io: Io, signal: AbortSignal): Promise<DrillReport> {
  const { dump, estate, aws, place, store, progress, log } = session
  // Without the reports of other drills: the bucket that they are in may be away.
  const catalog = makeCatalogReader({ dump, ...(place === dump.place ? { here: store } : { replica: store }) })
  progress.update('listing versions')
  const which = choose(session, await catalog.read({ signal }), options)
  const url =
    dump.drill.postgres === undefined
      ? undefined
      : await readSecret(dump.drill.postgres, `dumps.${dump.name}.drill.postgres`, io.env)
  if (place === dump.place && dump.pair === undefined && options.json !== true) {
    progress.say(`${dump.name} names no pair, so no replica is known: it is read where it is made`)
  }
  const bar = makeBar({ show: (text) => progress.update(text), clock: systemClock, total: which.held.size })
  const run = makeDrill({
    dump,
    place,
    store,
    ...(await readingOf(dump, io.env)),
    openScratch: async (stop) => openScratch({ url, env: io.env, log, signal: stop }),
    clock: systemClock,
    landfallVersion: packageJson.version,
  })
  const report = await run(which, {
    signal,
    onBytes: (count) => bar.add(count),
    onStep: (step) => bar.label(step),
  })
  progress.done()
  const kept = await keepReport({
    files: filesOf(report),
    drills: dumpSides(estate, aws, dump).drills,
    out: options.out,
    progress,
  })
  if (options.json) printJson(io.stdout, { ...report, report: kept })
  else tell(report, kept, io)
  return report
}

/** The newest that has bytes on this side; whether it was verified is what a drill finds out, and more. */
function choose(
  { dump, heldBy, place }: DumpSession,
  entries: readonly CatalogEntry[],
  { at, key }: Options,
): { readonly entry: CatalogEntry; readonly held: Held } {
  const before = at === undefined ? Infinity : parseTime(at)
  for (const entry of entries) {
    const held = heldBy(entry)
    if (held === undefined || held.superseded || entry.at > before) continue
    if (key === undefined || entry.key === key || entry.key === dump.place.prefix + key) return { entry, held }
  }
  const what = key !== undefined ? inert(key) : at !== undefined ? `dump from ${inert(at)} or before` : 'dump'
  throw new LandfallError('DUMP_MISSING', `no ${what} of ${dump.name} in ${place.bucket} (${place.region})`)
}

function tell(report: DrillReport, kept: readonly string[], io: Io): void {
  const { stdout } = io
  const good = report.verdict === 'restored'
  const time = duration(report.restoreSeconds)
  const verdict = good ? `restored and compared in ${time}` : `NOT restored (${time})`
  printLine(
    stdout,
    `${inert(report.key)} from ${report.from.region}: ${paint(stdout, good ? 'green' : 'red', verdict)}`,
  )
  printChecks(stdout, report.checks)
  for (const line of report.rows?.differing.slice(0, 20) ?? []) printLine(stdout, `    ${inert(line)}`)
  printLine(stdout, `  ${report.server}`)
  for (const place of kept) printLine(stdout, `  report: ${inert(place)}`)
}
