/** `landfall demo`: the main job on a local AWS, with traffic and faults; behind `npm start`. */
import { type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../config/units.ts'
import { type DemoLook, runDemo } from '../demo/demo.ts'
import { succeeded, type Summary } from '../demo/summary.ts'
import { EXIT } from '../domain/errors.ts'
import { makeLog } from '../log.ts'
import { systemClock, systemRandom } from '../system.ts'
import { examples, type Io } from './command.ts'
import { makeProgress } from './progress.ts'
import { paint, printJson, printLine } from './output.ts'
import { duration, renderStatus } from './status-view.ts'

interface Options {
  readonly for?: number
  readonly events?: number
  readonly seed?: number
  readonly rate: number
  readonly port: number
  readonly json?: true
}

export function register(program: Command, io: Io): void {
  program
    .command('demo')
    .description(
      'Landfall on a local AWS: starts a private Redis and the sandbox, sets the example estate up, writes to it while 1 % of the replications fail and are driven again, and events get lost, doubled and reordered, and shows what Landfall makes of it',
    )
    .option('--for <duration>', 'end after so long, e.g. 30s (default: runs until Ctrl-C)', duration_)
    .option('--events <n>', 'write so many versions, wait until none is on its way, and end', whole)
    .option('--seed <n>', 'the same seed makes the same traffic, version ids and faults', whole)
    .option('--rate <n>', 'writes a second over all pairs; 0: as fast as it goes', whole, 200)
    .option('--port <n>', 'port of health, metrics and status; 0 takes a free one', whole, 0)
    .option('--json', 'print one JSON summary as the last line of stdout')
    .addHelpText(
      'after',
      `${examples('npm start', 'npm start -- --for 30s --json', 'npm start -- --events 5000 --seed 7 --json')}
Ends with 0 only if the equation holds and nothing that was written and told of is missing from the ledger.
Redis: REDIS_URL; else redis-server or valkey-server on the PATH; else a container; else Debian's packages, unpacked
into .cache/ without installing them.`,
    )
    .action((options: Options) => demo(options, io))
}

async function demo(options: Options, io: Io): Promise<void> {
  const { stdout, stderr } = io
  const stop = new AbortController()
  let interrupts = 0
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  function interrupt(): void {
    interrupts += 1
    if (interrupts > 1) process.exit(EXIT.forced)
    stop.abort()
  }
  const live = stdout.isTTY && !options.json
  const progress = makeProgress(stderr)
  let last = -Infinity
  const summary = await runDemo({
    env: io.env,
    seed: options.seed ?? Math.floor(systemRandom.next() * 2 ** 31),
    forMs: options.for,
    events: options.events,
    perSecond: options.rate,
    httpPort: options.port,
    clock: systemClock,
    // Warnings are part of the show only where they do not tear the live view.
    log: makeLog({ level: live ? 'silent' : 'error', pretty: stderr.isTTY, to: 'stderr' }),
    say: (text) => progress.say(text),
    onLook: (look) => {
      if (live) drawLive(look, io)
      else if (look.seconds - last >= PLAIN_EVERY_S) {
        last = look.seconds
        progress.say(plainLine(look))
      }
    },
    stop: stop.signal,
  })
  progress.done()
  if (options.json) printJson({ ...stdout, isTTY: false }, summary)
  else printSummary(summary, io)
  io.exitCode = succeeded(summary) ? EXIT.ok : EXIT.fault
}

const PLAIN_EVERY_S = 2

function drawLive({ report, written, seconds, page }: DemoLook, { stdout }: Io): void {
  const text = renderStatus(report, { colour: stdout.colour, width: stdout.columns - 1 })
  stdout.write(`\u001B[H\u001B[2J${text}\n\nwritten ${written} in ${duration(seconds)} · ${page} · Ctrl-C ends it\n`)
}

function plainLine({ report, written, seconds }: DemoLook): string {
  const sum = (of: (pair: (typeof report.pairs)[number]) => number): number =>
    report.pairs.reduce((total, pair) => total + of(pair), 0)
  return [
    `${seconds.toFixed(0).padStart(4)} s`,
    `written ${written}`,
    `received ${report.equation.received}`,
    `landed ${sum((pair) => pair.closed.landed)}`,
    `excluded ${sum((pair) => pair.closed.excluded)}`,
    `gone ${sum((pair) => pair.closed.gone)}`,
    `at risk ${report.atRisk.versions} (waiting ${sum((pair) => pair.open.waiting)}, late ${sum((pair) => pair.open.late)}, failed ${sum((pair) => pair.open.failed)}, mismatched ${sum((pair) => pair.open.mismatched)})`,
    report.equation.holds ? 'equation holds' : 'EQUATION DOES NOT HOLD',
  ].join('  ')
}

function printSummary(summary: Summary, { stdout }: Io): void {
  const { verdicts, open, evidence, lagSeconds, redrives } = summary
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none'
  const good = succeeded(summary)
  for (const line of [
    '',
    `written     ${summary.written} versions in ${summary.seconds} s (seed ${summary.seed})`,
    `received    ${summary.received}; duplicates ${summary.duplicates}; replicas without an event of their source ${summary.unannounced + summary.early}`,
    `verdicts    ${list(verdicts)}`,
    `open        ${list(open)}`,
    `evidence    ${list(evidence)}`,
    `re-drives   ${redrives.done} done and ${redrives.failed} failed, in ${redrives.jobs} jobs; incidents ${redrives.incidents}, over ${redrives.incidentsOver}`,
    `lag         p50 ${lagSeconds.p50 ?? '-'} s, p95 ${lagSeconds.p95 ?? '-'} s, p99 ${lagSeconds.p99 ?? '-'} s`,
    `requests    ${list(summary.requests)}`,
    `alarms      ${alarmsText(summary.alarms)}`,
    `dumps       ${dumpsText(summary.dumps)}`,
    `silenced    ${summary.silenced} (their event was dropped on order: only an audit can find these)`,
    `lost        ${summary.lost}`,
    good
      ? paint(stdout, 'green', 'The equation holds, and nothing is lost.')
      : paint(stdout, 'red', summary.equation.holds ? 'Something is lost.' : 'The equation does not hold.'),
  ])
    printLine(stdout, line)
}

function dumpsText(dumps: Summary['dumps']): string {
  if (dumps === null) return 'none (docs/dump-catalog.md)'
  const { made, health, why } = dumps
  const replica = health.unreplicatedSince === undefined ? 'all replicated' : 'a replica is missing'
  const verified =
    health.newestVerified === undefined
      ? 'none verified'
      : health.newestVerified === health.newest
        ? 'the newest is verified'
        : 'the newest is not verified'
  const drill = health.newestDrilled === undefined ? 'none restored' : 'one restored from its replica'
  const trouble = why === null ? '' : `; the last one failed: ${why}`
  return made === 0
    ? `none${trouble}`
    : `${made} made, ${verified}, ${replica}, ${drill}, ${health.failed} broken${trouble}`
}

function alarmsText({ made, on }: Summary['alarms']): string {
  if (on === null) return `${made} made; a run of three minutes or more says which are on`
  return on.length === 0 ? `${made} made; none is on` : `${on.length} of ${made} are on: ${on.join(', ')}`
}

function duration_(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It must be a duration such as 30s or 2m.')
  return ms
}

function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
