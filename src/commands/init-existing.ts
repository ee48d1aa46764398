/** `landfall init apply --existing`: what lies there from before the rules, what it costs, and the jobs. */
import type { Aws } from '../aws/clients.ts'
import { countExisting, replicateExisting } from '../aws/setup/existing.ts'
import { makeVersionLister } from '../aws/version-pages.ts'
import type { Estate, Pair } from '../config/estate.ts'
import { costOfExisting, type ExistingCost } from '../domain/setup/existing.ts'
import { systemClock } from '../system.ts'
import type { Io } from './command.ts'
import { printLine } from './output.ts'
import { makeProgress } from './progress.ts'

export interface ExistingReport extends ExistingCost {
  readonly pair: string
  /** Absent: not begun. */
  readonly job?: string | undefined
  readonly note?: string | undefined
}

/** One estimate a pair; with `yes` one job a pair as well, the same one when asked again on that day. */
export async function driveExisting(
  { estate, aws }: { readonly estate: Estate; readonly aws: Aws },
  options: { readonly pair?: string; readonly yes?: true; readonly json?: true; readonly dry: boolean },
  io: Io,
): Promise<readonly ExistingReport[]> {
  const lister = makeVersionLister({ estate, aws, clock: systemClock })
  const progress = makeProgress(io.stderr)
  const day = new Date(systemClock.now()).toISOString().slice(0, 10)
  const reports: ExistingReport[] = []
  for (const pair of estate.pairs.filter(({ name }) => options.pair === undefined || name === options.pair)) {
    const found = await countExisting(lister, pair.name, ({ versions }) =>
      progress.update(`listing ${pair.name}: ${versions} versions`),
    )
    progress.done()
    const cost = costOfExisting(found)
    const note = noteOf(pair, found.versions, options)
    const begins = note === undefined
    const job = begins
      ? await replicateExisting({ estate, aws }, pair, `landfall-existing-${pair.name}-${day}`.slice(0, 64))
      : undefined
    const report = { pair: pair.name, ...cost, job, note }
    reports.push(report)
    if (!options.json) printLine(io.stdout, lineOf(report))
  }
  return reports
}

function noteOf(
  pair: Pair,
  versions: number,
  { yes, dry }: { readonly yes?: true; readonly dry: boolean },
): string | undefined {
  if (versions === 0) return 'nothing lies there'
  if (pair.redrive.batch === undefined) return 'no redrive.batch: no job can be made'
  if (dry || yes !== true) return 'not begun: --yes begins it'
  return undefined
}

function lineOf({ pair, versions, bytes, dollars, hours, job, note }: ExistingReport): string {
  const price = `at most ${versions} versions, ${bytes} bytes, about ${hours.toFixed(1)} h and $${dollars.toFixed(2)}`
  return `existing objects of ${pair}: ${price}; ${job === undefined ? note : `job ${job}`}`
}
