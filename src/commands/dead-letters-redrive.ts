/**
 * `landfall dead-letters redrive`: back to the intake queues. A whole queue by SQS' own move task, a selection, or a queue
 * that SQS refuses to move, one by one.
 */
import { join } from 'node:path'
import type { Command } from 'commander'
import { stateFolder } from '../config/environment.ts'
import { isSelected, type LetterSelection, selectsAll } from '../domain/dead-letters.ts'
import { LandfallError } from '../domain/errors.ts'
import { inertJson } from '../domain/inert.ts'
import { makeMover, type Mover } from '../queues/move-task.ts'
import { examples, type Io } from './command.ts'
import { type Moved, moveAll } from './dead-letters-move.ts'
import { type BackOneByOne, oneByOne } from './dead-letters-one-by-one.ts'
import {
  browse,
  type CommonOptions,
  interrupted,
  type OpenPlace,
  type SelectionOptions,
  selectionOf,
  type Session,
  unseen,
  whole,
  withCommon,
  withSelection,
  withSession,
} from './dead-letters-shared.ts'
import { printLine } from './output.ts'
import { plural } from './status-view.ts'

interface Options extends CommonOptions, SelectionOptions {
  readonly yes?: true
  readonly limit?: number
  readonly oneByOne?: true
  readonly journal?: string
  readonly cancel?: true
}

export type Redriven =
  | { readonly queue: string; readonly how: 'dry run'; readonly messages: number; readonly whole: boolean }
  | ({ readonly queue: string; readonly how: 'move task' } & Moved)
  | ({
      readonly queue: string
      readonly how: 'one by one'
      /** By a move task that failed before it was through. */
      readonly movedByTask: number
    } & BackOneByOne)
  | { readonly queue: string; readonly how: 'cancelled'; readonly ran: boolean }

export function registerRedrive(parent: Command, io: Io): void {
  withSelection(
    withCommon(
      parent.command('redrive').description('send dead letters back to the intake queues that they came from'),
    ),
  )
    .option('-y, --yes', 'do it; without this, it is only said what would be done')
    .option('--rate <n>', 'messages a second at most (SQS allows 500)', whole(1, 500))
    .option('-n, --limit <n>', 'so many of each queue at most; one by one', whole(1, 10_000_000))
    .option('--one-by-one', 'receive and send instead of a move task of SQS')
    .option('--journal <file>', 'what one-by-one has done so far (default: a file a queue in the state folder)')
    .option('--cancel', 'cancel the move tasks that run')
    .addHelpText(
      'after',
      `${examples('landfall dead-letters redrive --parses', 'landfall dead-letters redrive --parses --yes', 'landfall dead-letters redrive --queue landfall-eu-west-1 --rate 50 --yes', 'landfall dead-letters redrive --cancel')}
Without a selection SQS moves the whole queue by itself, whatever becomes of this command; a task that runs already is
joined. With a selection, or where SQS refuses, each message is received, sent, and deleted when the copy is acknowledged.
After a crash or Ctrl-C run the same command again: nothing is lost, and the ledger counts each version once.`,
    )
    .action(async (options: Options) => {
      await withSession(options, io, async (session) => {
        const selection = selectionOf(options, session.estate)
        if (options.journal !== undefined && session.places.length > 1) {
          throw new LandfallError('USAGE', '--journal names one file: name one queue too, by --queue')
        }
        const done: Redriven[] = []
        for (const open of session.places) {
          const result = await redriveOne(session, open, { selection, options, io })
          done.push(result)
          await tell(session, open, result, { selection, options, io })
          if (session.interrupt.signal.aborted || (result.how === 'one by one' && result.error !== undefined)) break
        }
        finish(session, done, options, io)
      })
    })
}

interface Order {
  readonly selection: LetterSelection
  readonly options: Options
  readonly io: Io
}

async function redriveOne(session: Session, open: OpenPlace, order: Order): Promise<Redriven> {
  const { selection, options, io } = order
  const queue = open.place.name
  const mover = makeMover({ name: queue, arn: open.place.arn, client: open.client })
  if (options.cancel) return { queue, how: 'cancelled', ran: await cancel(session, mover) }
  const byMove = selectsAll(selection) && !options.oneByOne && options.limit === undefined
  if (!options.yes) return dryRun(session, open, selection, byMove)
  // A task that moves the queue and a run that sends its letters would both send the same ones.
  if (!byMove) await refuseBeside(mover, queue)
  let movedByTask = 0
  if (byMove) {
    const moved = await moveAll(session, { queue, mover, rate: options.rate, tty: io.stderr.isTTY })
    if (moved !== 'refused' && moved.status !== 'FAILED') return { queue, how: 'move task', ...moved }
    if (moved !== 'refused') movedByTask = moved.moved
  }
  const back = await oneByOne(session, open, {
    selects: (letter) => isSelected(session.read(letter), selection),
    journal: options.journal ?? join(stateFolder(io.env), `redrive-${open.place.arn.replaceAll(':', '.')}.jsonl`),
    rate: options.rate,
    limit: options.limit,
  })
  return { queue, how: 'one by one', movedByTask, ...back }
}

async function cancel(session: Session, mover: Mover): Promise<boolean> {
  const ran = await mover.cancel()
  session.progress.done()
  return ran
}

/** A service that does not list tasks runs none. */
async function refuseBeside(mover: Mover, queue: string): Promise<void> {
  const task = await mover.running().catch(() => undefined)
  if (task === undefined) return
  throw new LandfallError('USAGE', `a move task of ${queue} runs: ${task.moved} of ${task.toMove ?? '?'} moved`, {
    hint: 'Wait for it, join it by `redrive` without a selection, or end it by `redrive --cancel`.',
  })
}

async function dryRun(
  session: Session,
  open: OpenPlace,
  selection: LetterSelection,
  byMove: boolean,
): Promise<Redriven> {
  const queue = open.place.name
  if (byMove) return { queue, how: 'dry run', messages: open.place.depth.visible, whole: true }
  let messages = 0
  const { end } = await browse(session, open, selection, async (found) => {
    messages += found.length
    return 'on'
  })
  if (session.interrupt.signal.aborted) throw interrupted('the look was interrupted; all messages were given back')
  for (const line of unseen(open, end)) session.progress.say(line)
  return { queue, how: 'dry run', messages, whole: selectsAll(selection) }
}

async function tell(
  session: Session,
  open: OpenPlace,
  result: Redriven,
  { selection, options, io }: Order,
): Promise<void> {
  if (!options.json) for (const line of lines(result, open)) printLine(io.stdout, line)
  const count =
    result.how === 'move task' ? result.moved : result.how === 'one by one' ? result.movedByTask + result.sent : 0
  if (result.how === 'dry run' || (result.how !== 'cancelled' && count === 0)) return
  const why = await session.record({
    what: 'dead-letters redrive',
    pair: selection.pair,
    count,
    reason: result.how,
    selection: { queue: result.queue, ...selection },
  })
  if (why !== undefined) session.progress.say(`not recorded in the ledger: ${why}`)
}

function lines(result: Redriven, { place }: OpenPlace): readonly string[] {
  const to = place.feeders.map(({ name }) => name).join(', ')
  const { queue } = result
  switch (result.how) {
    case 'dry run':
      return [
        `${queue}: ${plural(result.messages, 'message')} would go back to ${to}${result.whole ? ' (all; what cannot be read will be parked again)' : ''}. --yes does it.`,
      ]
    case 'cancelled':
      return [
        `${queue}: ${result.ran ? 'the move task is being cancelled; what it moved stays moved' : 'no move task runs'}`,
      ]
    case 'move task':
      return [
        `${queue}: ${result.moved} of ${result.toMove ?? '?'} moved back to ${to}${result.joined ? ', by a task that ran already' : ''} (${result.status.toLowerCase()})`,
      ]
    case 'one by one':
      return [
        `${queue}: ${result.sent} sent back to ${to}, ${result.left} left of ${result.looked} looked at`,
        ...(result.movedByTask > 0 ? [`  ${result.movedByTask} had been moved by the task before`] : []),
        ...(result.sentBefore > 0
          ? [`  ${result.sentBefore} had been sent by an earlier run, and were deleted now`]
          : []),
        ...(result.maybeTwice > 0
          ? [`  ${result.maybeTwice} may have been sent twice, by a run that was killed: the ledger counts them once`]
          : []),
        ...(result.undeleted > 0 ? [`  ${result.undeleted} were sent and not deleted: the next run deletes them`] : []),
        ...(result.hidden > 0 ? [`  about ${result.hidden} are hidden by another reader: run again in a while`] : []),
      ]
  }
}

/** JSON, and how the command ends: with the gravest of what went wrong, and all that was done in its details. */
function finish(session: Session, done: readonly Redriven[], options: Options, io: Io): void {
  const error = trouble(session, done)
  if (error !== undefined) {
    const queues = done.map((result) =>
      result.how === 'one by one' ? { ...result, error: result.error?.code } : result,
    )
    const { code, message, hint, details } = error
    throw new LandfallError(code, message, { hint, details: { ...details, queues }, cause: error })
  }
  if (options.json) printLine(io.stdout, inertJson({ queues: done }))
}

function trouble({ interrupt }: Session, done: readonly Redriven[]): LandfallError | undefined {
  const backs = done.filter((result) => result.how === 'one by one')
  const failed = backs.find(({ error }) => error !== undefined)
  if (failed !== undefined) return failed.error
  if (interrupt.signal.aborted) return interrupted('the redrive was interrupted')
  const refused = backs.flatMap((result) => result.refused)
  if (refused.length > 0) {
    const [first] = refused
    return new LandfallError(
      'SEND_BACK_INCOMPLETE',
      `${plural(refused.length, 'message')} not taken by SQS, the first (${first!.id}): ${first!.why}`,
    )
  }
  const undeleted = backs.reduce((sum, result) => sum + result.undeleted, 0)
  if (undeleted === 0) return undefined
  return new LandfallError('SEND_BACK_INCOMPLETE', `${plural(undeleted, 'message')} sent back, and not deleted`)
}
