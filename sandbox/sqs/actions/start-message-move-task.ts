import { ServiceError } from '../../http/errors.ts'
import { optionalInteger, optionalText, requiredText } from '../../http/input.ts'
import type { SqsAction } from '../request.ts'

export const startMessageMoveTask: SqsAction = ({ input, store, tasks }) => {
  const sourceArn = requiredText(input, 'SourceArn')
  const source = store.byArn(sourceArn)
  if (source === undefined) throw noResource('SourceArn')
  if (store.sourcesOf(sourceArn).length === 0) {
    throw new ServiceError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.')
  }
  const destinationArn = optionalText(input, 'DestinationArn')
  if (destinationArn !== undefined && store.byArn(destinationArn) === undefined) throw noResource('DestinationArn')
  const rate = optionalInteger(input, 'MaxNumberOfMessagesPerSecond', 1, 500)
  return { TaskHandle: tasks.start(source, destinationArn, rate).handle }
}

export function noResource(parameter: string): ServiceError {
  const message = `The resource that you specified for the ${parameter} parameter doesn't exist.`
  return new ServiceError('ResourceNotFoundException', message, 404)
}
