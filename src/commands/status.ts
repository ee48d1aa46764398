/** `landfall status`: what an outage of the sources would lose, from the ledger or from its copy in eu-west-2. */
import { secretsOf } from '../config/redact.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { dumpSides } from '../aws/dump-catalogs.ts'
import { makeSnapshotStore } from '../aws/snapshot-store.ts'
import { makeQueues } from '../aws/sqs.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { isLedgerId } from '../domain/ledger-id.ts'
import { STATUS_FORMAT, type StatusReport } from '../domain/status.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger } from '../ledger/ledger.ts'
import { makeLog } from '../log.ts'
import type { Log } from '../ports.ts'
import { systemClock } from '../system.ts'
import { makeDepths } from '../workers/depths.ts'
import { makeCatalogReader } from '../workers/dump-catalog.ts'
import { makeDumpHealth } from '../workers/dump-health.ts'
import { makeGatherStatus } from '../workers/status.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { printError, printJson, printLine } from './output.ts'
import { duration, renderHead, renderStatus } from './status-view.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly watch?: number | true
  readonly fromSnapshot?: true
  readonly ledger?: string
  readonly head?: number
  readonly exitCode?: true
}

const WATCH_SECONDS = 2
const DEFAULT_HEAD = 10
const DEPTHS_FRESH_MS = 10_000
const DEPTHS_PATIENCE_MS = 2_000
const DUMPS_FRESH_MS = 60_000
const DUMPS_PATIENCE_MS = 5_000

export function register(program: Command, io: Io): void {
  withConfig(
    program
      .command('status')
      .description(
        'what an outage of the sources would lose now: versions and bytes at risk for each pair, lag, late, failed, and the equation',
      ),
  )
    .option('--json', JSON_HELP)
    .option('-w, --watch [seconds]', `again and again, every ${WATCH_SECONDS} s`, positive)
    .option('--from-snapshot', 'read the copy in S3 instead of Redis: works with nothing else up')
    .option('--ledger <id>', 'with --from-snapshot: the last one of a ledger that Redis lost', ledgerId)
    .option(
      '--head <n>',
      `list so many of the oldest open versions of each pair (default ${DEFAULT_HEAD} with --from-snapshot, else 0)`,
      whole,
    )
    .option(
      '--exit-code',
      `end with ${EXIT.atRisk} when something is late, failed or mismatched, or the equation does not hold`,
    )
    .addHelpText(
      'after',
      examples(
        'landfall status',
        'landfall status --watch',
        'landfall status --json --head 100',
        'landfall status --from-snapshot',
      ),
    )
    .action(async (options: Options) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      if (options.ledger !== undefined && !options.fromSnapshot) {
        throw new LandfallError('USAGE', '--ledger needs --from-snapshot: Redis holds the present ledger only')
      }
      const source = options.fromSnapshot ? fromSnapshot(estate, options, io) : await fromLedger(estate, options, io)
      try {
        await show(source.read, options, io)
      } finally {
        source.close()
      }
    })
}

interface Source {
  readonly read: () => Promise<StatusReport>
  readonly close: () => void
}

async function fromLedger(estate: Estate, { head = 0 }: Options, io: Io): Promise<Source> {
  const { redis } = estate.service
  const connection = await connectLedger(redis.url, { cluster: redis.cluster })
  const ledger = makeLedger({ connection, clock: systemClock, durability: redis.durability })
  const aws = makeAws({ estate, log: quietLog(estate, io), pathStyle: usesOwnEndpoint(io.env) })
  const queues = makeQueues({ estate, aws })
  // The ledger is the answer; what SQS does not say in time is left out.
  const depths = makeDepths({
    queues: estate.queues,
    depth: async (queue) => queues.depth(queue),
    clock: systemClock,
    freshMs: DEPTHS_FRESH_MS,
    patienceMs: DEPTHS_PATIENCE_MS,
  })
  const dumps = makeDumpHealth({
    dumps: estate.dumps.map((dump) => {
      const sides = dumpSides(estate, aws, dump)
      return { name: dump.name, replicated: sides.replica !== undefined, catalog: makeCatalogReader(sides) }
    }),
    clock: systemClock,
    log: quietLog(estate, io),
    freshMs: DUMPS_FRESH_MS,
    patienceMs: DUMPS_PATIENCE_MS,
  })
  const gather = makeGatherStatus({
    estate,
    ledger,
    clock: systemClock,
    depths,
    ...(estate.dumps.length > 0 && { dumps }),
  })
  return {
    read: () => gather({ head }),
    close() {
      connection.disconnect()
      aws.close()
    },
  }
}

function quietLog(estate: Estate, io: Io): Log {
  return makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
}

function fromSnapshot(estate: Estate, { head = DEFAULT_HEAD, ledger }: Options, io: Io): Source {
  const aws = makeAws({ estate, log: quietLog(estate, io), pathStyle: usesOwnEndpoint(io.env) })
  const store = makeSnapshotStore({ estate, aws })
  if (store === undefined) {
    throw new LandfallError('SNAPSHOT_MISSING', 'the configuration names no service.snapshot', {
      hint: 'Name a bucket in eu-west-2 under service.snapshot; `landfall run` then writes the open list there.',
    })
  }
  return {
    async read() {
      const report = JSON.parse(await store.read(ledger)) as StatusReport
      if (report.format !== STATUS_FORMAT) {
        throw new LandfallError(
          'SNAPSHOT_MISSING',
          `the snapshot has format ${String(report.format)}; this Landfall reads format 1`,
          {
            hint: 'Read it with the version of Landfall that wrote it.',
          },
        )
      }
      return { ...report, pairs: report.pairs.map((pair) => ({ ...pair, head: pair.head.slice(0, head) })) }
    },
    close: () => aws.close(),
  }
}

async function show(read: () => Promise<StatusReport>, options: Options, io: Io): Promise<void> {
  const everySeconds = options.watch === true ? WATCH_SECONDS : options.watch
  for (;;) {
    const report = await read().catch((error: unknown) => {
      // A watch outlives what it watches; a single look says what is wrong by its exit code.
      if (everySeconds === undefined) throw error
      printError(error, io, false)
      return undefined
    })
    if (report === undefined) {
      await sleep(everySeconds! * 1000)
      continue
    }
    if (options.json) printJson(io.stdout, report)
    else print(report, options, io, everySeconds !== undefined)
    if (options.exitCode && !sound(report)) io.exitCode = EXIT.atRisk
    if (everySeconds === undefined) return
    await sleep(everySeconds * 1000)
  }
}

function print(report: StatusReport, { fromSnapshot: old }: Options, io: Io, clear: boolean): void {
  const { stdout } = io
  if (clear && stdout.isTTY) stdout.write('\u001B[H\u001B[2J')
  if (old) {
    const age = (systemClock.now() - Date.parse(report.at)) / 1000
    printLine(stdout, `From the snapshot of ${report.at}, ${duration(Math.max(0, age))} ago:`)
  }
  const view = { colour: stdout.colour, width: stdout.isTTY ? stdout.columns : Infinity }
  printLine(stdout, renderStatus(report, view))
  const head = renderHead(report, view)
  if (head !== '') printLine(stdout, `\n${head}`)
}

function sound({ equation, pairs }: StatusReport): boolean {
  return equation.holds && pairs.every(({ open }) => open.late + open.failed + open.mismatched === 0)
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number of seconds above 0.')
  return value
}

function ledgerId(text: string): string {
  if (!isLedgerId(text)) throw new InvalidArgumentError('It must be an id as `landfall status` prints it.')
  return text
}

function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
