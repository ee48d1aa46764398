import { ServiceError } from '../http/errors.ts'
import type { WorldCore } from '../types.ts'
import type { Queue } from './queue.ts'
import type { QueueStore } from './store.ts'

const TICK_MS = 100
/** Where no rate is asked for, SQS chooses one; 500 a second is the highest that may be asked for. */
const USUAL_RATE = 500

export type MoveTaskStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'

export interface MoveTask {
  readonly handle: string
  readonly source: Queue
  /** Absent: each message goes back to the queue that it was dead-lettered from. */
  readonly destinationArn: string | undefined
  /** Messages a second. */
  readonly rate: number | undefined
  readonly toMove: number
  readonly startedAt: number
  moved: number
  status: MoveTaskStatus
  failure: string | undefined
}

export interface MoveTasks {
  /** Throws UnsupportedOperation where a task runs for this queue already. */
  start(source: Queue, destinationArn: string | undefined, rate: number | undefined): MoveTask
  /** Newest first, at most ten, as SQS keeps them. */
  list(source: Queue): MoveTask[]
  byHandle(handle: string): MoveTask | undefined
}

/** Moves dead letters back, at a rate (SQS API reference, StartMessageMoveTask). */
export function makeMoveTasks({ clock, random }: WorldCore, store: QueueStore): MoveTasks {
  const tasks: MoveTask[] = []

  const moveSome = (task: MoveTask, max: number): number => {
    const messages = task.source.drain(max)
    for (const message of messages) {
      const target = store.byArn(task.destinationArn ?? message.deadLetterSource ?? '')
      if (target === undefined) {
        task.source.accept(message)
        task.status = 'FAILED'
        task.failure = 'AWS.SimpleQueueService.NonExistentQueue'
        continue
      }
      // A moved message is a new one: new id, new sent time, no receives.
      store.send(target, message, 0)
      task.moved++
    }
    return messages.length
  }

  const tick = (task: MoveTask): void => {
    if (task.status === 'CANCELLING') task.status = 'CANCELLED'
    if (task.status !== 'RUNNING') return
    const elapsed = clock.now() - task.startedAt
    const due = Math.max(1, Math.ceil(((elapsed + TICK_MS) / 1000) * (task.rate ?? USUAL_RATE)) - task.moved)
    const budget = Math.min(due, task.toMove - task.moved)
    const found = budget === 0 ? 0 : moveSome(task, budget)
    if (task.status !== 'RUNNING') return
    if (found < budget || task.moved >= task.toMove) task.status = 'COMPLETED'
    else clock.after(TICK_MS, () => tick(task))
  }

  return {
    start(source, destinationArn, rate) {
      if (tasks.some((task) => task.source === source && /RUNNING|CANCELLING/.test(task.status))) {
        const message = 'There is already a task running. Only one active task is allowed for a source queue arn.'
        throw new ServiceError('UnsupportedOperation', message)
      }
      const task: MoveTask = {
        handle: `AQEB${random.text('sqs-move-task', 40)}`,
        source,
        destinationArn,
        rate,
        toMove: source.counts().visible,
        startedAt: clock.now(),
        moved: 0,
        status: 'RUNNING',
        failure: undefined,
      }
      tasks.unshift(task)
      tick(task)
      return task
    },
    list: (source) => tasks.filter((task) => task.source === source).slice(0, 10),
    byHandle: (handle) => tasks.find((task) => task.handle === handle),
  }
}
