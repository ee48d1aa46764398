/** What the commands of `landfall dump` share: the dump of the configuration, its two sides, and which version is meant. */
import { secretsOf } from '../config/redact.ts'
import type { Command } from 'commander'
import { type Aws, makeAws } from '../aws/clients.ts'
import { dumpSides } from '../aws/dump-catalogs.ts'
import { dumpNamed, replicaPlace } from '../config/dump-places.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { BucketPlace, Estate } from '../config/estate.ts'
import type { Dump } from '../config/estate-dumps.ts'
import { loadEstate } from '../config/load.ts'
import type { CatalogEntry, Held } from '../domain/dump/catalog.ts'
import { parseTime } from '../domain/dump/time.ts'
import { LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { makeLog } from '../log.ts'
import type { DumpStore, Log } from '../ports.ts'
import { type CatalogReader, makeCatalogReader } from '../workers/dump-catalog.ts'
import { type Io, JSON_HELP, withConfig } from './command.ts'
import { makeProgress, type Progress } from './progress.ts'

export interface DumpOptions {
  readonly config?: string
  readonly json?: true
  /** A region: only what is there is looked at. */
  readonly from?: string
}

export interface PickOptions {
  readonly latest?: true
  readonly at?: string
  readonly key?: string
  readonly versionId?: string
}

export interface DumpSession {
  readonly estate: Estate
  readonly dump: Dump
  readonly aws: Aws
  readonly log: Log
  readonly catalog: CatalogReader
  /** The side that is read from: the dump's own bucket, or the replica's. */
  readonly place: BucketPlace
  readonly store: DumpStore
  /** The version of an entry on that side; undefined where it is not there. */
  readonly heldBy: (entry: CatalogEntry) => Held | undefined
  readonly progress: Progress
}

export function withDump(command: Command): Command {
  return withConfig(command).option('--json', JSON_HELP)
}

export function withFrom(command: Command): Command {
  return command.option(
    '--from <region>',
    'only the side in this region; the replica is read with the other region gone',
  )
}

export function withPick(command: Command): Command {
  return command
    .option('--latest', 'the newest that is verified (the default)')
    .option('--at <time>', 'the newest verified one that was begun at this time or before, e.g. 2026-11-24T02:00Z')
    .option('--key <key>', 'the dump under this key')
    .option('--version-id <id>', 'with --key: this version of it')
}

export async function withDumpSession(
  name: string,
  options: DumpOptions,
  io: Io,
  work: (session: DumpSession) => Promise<void>,
): Promise<void> {
  const estate = await loadEstate({ path: options.config, env: io.env })
  const dump = dumpNamed(estate, name)
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  const progress = makeProgress(io.stderr)
  try {
    await work(sessionOf({ estate, dump, aws, log, progress, from: options.from }))
  } catch (error) {
    throw options.from === undefined ? withWayOut(error, estate, dump) : error
  } finally {
    progress.done()
    aws.close()
  }
}

function sessionOf(needs: {
  readonly estate: Estate
  readonly dump: Dump
  readonly aws: Aws
  readonly log: Log
  readonly progress: Progress
  readonly from: string | undefined
}): DumpSession {
  const { estate, dump, aws, log, progress, from } = needs
  const replica = replicaPlace(estate, dump)
  const far = isReplicaSide(dump, replica, from)
  const sides = dumpSides(estate, aws, dump)
  return {
    estate,
    dump,
    aws,
    log,
    progress,
    place: far ? replica! : dump.place,
    store: far ? sides.replica! : sides.here,
    heldBy: (entry) => (far ? entry.replica : entry.here),
    catalog: makeCatalogReader({
      dump,
      drills: sides.drills,
      ...(!far && { here: sides.here }),
      ...((far || from === undefined) && { replica: sides.replica }),
    }),
  }
}

function isReplicaSide(dump: Dump, replica: BucketPlace | undefined, from: string | undefined): boolean {
  if (from === undefined || from === dump.place.region) return false
  if (replica?.region === from) return true
  const there = replica === undefined ? '; it names no `pair`, so no replica is known' : ` and ${replica.region}`
  throw new LandfallError('USAGE', `${dump.name} is not in ${inert(from)}: it is in ${dump.place.region}${there}`)
}

/** The region that is down is why `--from` is there. */
function withWayOut(error: unknown, estate: Estate, dump: Dump): unknown {
  const replica = replicaPlace(estate, dump)
  if (!(error instanceof LandfallError) || error.code !== 'AWS_UNREACHABLE' || replica === undefined) return error
  return new LandfallError(error.code, error.message, {
    hint: `${error.hint} With ${dump.place.region} gone: --from ${replica.region} reads the replica alone.`,
    cause: error,
    details: error.details,
  })
}

/** Throws DUMP_MISSING where nothing fits. */
export function pick(
  { dump, heldBy, place }: Pick<DumpSession, 'dump' | 'heldBy' | 'place'>,
  entries: readonly CatalogEntry[],
  options: PickOptions,
): { readonly entry: CatalogEntry; readonly held: Held } {
  const { key, versionId, at } = options
  if (versionId !== undefined && key === undefined) throw new LandfallError('USAGE', '--version-id needs --key')
  if (key !== undefined && at !== undefined) throw new LandfallError('USAGE', '--key and --at exclude each other')
  const before = at === undefined ? Infinity : parseTime(at)
  const there = entries.flatMap((entry) => {
    const held = heldBy(entry)
    return held === undefined ? [] : [{ entry, held }]
  })
  const found =
    key === undefined
      ? there.find(({ entry }) => entry.state === 'verified' && entry.at <= before)
      : there.find(
          ({ entry, held }) =>
            (entry.key === key || entry.key === dump.place.prefix + key) &&
            (versionId === undefined || held.versionId === versionId),
        )
  if (found !== undefined) return found
  const what = key === undefined ? `verified dump${at === undefined ? '' : ` from before ${inert(at)}`}` : inert(key)
  const unverified = key === undefined ? there.find(({ entry }) => entry.at <= before) : undefined
  throw new LandfallError('DUMP_MISSING', `no ${what} of ${dump.name} in ${place.bucket} (${place.region})`, {
    ...(unverified !== undefined && {
      hint: `There are ${there.length} that are not: \`landfall dump verify ${dump.name}\`, or name one: --key ${inert(unverified.entry.key)}`,
    }),
  })
}
