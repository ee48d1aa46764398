/** `landfall audit`: both buckets of a pair compared, version by version, whatever the events said. */
import { secretsOf } from '../config/redact.ts'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { makeObjectStore } from '../aws/object-store.ts'
import { makeSameBytes } from '../aws/same-bytes.ts'
import { makeVersionLister } from '../aws/version-pages.ts'
import { operatorIn, usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { isAtRisk } from '../domain/audit/finding.ts'
import type { AuditSummary } from '../domain/audit/report.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { openFileSpill } from '../files/spill.ts'
import { makeLog } from '../log.ts'
import { operatorName, systemClock, systemPause, systemRandom } from '../system.ts'
import { makeAudit } from '../workers/audit/engine.ts'
import { openBooks, recordRepair, saveAudit } from './audit-books.ts'
import { type InventoryOptions, isByInventory, withInventory } from './audit-inventory-options.ts'
import { dollarsOf, progressLine, renderAudit } from './audit-report.ts'
import { pairOf, readSession, runSession, type SessionOptions } from './audit-session.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { printJson, printLine } from './output.ts'
import { makeProgress } from './progress.ts'
import { keepHeapSmall } from './small-heap.ts'

interface Options extends InventoryOptions {
  readonly config?: string
  readonly pair?: readonly string[]
  readonly repair?: true
  readonly deep?: number | true
  readonly resume?: true
  readonly json?: true
  readonly out?: string
  readonly checkpoint?: string
}

export function register(program: Command, io: Io): void {
  const command = withConfig(
    program
      .command('audit')
      .description(
        'compares all versions of both buckets of each pair, whatever the events said; every finding is confirmed by a look at that very version before it is reported',
      ),
  )
    .option('-p, --pair <name...>', 'only these pairs (default: all)')
    .option('--repair', 'book what is missing or mismatched, so that it counts as at risk and is driven again')
    .option(
      '--deep [percent]',
      'also read what looks the same: checksums, or bytes where those cannot be compared; of all versions, or of a sample',
      percent,
    )
    .option('--resume', 'go on where a killed or stopped audit was, with its options')
    .option('--json', JSON_HELP)
    .option('-o, --out <file>', 'write all findings there: CSV where the name ends in .csv, else JSON lines')
    .option(
      '--checkpoint <file>',
      "where to keep what --resume needs (default: beside --out's file, else in the folder for temporary files)",
    )
  withInventory(command)
    .addHelpText(
      'after',
      `${examples(
        'landfall audit --pair documents-production',
        'landfall audit --out findings.csv',
        'landfall audit --repair --out findings.jsonl',
        'landfall audit --deep=1 --json',
        'landfall audit --resume --out findings.jsonl',
        'landfall audit --pair documents-production --inventory source/manifest.json,destination/manifest.json',
      )}
Exit code 3: something is missing or mismatched. docs/audit.md has the classes of findings, docs/audit-inventory.md
all about --inventory.`,
    )
    .action(async (options: Options) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      // Loaded only where it is asked for: it brings Athena and the join with it.
      if (isByInventory(options)) await (await import('./audit-inventory.ts')).runInventory(estate, options, io)
      else await run(estate, options, io)
    })
}

async function run(estate: Estate, options: Options, io: Io): Promise<void> {
  keepHeapSmall()
  const progress = makeProgress(io.stderr)
  const asked = sessionOptions(estate, options)
  const checkpoint = options.checkpoint ?? checkpointFile(estate, asked)
  const from = options.resume ? await readSession(checkpoint, estate) : undefined
  if (options.resume && from === undefined) progress.say(`nothing to resume (${checkpoint}): a new audit begins`)
  const session: SessionOptions = from?.state ?? asked

  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  const opening = openBooks(estate, session.repair, progress)
  // Told of where it is awaited.
  opening.catch(() => {})
  // A repair is worth nothing without it; else nobody waits for a Redis that is slow to answer, or down.
  if (session.repair) await opening
  const stopper = listenForSignals()
  const summaries: AuditSummary[] = [...(from?.state.done ?? [])]
  const troubles: string[] = []
  const meter = makeMeter()
  try {
    const audit = makeAudit({
      lister: makeVersionLister({ estate, aws, clock: systemClock }),
      objects: makeObjectStore({ estate, aws, clock: systemClock, log }),
      sameBytes: makeSameBytes({ estate, aws }),
      openSpill: openFileSpill,
      clock: systemClock,
      random: systemRandom,
      pause: systemPause,
      known: async (pair, ids) => {
        const { ledger, trouble } = await opening
        if (ledger === undefined) throw new LandfallError('REDIS_UNREACHABLE', trouble ?? 'no ledger')
        return ledger.known(pair, ids)
      },
      discarded: async (pair, ids) => (await (await opening).ledger?.discarded(pair, ids)) ?? [],
      reconcile: async (pair, bookings) => (await opening).ledger!.reconcile(pair, bookings),
    })
    const complete = await runSession(
      {
        estate,
        audit,
        clock: systemClock,
        seed: () => Math.floor(systemRandom.next() * 2 ** 32),
        checkpoint,
        enough: () => stopper.signal !== undefined,
        onPair: (pair) => {
          meter.begin()
          if (!io.stderr.isTTY) progress.say(`auditing ${pair}`)
        },
        onProgress: (pair, at) => progress.update(progressLine({ pair, ...at, ...meter.read(at) })),
        async onDone(summary, shown) {
          progress.done()
          summaries.push(summary)
          if (!options.json) for (const line of renderAudit(io.stdout, summary, shown)) printLine(io.stdout, line)
          const { ledger } = await opening
          const trouble = await saveAudit(ledger, summary)
          if (trouble !== undefined) troubles.push(trouble)
          if (!session.repair) return
          const unrecorded = await recordRepair(ledger, summary, operatorIn(io.env, operatorName()))
          if (unrecorded !== undefined) troubles.push(unrecorded)
        },
      },
      session,
      from,
    )
    progress.done()
    for (const trouble of troubles) progress.say(`landfall: ${trouble}`)
    const { trouble: without } = await opening
    if (without !== undefined) troubles.push(without)
    const requests = aws.requests().get('s3') ?? new Map<string, number>()
    const atRisk = summaries.some(({ counts }) => isAtRisk(counts))
    if (options.json) {
      printJson(io.stdout, {
        format: 1,
        complete,
        atRisk,
        pairs: summaries,
        requests: Object.fromEntries(requests),
        dollars: Number(dollarsOf(requests).toFixed(6)),
        ...(session.out === undefined ? {} : { out: session.out }),
        ...(complete ? {} : { checkpoint }),
        notes: troubles,
      })
    } else {
      const total = [...requests.values()].reduce((sum, count) => sum + count, 0)
      progress.say(`${total} requests to S3, about $${dollarsOf(requests).toFixed(4)}`)
    }
    if (atRisk) io.exitCode = EXIT.atRisk
    if (!complete) {
      progress.say(`stopped; \`landfall audit --resume --checkpoint ${checkpoint}\` goes on from here`)
      io.exitCode = stopper.signal === 'SIGTERM' ? 143 : 130
    }
  } catch (error) {
    progress.done()
    progress.say(
      `what was found so far stands: \`landfall audit --resume --checkpoint ${checkpoint}\` goes on from there`,
    )
    throw error
  } finally {
    stopper.end()
    // What has failed was told of above.
    await opening.then(
      (books) => books.close(),
      () => {},
    )
    aws.close()
  }
}

function sessionOptions(estate: Estate, { pair, repair, deep, out }: Options): SessionOptions {
  const pairs = (pair ?? estate.pairs.map(({ name }) => name)).map((name) => pairOf(estate, name).name)
  return { pairs: [...new Set(pairs)], repair: repair === true, deep: deep === true ? 100 : (deep ?? 0), out }
}

function checkpointFile({ name }: Estate, { pairs, out }: SessionOptions): string {
  if (out !== undefined) return `${out}.checkpoint`
  const which = createHash('sha256')
    .update(JSON.stringify([name, pairs]))
    .digest('hex')
    .slice(0, 12)
  return join(tmpdir(), `landfall-audit-${which}.checkpoint`)
}

/** The first signal ends the audit in order, the second one at once. */
function listenForSignals(): { signal: NodeJS.Signals | undefined; end(): void } {
  const stopper = {
    signal: undefined as NodeJS.Signals | undefined,
    end(): void {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
  const stop = (signal: NodeJS.Signals): void => {
    if (stopper.signal !== undefined) process.exit(EXIT.forced)
    stopper.signal = signal
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return stopper
}

/** Rate and time left, of this run: a resumed one does not count what the first one did. */
function makeMeter() {
  let began = systemClock.now()
  let first: { readonly compared: number; readonly share: number } | undefined
  return {
    begin(): void {
      began = systemClock.now()
      first = undefined
    },
    read(at: { readonly compared: number; readonly share: number }) {
      first ??= at
      const seconds = Math.max(0.001, (systemClock.now() - began) / 1000)
      const done = at.share - first.share
      return {
        rate: (at.compared - first.compared) / seconds,
        secondsLeft: done < 0.02 || seconds < 2 ? undefined : (seconds * (1 - at.share)) / done,
      }
    },
  }
}

function percent(text: string): number {
  const value = Number(text.replace(/%$/, ''))
  if (text.trim() === '' || !(value > 0 && value <= 100)) {
    throw new InvalidArgumentError('It must be a percentage above 0, up to 100.')
  }
  return value
}
