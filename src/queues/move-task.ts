/**
 * SQS' own way to send a whole dead-letter queue back: one task a queue, at a rate, that goes on whatever becomes of who
 * started it. It knows no selection.
 *
 * Source: Amazon SQS API reference, StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask: one active task
 * a queue, 36 hours at most, 500 messages a second at most; messages get new ids, and go to the queue that each came from.
 */
import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import { makeSqsCall } from './sqs-call.ts'
import { realTimers, sleep } from './timing.ts'

export interface MoveState {
  readonly status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'
  readonly moved: number
  /** As counted when the task was started; absent until SQS has picked it up. */
  readonly toMove?: number | undefined
  readonly rate?: number | undefined
  readonly startedAt: number
  /** Only while it runs. */
  readonly handle?: string | undefined
  /** Why it failed, in SQS' words, e.g. `CouldNotDetermineMessageSource` for a message that no queue parked. */
  readonly failure?: string | undefined
}

export interface MoveTask {
  /** It ran already, at a rate of its own. */
  readonly joined: boolean
  /** Looks until it has ended, and resolves to how; resolves to the last look when `signal` aborts. */
  watch(options: {
    readonly pollMs: number
    readonly signal: AbortSignal
    readonly onProgress?: (state: MoveState) => void
  }): Promise<MoveState>
}

export interface Mover {
  /** Joins the task that runs for this queue, or starts one. Throws as SQS does where it refuses: see `refusesToMove`. */
  start(options: { readonly rate?: number | undefined }): Promise<MoveTask>
  /** The task that runs now; undefined: none does. */
  running(): Promise<MoveState | undefined>
  /** True when there was one to cancel. What it has moved stays moved. */
  cancel(): Promise<boolean>
}

/** How long SQS may take to show a task that it has accepted. */
const SHOWN_WITHIN_POLLS = 30

export function makeMover(queue: { readonly name: string; readonly arn: string; readonly client: SQSClient }): Mover {
  const { name, arn: SourceArn, client } = queue
  const call = makeSqsCall({ name, url: async () => '' })

  async function newest(): Promise<MoveState | undefined> {
    const { Results = [] } = await call('ListMessageMoveTasks', 0, (_, abortSignal) =>
      client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }), { abortSignal }),
    )
    return Results[0] === undefined ? undefined : moveState(Results[0])
  }

  async function running(): Promise<MoveState | undefined> {
    const task = await newest()
    return task !== undefined && isActive(task) ? task : undefined
  }

  /** `after`: when the newest task before ours was started; the one to watch is newer. */
  function watcher(joined: boolean, after: number | undefined): MoveTask {
    const isOurs = (task: MoveState | undefined): task is MoveState =>
      task !== undefined && (joined || after === undefined || task.startedAt > after)
    return {
      joined,
      async watch({ pollMs, signal, onProgress }) {
        let last: MoveState | undefined
        for (let unseen = 0; unseen < SHOWN_WITHIN_POLLS;) {
          const task = await newest()
          if (isOurs(task)) {
            last = task
            onProgress?.(task)
            if (!isActive(task)) return task
          } else unseen += 1
          await sleep(realTimers, pollMs, signal)
          if (signal.aborted) return last ?? { status: 'RUNNING', moved: 0, startedAt: 0 }
        }
        throw new LandfallError('MOVE_TASK_FAILED', `queue ${name}: SQS took a move task and does not list it`)
      },
    }
  }

  return {
    running,
    async start({ rate }) {
      const before = await newest()
      if (before !== undefined && isActive(before)) return watcher(true, undefined)
      const command = new StartMessageMoveTaskCommand({
        SourceArn,
        ...(rate !== undefined && { MaxNumberOfMessagesPerSecond: rate }),
      })
      try {
        await call('StartMessageMoveTask', 0, (_, abortSignal) => client.send(command, { abortSignal }))
      } catch (error) {
        // Somebody else's may have begun in between; or ours has, and its answer was lost.
        if ((await running().catch(() => undefined)) !== undefined) return watcher(true, undefined)
        throw error
      }
      return watcher(false, before?.startedAt)
    },
    async cancel() {
      const handle = (await running())?.handle
      if (handle === undefined) return false
      await call('CancelMessageMoveTask', 0, (_, abortSignal) =>
        client.send(new CancelMessageMoveTaskCommand({ TaskHandle: handle }), { abortSignal }),
      )
      return true
    },
  }
}

/** Whether the service will not do it (a grant is missing, an SQS-compatible store lacks it): letters can then still be sent back one by one. */
export function refusesToMove(error: unknown): error is LandfallError {
  return isLandfallError(error) && (error.code === 'ACCESS_DENIED' || error.code === 'AWS_ERROR')
}

const isActive = ({ status }: MoveState): boolean => status === 'RUNNING' || status === 'CANCELLING'

function moveState(entry: ListMessageMoveTasksResultEntry): MoveState {
  return {
    status: (entry.Status ?? 'RUNNING') as MoveState['status'],
    moved: entry.ApproximateNumberOfMessagesMoved ?? 0,
    toMove: entry.ApproximateNumberOfMessagesToMove,
    rate: entry.MaxNumberOfMessagesPerSecond,
    startedAt: entry.StartedTimestamp ?? 0,
    handle: entry.TaskHandle,
    failure: entry.FailureReason,
  }
}
