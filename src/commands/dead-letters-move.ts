/** A whole dead-letter queue by SQS' own task: started or joined, watched to its end, cancelled where a person asks twice. */
import { isLandfallError } from '../domain/errors.ts'
import { type MoveState, type Mover, type MoveTask, refusesToMove } from '../queues/move-task.ts'
import type { Session } from './dead-letters-shared.ts'

export interface Moved {
  readonly status: MoveState['status']
  readonly moved: number
  readonly toMove?: number | undefined
  /** The task ran already. */
  readonly joined: boolean
  readonly failure?: string | undefined
}

interface Move {
  readonly queue: string
  readonly mover: Mover
  readonly rate?: number | undefined
  readonly tty: boolean
}

const POLL_MS = 500
/** How long a second Ctrl-C is waited for. */
const CANCEL_WITHIN_MS = 5_000
const CANCELLED_WITHIN_MS = 30_000

/** `refused`: SQS will not. As with a task that failed, the reason is said, and the letters can be sent back one by one. */
export async function moveAll(session: Session, move: Move): Promise<Moved | 'refused'> {
  const { queue, mover, rate } = move
  const { progress, interrupt } = session
  let task: MoveTask
  try {
    task = await mover.start({ rate })
  } catch (error) {
    if (!refusesToMove(error)) throw error
    progress.say(`${queue}: SQS refuses to move it (${error.message}): sending back one by one`)
    return 'refused'
  }
  if (task.joined)
    progress.say(`${queue}: a move task runs already; joining it${rate === undefined ? '' : ', at its own rate'}`)
  const onProgress = ({ status, moved, toMove }: MoveState): void =>
    progress.update(`${queue}: ${moved} of ${toMove ?? '?'} moved (${status.toLowerCase()})`)
  const state = await task.watch({ pollMs: POLL_MS, signal: interrupt.signal, onProgress })
  progress.done()
  if (state.status === 'RUNNING' && interrupt.signal.aborted)
    return moved(await leave(session, move, task, state), task)
  if (state.status === 'FAILED') {
    const why = state.failure ?? 'no reason given'
    progress.say(`${queue}: the move task failed after ${state.moved} (${why}): sending back the rest one by one`)
  }
  return moved(state, task)
}

function moved({ status, moved, toMove, failure }: MoveState, { joined }: MoveTask): Moved {
  return { status, moved, toMove, failure, joined }
}

/** The task needs nobody: an interruption leaves it running, unless a person says so again. */
async function leave(
  { progress, interrupt }: Session,
  move: Move,
  task: MoveTask,
  state: MoveState,
): Promise<MoveState> {
  const { queue, mover, tty } = move
  progress.say(`${queue}: the move task goes on at SQS; \`landfall dead-letters redrive --cancel\` ends it`)
  if (!tty) return state
  progress.say(`Ctrl-C again within ${CANCEL_WITHIN_MS / 1000} s cancels it now.`)
  if (!(await interrupt.again(CANCEL_WITHIN_MS))) return state
  try {
    await mover.cancel()
  } catch (error) {
    if (!isLandfallError(error)) throw error
    // It may have ended in between: the next look tells.
    progress.say(`${queue}: not cancelled: ${error.message}`)
  }
  return task.watch({ pollMs: POLL_MS, signal: AbortSignal.timeout(CANCELLED_WITHIN_MS) })
}
