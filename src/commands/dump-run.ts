/** `landfall dump run NAME`: makes one dump, and ends. */
import { passwordsIn, secretsOf } from '../config/redact.ts'
import type { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { makeAws } from '../aws/clients.ts'
import { makeDumpStore } from '../aws/dump-store.ts'
import { compressionOf, makeDumpEncoder } from '../codec/encode.ts'
import { dumpNamed } from '../config/dump-places.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import type { Dump } from '../config/estate-dumps.ts'
import { loadEstate } from '../config/load.ts'
import { readSecret } from '../config/secret.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeDumpLedger } from '../ledger/dump-ledger.ts'
import { makeLog } from '../log.ts'
import { openDump } from '../postgres/dump.ts'
import { newRunId, systemClock, systemRandom } from '../system.ts'
import { type DumpMade, type DumpProgress, makeRunDump } from '../workers/dump.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { listenForInterrupt } from './interrupt.ts'
import { printJson, printLine } from './output.ts'
import { makeProgress } from './progress.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

/** A part over a slow line; the SDK's clients for looks have ten seconds. */
const REQUEST_MS = 120_000
const REDIS_WAIT_MS = 10_000
const PROGRESS_MS = 250

export function registerDumpRun(parent: Command, io: Io): void {
  withConfig(
    parent
      .command('run')
      .description(
        'dump a database into its bucket: compressed, encrypted, hashed, with a manifest; visible only when it is whole',
      )
      .argument('<name>', 'of the dump in the configuration'),
  )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      `${examples('landfall dump run production', 'landfall dump run production --json | jq .manifest.rows.total')}
One run at a time makes a dump, in all containers (a lease in Redis). SIGTERM or SIGINT aborts it in order: no object, no
open upload is left, exit code ${EXIT.interrupted}. Whatever a run that died has left, the next one removes.`,
    )
    .action(async (name: string, options: Options) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      const interrupt = listenForInterrupt()
      try {
        const made = await run(estate, dumpNamed(estate, name), io, interrupt.signal)
        if (options.json) printJson(io.stdout, made)
        else tell(made, io)
      } finally {
        interrupt.close()
      }
    })
}

async function run(estate: Estate, dump: Dump, io: Io, signal: AbortSignal): Promise<DumpMade> {
  const url = await databaseOf(dump, io)
  const secrets = [...secretsOf(estate), ...passwordsIn(url)]
  const log = makeLog({ level: 'warn', pretty: io.stderr.isTTY, to: 'stderr', secrets })
  const { redis } = estate.service
  const connection = await connectLedger(redis.url, { cluster: redis.cluster, connectTimeoutMs: REDIS_WAIT_MS })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env), timeouts: { requestMs: REQUEST_MS } })
  const progress = makeProgress(io.stderr)
  try {
    const runDump = makeRunDump({
      dump,
      store: makeDumpStore({ estate, aws, place: dump.place }),
      ledger: makeDumpLedger({ connection }),
      open: async (stop) => openDump({ dump, url, env: io.env, log, signal: stop }),
      encoder: async () => makeDumpEncoder(dump),
      compression: compressionOf(dump),
      runId: newRunId(),
      landfallVersion: packageJson.version,
      clock: systemClock,
      random: systemRandom,
      log,
    })
    return await runDump(
      signal,
      seldom((text) => progress.update(text)),
    )
  } finally {
    progress.done()
    aws.close()
    connection.disconnect()
  }
}

async function databaseOf(dump: Dump, io: Io): Promise<string> {
  if (dump.database !== undefined) return readSecret(dump.database, `dumps.${dump.name}.database`, io.env)
  throw new LandfallError('USAGE', `the dump ${dump.name} is made by others`, {
    hint: 'Landfall makes a dump whose `database` the configuration names; it verifies and drills the others.',
  })
}

function seldom(show: (text: string) => void): (progress: DumpProgress) => void {
  const began = systemClock.now()
  let last = 0
  return ({ key, plainBytes, storedBytes }) => {
    const now = systemClock.now()
    if (now - last < PROGRESS_MS) return
    last = now
    const perSecond = plainBytes / Math.max(0.001, (now - began) / 1000)
    show(`${key}  ${size(plainBytes)} dumped  ${size(storedBytes)} stored  ${size(perSecond)}/s`)
  }
}

function tell({ key, versionId, manifest, leftovers }: DumpMade, io: Io): void {
  const seconds = (Date.parse(manifest.endedAt) - Date.parse(manifest.startedAt)) / 1000
  const rows =
    manifest.rows === undefined
      ? ''
      : `, ${manifest.rows.total} rows in ${Object.keys(manifest.rows.tables).length} tables`
  printLine(io.stdout, `${key}  version ${versionId}`)
  printLine(
    io.stdout,
    `${size(manifest.plain.bytes)} dumped, ${size(manifest.stored.bytes)} stored in ${seconds.toFixed(1)} s${rows}`,
  )
  if (leftovers > 0) printLine(io.stdout, `${leftovers} left over by dead runs aborted`)
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
