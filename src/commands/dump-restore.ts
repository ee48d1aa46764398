/** `landfall dump restore`: a dump into a database that a person names. */
import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { readSecret } from '../config/secret.ts'
import type { SecretPlace } from '../config/estate-dumps.ts'
import type { CatalogEntry, Held } from '../domain/dump/catalog.ts'
import { LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { openRestore } from '../postgres/restore-into.ts'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import { decoderFor } from './dump-decoder.ts'
import {
  type DumpOptions,
  type DumpSession,
  pick,
  type PickOptions,
  withDump,
  withDumpSession,
  withFrom,
  withPick,
} from './dump-shared.ts'
import { listenForInterrupt } from './interrupt.ts'
import { printJson, printLine } from './output.ts'
import { makeRecordAct } from './record-act.ts'
import { duration, plural } from './status-view.ts'
import { makeTransfer } from './transfer.ts'

interface Options extends DumpOptions, PickOptions {
  readonly to: string
  readonly force?: true
}

const UPDATE_MS = 200

export function registerDumpRestore(parent: Command, io: Io): void {
  withPick(
    withFrom(withDump(parent.command('restore').description('restore a dump into a database, whole or not at all'))),
  )
    .argument('<name>', 'the dump, by its name in the configuration')
    .requiredOption('--to <place>', 'where the URL of the database is: env:VARIABLE or file:PATH')
    .option('--force', 'into a database that is not empty; what the dump drops is gone')
    .addHelpText(
      'after',
      `${examples(
        'landfall dump restore production --to env:STAGING_URL',
        'landfall dump restore production --from eu-west-2 --at 2026-11-20T00:00Z --to file:/run/secrets/url',
      )}
One transaction. The dump's SQL runs with all rights of that user: restore only what you trust. Roles and tablespaces are in no dump.`,
    )
    .action(async (name: string, options: Options) => {
      const place = placeOf(options.to)
      const interrupt = listenForInterrupt()
      try {
        await withDumpSession(name, options, io, async (session) => {
          const url = await readSecret(place, '--to', io.env)
          session.progress.update('listing')
          const { entry, held } = pick(session, await session.catalog.read({ signal: interrupt.signal }), options)
          const done = await restore(session, { entry, held, url, options, io, signal: interrupt.signal }).catch(
            (error: unknown) => {
              if (!interrupt.signal.aborted) throw error
              throw new LandfallError('INTERRUPTED', 'stopped; the database is as it was', {
                cause: error,
                hint: 'Nothing was committed: run the same command again.',
              })
            },
          )
          session.progress.done()
          if (options.json) printJson(io.stdout, done)
          else {
            const where = `${inert(done.to.database)} at ${inert(done.to.host)}:${done.to.port}`
            printLine(io.stdout, `${inert(done.key)} restored into ${where} in ${duration(done.seconds)}`)
          }
        })
      } finally {
        interrupt.close()
      }
    })
}

/** The URL has a password in it: never on a command line. */
function placeOf(text: string): SecretPlace {
  const [, kind, rest] = /^(env|file):(.+)$/.exec(text) ?? []
  if (kind === 'env') return { env: rest! }
  if (kind === 'file') return { file: rest! }
  throw new LandfallError('USAGE', '--to must be env:VARIABLE or file:PATH', {
    hint: 'A URL on the command line could be read by every user of the machine: put it into a variable or a file.',
  })
}

interface Order {
  readonly entry: CatalogEntry
  readonly held: Held
  readonly url: string
  readonly options: Options
  readonly io: Io
  readonly signal: AbortSignal
}

async function restore(session: DumpSession, { entry, held, url, options, io, signal }: Order) {
  const { dump, estate, progress } = session
  const began = systemClock.now()
  const decode = await decoderFor(dump, entry, io.env)
  const clean = options.force === true
  const target = await openRestore({ url, format: entry.name.format, clean, env: io.env, signal })
  const { relations, where } = target
  if (relations > 0 && !clean) {
    throw new LandfallError(
      'DATABASE_NOT_EMPTY',
      `${where.database} at ${where.host} has ${plural(relations, 'table')} already`,
    )
  }
  await target.restore(decode(stored(session, { entry, held, signal })))
  progress.done()
  const act = {
    what: 'dump restore',
    count: 1,
    selection: { dump: dump.name, key: entry.key, to: where.database },
  } as const
  const unrecorded = await makeRecordAct(estate.service, io.env)(act)
  if (unrecorded !== undefined) printLine(io.stderr, `not recorded, since Redis is away: ${unrecorded}`)
  return {
    key: entry.key,
    versionId: held.versionId,
    to: where,
    server: target.serverVersion,
    seconds: (systemClock.now() - began) / 1000,
  }
}

/** The stored bytes; at their end the manifest's SHA-256 must be theirs, before anything is committed. */
async function* stored(
  { store, progress }: Pick<DumpSession, 'store' | 'progress'>,
  { entry, held, signal }: Pick<Order, 'entry' | 'held' | 'signal'>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  const transfer = makeTransfer({ total: held.size, began: 0, at: systemClock.now() })
  let [done, shown] = [0, -Infinity]
  const versionId = held.versionId === 'null' ? undefined : held.versionId
  for await (const chunk of store.read({ key: entry.key, versionId, signal })) {
    hash.update(chunk)
    done += chunk.length
    yield chunk
    const now = systemClock.now()
    if (now - shown < UPDATE_MS) continue
    shown = now
    progress.update(transfer.line(done, now))
  }
  const wanted = entry.manifest?.stored.sha256
  const sha256 = hash.digest('hex')
  if (done === held.size && (wanted === undefined || wanted === sha256)) return
  throw new LandfallError('DUMP_DIFFERS', `what came of ${entry.key} is not what is stored: nothing was restored`)
}
