/** What the commands of `landfall failures` share: their selection, their ledger, and who gives the order. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { operatorIn } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { suggest } from '../config/suggest.ts'
import { parseDuration } from '../config/units.ts'
import { LandfallError } from '../domain/errors.ts'
import { parseS3Uri } from '../domain/s3-uri.ts'
import { isEverything, type Selection } from '../domain/repair/selection.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../ledger/ledger.ts'
import { operatorName, processName, systemClock } from '../system.ts'
import { type Failures, makeFailures } from '../workers/failures.ts'
import { type Io, JSON_HELP, withConfig } from './command.ts'
import { makeProgress, type Progress } from './progress.ts'

export interface CommonOptions {
  readonly config?: string
  readonly json?: true
}

export interface SelectionOptions {
  readonly pair?: string
  readonly reason?: string
  readonly prefix?: string
  readonly olderThan?: number
  readonly versionId?: string
}

export interface OrderOptions extends CommonOptions, SelectionOptions {
  readonly all?: true
  readonly yes?: true
  readonly dryRun?: true
}

export function withCommon(command: Command): Command {
  return withConfig(command).option('--json', JSON_HELP)
}

/** Adds the object as an argument, and what narrows a selection. */
export function withSelection(command: Command): Command {
  return command
    .argument('[object]', 's3://BUCKET/KEY: only what failed of this key; the source or the destination bucket')
    .option('--version-id <id>', 'of that object, only this version')
    .option('--pair <name>', 'only this pair')
    .option('--reason <name>', 'only what failed for this reason, as `failures list` prints it')
    .option('--prefix <text>', 'only keys that begin so')
    .option('--older-than <time>', 'only what was written so long ago: 90m, 2h, 7d', duration)
}

/** For commands that write: nothing is done without `--yes`, and all of it only by `--all`. */
export function withOrder(command: Command): Command {
  return withSelection(withCommon(command))
    .option('--all', 'everything that failed, where nothing narrows it')
    .option('--dry-run', 'only say what would be done (the default)')
    .option('-y, --yes', 'do it')
}

export function selectionOf(estate: Estate, object: string | undefined, options: SelectionOptions): Selection {
  const { pair, reason, prefix, olderThan, versionId } = options
  if (pair !== undefined) checkPair(estate, pair)
  if (versionId !== undefined && object === undefined) throw usage('--version-id needs an object: s3://BUCKET/KEY')
  const at = object === undefined ? undefined : placeOf(estate, object)
  const pairs = at === undefined ? (pair === undefined ? undefined : [pair]) : within(at.pairs, pair)
  return { pairs, reason, prefix, key: at?.key, versionId, olderThanMs: olderThan }
}

/** Throws USAGE where an order is about everything and does not say so, or says both yes and no. */
export function checkOrder(selection: Selection, { all, yes, dryRun }: OrderOptions): void {
  if (yes && dryRun) throw usage('--yes and --dry-run exclude each other')
  if (isEverything(selection) && !all) throw usage('name what is meant (--pair, --reason, --prefix ...), or say --all')
}

/** The pairs that an object of this bucket belongs to. Throws where the estate has none. */
export function placeOf(
  estate: Estate,
  object: string,
): { readonly bucket: string; readonly key: string; readonly pairs: readonly string[] } {
  const uri = parseS3Uri(object)
  if (uri === undefined) throw usage('an object is written as s3://BUCKET/KEY')
  const pairs = estate.pairs.filter(({ source, destination }) =>
    [source.bucket, destination.bucket].includes(uri.bucket),
  )
  if (pairs.length === 0) {
    const known = estate.pairs.flatMap(({ source, destination }) => [source.bucket, destination.bucket])
    const near = suggest(uri.bucket, known)
    throw new LandfallError('BUCKET_MISSING', `no pair of the configuration has the bucket ${uri.bucket}`, {
      hint: near === undefined ? '`landfall config print` lists the pairs.' : `Did you mean ${near}?`,
    })
  }
  return { ...uri, pairs: pairs.map(({ name }) => name) }
}

export interface Session {
  readonly estate: Estate
  readonly ledger: RedisLedger
  readonly failures: Failures
  /** Who is recorded. */
  readonly who: string
  readonly progress: Progress
}

/** Runs with the ledger of the configuration, and lets go of it. */
export async function withSession(
  options: CommonOptions,
  io: Io,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const estate = await loadEstate({ path: options.config, env: io.env })
  const { redis } = estate.service
  const connection = await connectLedger(redis.url, { cluster: redis.cluster })
  const progress = makeProgress(io.stderr)
  try {
    const ledger = makeLedger({ connection, clock: systemClock, durability: redis.durability })
    const failures = makeFailures({
      pairs: estate.pairs,
      ledger,
      clock: systemClock,
      holder: processName(),
      pause: (ms) => sleep(ms),
      onProgress: (looked) => progress.update(`${looked} failures looked at`),
    })
    await work({ estate, ledger, failures, who: operatorIn(io.env, operatorName()), progress })
  } finally {
    progress.done()
    connection.disconnect()
  }
}

export function usage(message: string): LandfallError {
  return new LandfallError('USAGE', message)
}

function checkPair({ pairs }: Estate, name: string): void {
  if (pairs.some((pair) => pair.name === name)) return
  const near = suggest(
    name,
    pairs.map((pair) => pair.name),
  )
  throw usage(`no pair ${name} in the configuration${near === undefined ? '' : ` (did you mean ${near}?)`}`)
}

function within(pairs: readonly string[], pair: string | undefined): readonly string[] {
  if (pair === undefined) return pairs
  if (!pairs.includes(pair)) throw usage(`that object is of ${pairs.join(', ')}, and not of ${pair}`)
  return [pair]
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It must be a time with its unit: 90m, 2h, 7d.')
  return ms
}

export function whole(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < from || value > to) {
      throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`)
    }
    return value
  }
}
