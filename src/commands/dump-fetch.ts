/** `landfall dump fetch`: a dump as it is stored, into a file. */
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import type { CatalogEntry } from '../domain/dump/catalog.ts'
import { dumpName, type DumpName } from '../domain/dump/name.ts'
import { LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { systemClock } from '../system.ts'
import { examples, type Io } from './command.ts'
import { download, type Downloaded } from './download.ts'
import {
  type DumpOptions,
  pick,
  type PickOptions,
  withDump,
  withDumpSession,
  withFrom,
  withPick,
} from './dump-shared.ts'
import { decoderFor } from './dump-decoder.ts'
import { listenForInterrupt } from './interrupt.ts'
import { printJson, printLine } from './output.ts'
import { bytes } from './status-view.ts'

interface Options extends DumpOptions, PickOptions {
  readonly to?: string
  readonly force?: true
  readonly decrypt?: true
}

export function registerDumpFetch(parent: Command, io: Io): void {
  withPick(withFrom(withDump(parent.command('fetch').description('download a dump, whole and compared'))))
    .argument('<name>', 'the dump, by its name in the configuration')
    .option('--to <path>', 'the file, or the folder, that it goes to (default: its own name here)')
    .option('--decrypt', 'as pg_dump wrote it: decrypted by the `identity` of the configuration, decompressed')
    .option('--force', 'over a file that is there already')
    .addHelpText(
      'after',
      `${examples(
        'landfall dump fetch production',
        'landfall dump fetch production --from eu-west-2 --to /backup/',
        'landfall dump fetch production --key production-202611240200.sql.gz.gpg',
        'landfall dump fetch production --decrypt --to /scratch/',
      )}
A run that broke off is gone on with by the same command. The file has its name only when it is whole.`,
    )
    .action(async (name: string, options: Options) => {
      const interrupt = listenForInterrupt()
      try {
        await withDumpSession(name, options, io, async (session) => {
          const { catalog, store, progress } = session
          progress.update('listing')
          const { entry, held } = pick(session, await catalog.read({ signal: interrupt.signal }), options)
          const decode = options.decrypt ? await decoderFor(session.dump, entry, io.env) : undefined
          const path = await fileFor(options.to, nameFor(entry, options))
          const done = await download({
            store,
            entry,
            held,
            path,
            overwrite: options.force === true,
            decode,
            clock: systemClock,
            progress,
            signal: interrupt.signal,
          }).catch((error: unknown) => {
            throw interrupt.signal.aborted ? stopped(error) : error
          })
          progress.done()
          if (options.json) printJson(io.stdout, { key: entry.key, versionId: held.versionId, ...done })
          else printLine(io.stdout, `${inert(done.path)}: ${bytes(done.bytes)}, ${proof(done)}`)
        })
      } finally {
        interrupt.close()
      }
    })
}

function nameFor({ key, name }: CatalogEntry, { decrypt }: Options): string {
  return basename(decrypt ? plainName(name) : key)
}

async function fileFor(to: string | undefined, name: string): Promise<string> {
  if (to === undefined) return name
  const folder = to.endsWith('/') || (await stat(to).catch(() => undefined))?.isDirectory() === true
  return folder ? join(to, name) : to
}

const plainName = (name: DumpName): string => dumpName({ ...name, compression: 'none', encryption: 'none' })

function stopped(cause: unknown): LandfallError {
  return new LandfallError('INTERRUPTED', 'stopped; what came so far is kept', { cause })
}

function proof({ proved, sha256 }: Downloaded): string {
  switch (proved) {
    case 'sha256':
      return `SHA-256 ${sha256} as in its manifest`
    case 'checksum':
      return `CRC32 as S3 has it; SHA-256 ${sha256}`
    case 'etag':
      return `MD5 as its ETag; SHA-256 ${sha256}`
    case 'size':
      return `SHA-256 ${sha256}; UNVERIFIED: it has no manifest and no checksum to compare with, only its size`
  }
}
