import { ServiceError } from '../../http/errors.ts'
import { requiredText } from '../../http/input.ts'
import type { SqsAction } from '../request.ts'
import { noResource } from './start-message-move-task.ts'

/** What was moved already stays where it is. */
export const cancelMessageMoveTask: SqsAction = ({ input, tasks }) => {
  const task = tasks.byHandle(requiredText(input, 'TaskHandle'))
  if (task === undefined) throw noResource('TaskHandle')
  if (task.status !== 'RUNNING') {
    throw new ServiceError('UnsupportedOperation', 'Only an active task can be cancelled.')
  }
  task.status = 'CANCELLING'
  return { ApproximateNumberOfMessagesMoved: task.moved }
}
