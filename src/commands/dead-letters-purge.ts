/** `landfall dead-letters purge`: deletes what an export has a copy of, and nothing else. */
import { type FileHandle, open as openFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { keyOfExported, letterKey } from '../domain/dead-letters.ts'
import { LandfallError } from '../domain/errors.ts'
import { inertJson } from '../domain/inert.ts'
import { examples, type Io } from './command.ts'
import {
  browse,
  type CommonOptions,
  type OpenPlace,
  type SelectionOptions,
  selectionOf,
  type Session,
  unseen,
  withCommon,
  withSelection,
  withSession,
} from './dead-letters-shared.ts'
import { printLine } from './output.ts'
import { plural } from './status-view.ts'

interface Options extends CommonOptions, SelectionOptions {
  readonly exported: string
  readonly yes?: true
}

interface Purged {
  readonly queue: string
  /** Selected and in the file: deleted, or without --yes to be deleted. */
  readonly messages: number
  /** Selected, and not in the file: left. */
  readonly notExported: number
  /** Their delete failed: they are still there. */
  readonly undeleted: number
}

export function registerPurge(parent: Command, io: Io): void {
  withSelection(
    withCommon(
      parent.command('purge').description('delete dead letters that an export has a copy of; others are left'),
    ),
  )
    .requiredOption('-e, --exported <file>', 'a file that `dead-letters export` wrote')
    .option('-y, --yes', 'do it; without this, it is only said what would be deleted')
    .addHelpText(
      'after',
      `${examples('landfall dead-letters purge --exported dead.jsonl', 'landfall dead-letters purge --exported dead.jsonl --broken --yes')}
A message is deleted only if the file has it, with the same body, from the same queue.`,
    )
    .action(async (options: Options) => {
      const keys = await readExport(options.exported)
      await withSession(options, io, async (session) => {
        const done: Purged[] = []
        try {
          for (const open of session.places) {
            await purgeOne(session, open, { keys, options, done })
            if (session.interrupt.signal.aborted) break
          }
        } finally {
          // What was deleted before something broke off is on record as well.
          await record(session, done, options)
        }
        tell(session, done, options, io)
      })
    })
}

interface Purge {
  readonly keys: ReadonlySet<string>
  readonly options: Options
  /** Gets this queue's counts, which grow batch by batch. */
  readonly done: Purged[]
}

async function purgeOne(session: Session, open: OpenPlace, { keys, options, done }: Purge): Promise<void> {
  const { queue, place } = open
  const gone = new Set<string>()
  const so = { queue: place.name, messages: 0, notExported: 0, undeleted: 0 }
  done.push(so)
  const { end } = await browse(
    session,
    open,
    selectionOf(options, session.estate),
    async (found) => {
      const copied = found.filter(({ letter }) => keys.has(letterKey(place.arn, letter)))
      so.notExported += found.length - copied.length
      if (!options.yes || copied.length === 0) {
        so.messages += copied.length
        return 'on'
      }
      const failed = await queue.delete(copied.map(({ letter }) => letter.receipt))
      const stay = new Set(failed.map(({ receipt }) => receipt))
      so.undeleted += stay.size
      so.messages += copied.length - stay.size
      for (const { letter } of copied) if (!stay.has(letter.receipt)) gone.add(letter.id)
      return 'on'
    },
    (id) => !gone.has(id),
  )
  for (const line of unseen(open, end)) session.progress.say(line)
}

async function record(session: Session, done: readonly Purged[], options: Options): Promise<void> {
  const count = done.reduce((sum, { messages }) => sum + messages, 0)
  if (options.yes && count > 0) {
    const { exported, pair, parses, broken, reason } = options
    const why = await session.record({
      what: 'dead-letters purge',
      pair,
      count,
      selection: { queues: done.map(({ queue }) => queue), exported, parses, broken, reason },
    })
    if (why !== undefined) session.progress.say(`not recorded in the ledger: ${why}`)
  }
}

function tell({ interrupt }: Session, done: readonly Purged[], options: Options, io: Io): void {
  if (!options.json) {
    const verb = options.yes ? 'deleted' : 'would be deleted; --yes does it'
    for (const { queue, messages, notExported } of done) {
      printLine(
        io.stdout,
        `${queue}: ${plural(messages, 'message')} ${verb}; ${notExported} not in ${options.exported} are left`,
      )
    }
  }
  if (interrupt.signal.aborted) {
    throw new LandfallError('INTERRUPTED', 'the purge was interrupted', { details: { queues: done } })
  }
  const undeleted = done.reduce((sum, { undeleted }) => sum + undeleted, 0)
  if (undeleted > 0) {
    throw new LandfallError('SEND_BACK_INCOMPLETE', `${plural(undeleted, 'message')} could not be deleted`, {
      details: { queues: done },
    })
  }
  if (options.json) printLine(io.stdout, inertJson({ dryRun: options.yes !== true, queues: done }))
}

/** The keys of all lines. Throws EXPORT_UNREADABLE where the file is not whole: a half copy is none. */
async function readExport(path: string): Promise<ReadonlySet<string>> {
  let file: FileHandle | undefined
  try {
    file = await openFile(path, 'r')
    // It may have been copied here a moment ago: what is deleted must have its copy on disk.
    await file.sync()
    const keys = new Set<string>()
    let at = 0
    for await (const line of file.readLines({ encoding: 'utf8' })) {
      at += 1
      const key = keyOfExported(line)
      if (key === undefined) throw new LandfallError('EXPORT_UNREADABLE', `${path}, line ${at}: no line of an export`)
      keys.add(key)
    }
    return keys
  } catch (error) {
    if (error instanceof LandfallError) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError('EXPORT_UNREADABLE', `${path} cannot be read: ${said}`, { cause: error })
  } finally {
    await file?.close().catch(() => {})
  }
}
