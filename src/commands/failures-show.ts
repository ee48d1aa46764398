/** `landfall failures show`: all that the ledger has of what failed of one key, what was tried included. */
import type { Command } from 'commander'
import { failureOf } from '../domain/failures.ts'
import { inert } from '../domain/inert.ts'
import { assess, REST } from '../domain/redrive.ts'
import { reasonOf } from '../domain/repair/selection.ts'
import type { Incident } from '../domain/repair/words.ts'
import { systemClock } from '../system.ts'
import type { Listed, PairToList } from '../workers/failures.ts'
import { examples, type Io } from './command.ts'
import { type CommonOptions, selectionOf, type SelectionOptions, withCommon, withSession } from './failures-shared.ts'
import { triedText, wantedText } from './failures-view.ts'
import { printJson, printLine } from './output.ts'
import { shellWord } from '../domain/shell-word.ts'
import { bytes, duration } from './status-view.ts'

interface Options extends CommonOptions, Pick<SelectionOptions, 'pair' | 'versionId'> {}

const MOST = 1000

export function registerShow(parent: Command, io: Io): void {
  withCommon(
    parent.command('show').description('all about what failed of one key: why, what was tried, what comes next'),
  )
    .argument('<object>', 's3://BUCKET/KEY: the source or the destination bucket')
    .option('--version-id <id>', 'only this version')
    .option('--pair <name>', 'only this pair')
    .addHelpText(
      'after',
      examples('landfall failures show s3://digitalmarketplace-documents-production-production/a/b.pdf'),
    )
    .action(async (object: string, options: Options) => {
      await withSession(options, io, async ({ estate, ledger, failures, progress }) => {
        const selection = selectionOf(estate, object, options)
        const { versions } = await failures.oldest(selection, MOST)
        progress.done()
        const now = systemClock.now()
        const shown = await Promise.all(
          versions.map(async (listed) => {
            const pair = estate.pairs.find(({ name }) => name === listed.pair)!
            const incidents = await ledger.incidents(listed.pair)
            return describe(listed, pair, incidents)
          }),
        )
        if (options.json) printJson(io.stdout, { versions: shown })
        else if (shown.length === 0) {
          printLine(io.stdout, `Nothing of it has failed. Its story: landfall explain ${shellWord(object)}`)
        } else for (const one of shown) for (const line of lines(one, now)) printLine(io.stdout, line)
      })
    })
}

function describe({ pair, parked }: Listed, policy: PairToList, incidents: readonly Incident[]) {
  const byReason = new Map(incidents.map((incident) => [incident.reason, incident]))
  const assessment = assess(parked, { policy, incidents: byReason })
  const reason = reasonOf(parked.version)
  return { pair, ...parked, incident: byReason.get(reason), assessment, hint: failureOf(reason).hint }
}

function lines(one: ReturnType<typeof describe>, now: number): string[] {
  const { pair, version, tried, wanted, assessment, hint } = one
  const size = version.size === undefined ? 'of unknown size' : bytes(version.size)
  return [
    `${inert(version.key)} ${inert(version.versionId)}`,
    `  pair     ${pair}, ${version.kind}, ${size}, written ${duration(Math.max(0, now - version.eventTime) / 1000)} ago`,
    `  state    ${version.state}: ${inert(reasonOf(version))}, after ${version.looks} looks`,
    `           ${hint}`,
    `  tried    ${tried === undefined ? 'nothing yet' : triedText(tried)}`,
    ...(wanted === undefined ? [] : [`  ordered  ${wantedText(wanted)}`]),
    `  next     ${nextText(assessment)}`,
  ]
}

function nextText(assessment: ReturnType<typeof assess>): string {
  switch (assessment.kind) {
    case 'drive':
      return `the next re-drive takes it (${assessment.strategy})`
    case 'look':
      return 'it is looked at again'
    case 'hold':
      return `it waits for the probe of the incident ${inert(assessment.cause)}`
    case 'rest':
      return REST[assessment.because]
  }
}
