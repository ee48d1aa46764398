/** `landfall failures redrive`: a person's order; the service drives it at its next turn. */
import type { Command } from 'commander'
import { EXIT } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import type { Selection } from '../domain/repair/selection.ts'
import { isMeant, type Overview } from '../workers/failures.ts'
import { examples, type Io } from './command.ts'
import { checkOrder, type OrderOptions, selectionOf, type Session, withOrder, withSession } from './failures-shared.ts'
import { costText, estimateLines, groupJson, groupLines, incidentLines, totalCost } from './failures-view.ts'
import { printJson, printLine } from './output.ts'
import { systemClock } from '../system.ts'
import { plural } from './status-view.ts'

interface Options extends OrderOptions {
  readonly probe?: true
}

export function registerRedrive(parent: Command, io: Io): void {
  withOrder(
    parent
      .command('redrive')
      .description('order a re-drive: whatever was tried before, and whatever incident holds it; the service does it'),
  )
    .option('--probe', 'only let the incidents probe now, with one version each: when it lands, the others follow')
    .addHelpText(
      'after',
      `${examples('landfall failures redrive --reason DstPutObjectNotPermitted --probe --yes', 'landfall failures redrive --pair documents-production', 'landfall failures redrive --prefix 2024/ --older-than 1d --yes')}
Without --yes it only says what would be done, and what it costs. S3's own rules stand: a version that S3 has as PENDING is never
driven, nor one that another re-drive has in hand, nor a mismatched one.`,
    )
    .action(async (object: string | undefined, options: Options) => {
      await withSession(options, io, async (session) => {
        const selection = selectionOf(session.estate, object, options)
        checkOrder(selection, options)
        if (options.probe) await probe(session, selection, options, io)
        else await redrive(session, selection, options, io)
      })
    })
}

async function redrive(session: Session, selection: Selection, options: Options, io: Io): Promise<void> {
  const { failures, progress, who } = session
  const overview = await failures.overview(selection)
  progress.done()
  if (!options.json) for (const line of plan(session, overview)) printLine(io.stdout, line)
  const estimate = totalCost(overview.groups)
  const ordered = options.yes ? await failures.redrive(selection, who) : undefined
  // A script must not take it for done.
  if (ordered === 0 && overview.groups.length > 0) io.exitCode = EXIT.atRisk
  progress.done()
  if (options.json)
    printJson(io.stdout, {
      dryRun: !options.yes,
      groups: overview.groups.map(groupJson),
      estimate,
      ordered: ordered ?? 0,
    })
  else if (ordered === 0 && overview.groups.length > 0)
    printLine(
      io.stdout,
      'Nothing was ordered: nothing of this can be driven as the pair is configured (docs/redrive.md).',
    )
  else if (ordered !== undefined)
    printLine(io.stdout, `${plural(ordered, 'version')} ordered by ${inert(who)}: in the next re-drive.`)
  else if (estimate.versions > 0) printLine(io.stdout, '--yes orders it.')
}

function plan({ estate }: Session, { groups, pairs }: Overview): string[] {
  if (groups.length === 0) return ['Nothing that failed is selected.']
  const beyond = [...pairs].flatMap(([name, { spent }]) => {
    const { hourly } = estate.pairs.find((pair) => pair.name === name)!.redrive
    const cost = totalCost(groups.filter(({ pair }) => pair === name))
    const fits =
      spent.versions + cost.versions <= hourly.versions &&
      spent.bytes + cost.bytes <= hourly.bytes &&
      spent.dollars + cost.dollars <= hourly.dollars
    return fits ? [] : [`${name}: more than an hour allows (${costText(hourly)}): the rest follows hour by hour`]
  })
  return [...groupLines(groups, systemClock.now()), ...estimateLines(groups), ...beyond]
}

async function probe(session: Session, selection: Selection, options: Options, io: Io): Promise<void> {
  const { failures, progress, who } = session
  const { pairs } = await failures.overview(selection)
  progress.done()
  const now = systemClock.now()
  const meant = [...pairs].flatMap(([pair, { incidents }]) =>
    incidents.filter((incident) => isMeant(incident, selection)).map((incident) => ({ pair, ...incident })),
  )
  const done = options.yes ? await failures.probe(selection, who) : undefined
  // A script must not take it for done.
  if (done !== undefined && done.busy.length > 0) io.exitCode = EXIT.unreachable
  if (options.json) {
    const probed = done?.probed.map(({ pair, incident }) => ({ pair, ...incident })) ?? []
    printJson(io.stdout, { dryRun: !options.yes, incidents: meant, probed, busy: done?.busy ?? [] })
    return
  }
  if (meant.length === 0) printLine(io.stdout, 'No open incident is selected: nothing waits for a probe.')
  for (const one of meant) for (const line of incidentLines(one.pair, [one], now)) printLine(io.stdout, line)
  if (done === undefined) {
    if (meant.length > 0) printLine(io.stdout, '--yes lets the probe go now.')
    return
  }
  if (done.probed.length > 0)
    printLine(
      io.stdout,
      `${plural(done.probed.length, 'probe')} ordered by ${inert(who)}: the next turn of the service begins it.`,
    )
  for (const pair of done.busy)
    printLine(io.stdout, `${pair}: its re-drive is busy just now; run this again in a minute`)
}
