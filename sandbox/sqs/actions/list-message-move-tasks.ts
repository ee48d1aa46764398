import { optionalInteger, requiredText } from '../../http/input.ts'
import type { SqsAction } from '../request.ts'
import { noResource } from './start-message-move-task.ts'

export const listMessageMoveTasks: SqsAction = ({ input, store, tasks }) => {
  const source = store.byArn(requiredText(input, 'SourceArn'))
  if (source === undefined) throw noResource('SourceArn')
  const max = optionalInteger(input, 'MaxResults', 1, 10) ?? 1
  const results = tasks.list(source).slice(0, max)
  return {
    Results: results.map((task) => ({
      // SQS gives the handle only while there is something to cancel.
      ...(task.status === 'RUNNING' ? { TaskHandle: task.handle } : {}),
      Status: task.status,
      SourceArn: source.identity.arn,
      ...(task.destinationArn === undefined ? {} : { DestinationArn: task.destinationArn }),
      ...(task.rate === undefined ? {} : { MaxNumberOfMessagesPerSecond: task.rate }),
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.toMove,
      ...(task.failure === undefined ? {} : { FailureReason: task.failure }),
      StartedTimestamp: task.startedAt,
    })),
  }
}
