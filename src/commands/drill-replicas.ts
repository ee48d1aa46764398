/** `landfall drill replicas`: reads replicas drawn by chance, as if the sources' region were gone. */
import { secretsOf } from '../config/redact.ts'
import { type Command, InvalidArgumentError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { makeAws } from '../aws/clients.ts'
import { makeDumpStore } from '../aws/dump-store.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import { loadEstate } from '../config/load.ts'
import type { ReplicasDrill } from '../domain/dump/manifest.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { makeLog } from '../log.ts'
import { systemClock, systemRandom } from '../system.ts'
import { filesOf } from '../workers/drill-report.ts'
import { makeDrillReplicas } from '../workers/drill-replicas.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { keepReport } from './drill-keep.ts'
import { listenForInterrupt } from './interrupt.ts'
import { paint, printJson, printLine } from './output.ts'
import { makeProgress } from './progress.ts'
import { bytes } from './status-view.ts'

interface Options {
  readonly config?: string
  readonly pair: string
  readonly sample: number
  readonly seed?: number
  readonly source: boolean
  readonly out?: string
  readonly json?: true
}

const MOST = 100_000

export function registerDrillReplicas(parent: Command, io: Io): void {
  withConfig(
    parent
      .command('replicas')
      .description(
        'read replicas drawn by chance to their last byte, and compare them with the source where it answers',
      ),
  )
    .requiredOption('--pair <name>', 'the pair whose destination is read')
    .option('--sample <n>', 'how many versions', whole(1, MOST), 20)
    .option('--seed <n>', 'draws the same ones again, while the bucket holds the same versions', whole(0, 2 ** 31 - 1))
    .option('--no-source', 'do not ask the source, even where it answers')
    .option('--out <folder>', 'the report goes there too')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      `${examples(
        'landfall drill replicas --pair documents-production --sample 50',
        'landfall drill replicas --pair documents-production --sample 50 --seed 7 --no-source',
      )}
The whole destination is listed, a thousand versions a request, so that each version has the same chance. The report goes
to service.snapshot, under drills/pairs/PAIR/. Exit code ${EXIT.atRisk}: one of them cannot be read, or differs.`,
    )
    .action(async (options: Options) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      const pair = estate.pairs.find(({ name }) => name === options.pair)
      if (pair === undefined) {
        const names = estate.pairs.map(({ name }) => name).join(', ')
        throw new LandfallError('USAGE', `no pair ${inert(JSON.stringify(options.pair))}; there are: ${names}`)
      }
      const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
      const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
      const progress = makeProgress(io.stderr)
      const interrupt = listenForInterrupt()
      try {
        const drill = makeDrillReplicas({
          pair,
          replica: makeDumpStore({ estate, aws, place: pair.destination }),
          ...(options.source && { source: makeDumpStore({ estate, aws, place: pair.source }) }),
          clock: systemClock,
          landfallVersion: packageJson.version,
        })
        const report = await drill({
          sample: options.sample,
          seed: options.seed ?? Math.floor(systemRandom.next() * 2 ** 31),
          signal: interrupt.signal,
          onListed: (versions) => progress.update(`listing  ${versions} versions`),
          onRead: (done, read) => progress.update(`reading  ${done} of ${options.sample}  ${bytes(read)}`),
        })
        progress.done()
        const { snapshot } = estate.service
        const kept = await keepReport({
          files: filesOf(report),
          drills: snapshot && {
            store: makeDumpStore({ estate, aws, place: snapshot }),
            prefix: `${snapshot.prefix}drills/pairs/${pair.name}/`,
          },
          out: options.out,
          progress,
        })
        if (options.json) printJson(io.stdout, { ...report, report: kept })
        else tell(report, kept, io)
        if (report.verdict === 'failed') io.exitCode = EXIT.atRisk
      } catch (error) {
        if (interrupt.signal.aborted)
          throw new LandfallError('INTERRUPTED', 'stopped; no report was written', { cause: error })
        throw error
      } finally {
        progress.done()
        interrupt.close()
        aws.close()
      }
    })
}

function tell(report: ReplicasDrill, kept: readonly string[], io: Io): void {
  const { stdout } = io
  const { sampled, listed, from, seed, source } = report
  const good = report.verdict === 'readable'
  const counts = Map.groupBy(sampled, ({ result }) => result)
  const said = [...counts].map(([result, ones]) => `${ones.length} ${result}`).join(', ')
  const drawn = `${sampled.length} of ${listed} versions of ${from.bucket} (${from.region}), seed ${seed}, source ${source}`
  printLine(stdout, `${drawn}: ${paint(stdout, good ? 'green' : 'red', said === '' ? 'there are none' : said)}`)
  for (const { key, versionId, result, detail } of sampled) {
    if (result === 'differs' || result === 'unreadable') {
      printLine(stdout, `  ${paint(stdout, 'red', result)}  ${inert(key)}  ${inert(versionId)}  ${inert(detail)}`)
    }
  }
  for (const place of kept) printLine(stdout, `  report: ${inert(place)}`)
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }
}
