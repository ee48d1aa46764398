/** `landfall dump verify`: reads stored dumps back, check by check, and leaves a record beside each. */
import type { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { dumpSides } from '../aws/dump-catalogs.ts'
import type { CatalogEntry } from '../domain/dump/catalog.ts'
import type { DumpVerified } from '../domain/dump/manifest.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { systemClock } from '../system.ts'
import { dueForVerify } from '../workers/dump-due.ts'
import { makeRecheckReplica } from '../workers/dump-recheck.ts'
import { makeVerifyDump } from '../workers/dump-verify.ts'
import { makeBar } from './bar.ts'
import { printChecks } from './checks-view.ts'
import { examples, type Io } from './command.ts'
import { readingOf } from './dump-reading.ts'
import { type DumpOptions, type DumpSession, withDump, withDumpSession } from './dump-shared.ts'
import { listenForInterrupt } from './interrupt.ts'
import { paint, printJson, printLine } from './output.ts'

interface Options extends DumpOptions {
  readonly key?: string
  readonly latest?: true
  readonly all?: true
  readonly due?: true
  readonly acceptBounds?: true
}

export function registerDumpVerify(parent: Command, io: Io): void {
  withDump(
    parent
      .command('verify')
      .description(
        'read a stored dump back: there, as long and with the bytes that were written, decrypted, whole to its last byte, of a size that is believed; then its replica',
      ),
  )
    .argument('<name>', 'the dump, by its name in the configuration')
    .option('--key <key>', 'the dump under this key')
    .option('--latest', 'the newest one (the default)')
    .option('--all', 'all of them, newest first')
    .option('--due', 'those of the last days that have no record yet; what the service does')
    .option('--accept-bounds', 'its size and rows are right, although they are out of bounds')
    .addHelpText(
      'after',
      `${examples(
        'landfall dump verify production',
        'landfall dump verify production --key production-202611240200.sql.gz.gpg',
        'landfall dump verify production --all --json',
      )}
The record goes beside the dump, as KEY.verified.json. Exit code ${EXIT.atRisk}: one of them failed.
Without a private key (dumps[].identity) only what is stored is compared, and the header looked at.`,
    )
    .action(async (name: string, options: Options) => {
      const asked = [options.key, options.latest, options.all, options.due].filter((one) => one !== undefined)
      if (asked.length > 1) throw new LandfallError('USAGE', '--key, --latest, --all and --due exclude each other')
      const interrupt = listenForInterrupt()
      try {
        await withDumpSession(name, options, io, async (session) => {
          const records = await verify(session, options, io, interrupt.signal)
          if (options.json) printJson(io.stdout, { dump: name, verified: records })
          if (records.some(({ verdict }) => verdict === 'failed')) io.exitCode = EXIT.atRisk
        })
      } catch (error) {
        if (interrupt.signal.aborted)
          throw new LandfallError('INTERRUPTED', 'stopped; records that were written stay', { cause: error })
        throw error
      } finally {
        interrupt.close()
      }
    })
}

async function verify(session: DumpSession, options: Options, io: Io, signal: AbortSignal): Promise<DumpVerified[]> {
  const { dump, estate, aws, catalog, progress } = session
  progress.update('listing')
  const entries = await catalog.read({ signal })
  const sides = dumpSides(estate, aws, dump)
  const due = options.due === true ? dueForVerify(entries, systemClock.now()) : undefined
  const wanted = due?.unread ?? pickAll(session, entries, options)
  const records: DumpVerified[] = []
  const keep = (record: DumpVerified): void => {
    records.push(record)
    progress.done()
    if (options.json !== true) tell(record, io)
  }
  if (due !== undefined && sides.replica !== undefined) {
    const recheck = makeRecheckReplica({ store: sides.here, replica: sides.replica, clock: systemClock })
    for (const entry of due.replicas) {
      const record = await recheck(entry, signal)
      if (record !== undefined) keep(record)
    }
  }
  if (wanted.length > 0) {
    const verifyDump = makeVerifyDump({
      dump,
      store: sides.here,
      replica: sides.replica,
      ...(await readingOf(dump, io.env)),
      clock: systemClock,
      landfallVersion: packageJson.version,
    })
    // Oldest first: each is judged by the one before it.
    for (const entry of wanted.toReversed()) {
      const bar = makeBar({ show: (text) => progress.update(text), clock: systemClock, total: entry.here!.size })
      bar.label(inert(entry.key))
      keep(
        await verifyDump(await catalog.read({ signal }), entry, {
          signal,
          acceptBounds: options.acceptBounds,
          onBytes: (count) => bar.add(count),
        }),
      )
    }
  }
  if (records.length === 0 && options.json !== true) printLine(io.stdout, 'nothing is due')
  return records
}

/** Newest first. */
function pickAll(
  { dump }: DumpSession,
  entries: readonly CatalogEntry[],
  { key, all }: Options,
): readonly CatalogEntry[] {
  const there = entries.filter(({ here }) => here !== undefined && !here.superseded)
  const found =
    key !== undefined
      ? entries
          .filter((entry) => entry.here !== undefined && (entry.key === key || entry.key === dump.place.prefix + key))
          .slice(0, 1)
      : there.slice(0, all === true ? undefined : 1)
  if (found.length > 0) return found
  const { bucket, region } = dump.place
  throw new LandfallError(
    'DUMP_MISSING',
    `no ${key === undefined ? 'dump' : inert(key)} of ${dump.name} in ${bucket} (${region})`,
  )
}

function tell(record: DumpVerified, io: Io): void {
  const good = record.verdict === 'verified'
  printLine(io.stdout, `${inert(record.key)}  ${paint(io.stdout, good ? 'green' : 'red', record.verdict)}`)
  printChecks(io.stdout, record.checks)
}
