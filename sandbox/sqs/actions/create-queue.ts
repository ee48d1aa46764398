import { ServiceError } from '../../http/errors.ts'
import { requiredText, textMap } from '../../http/input.ts'
import { checkDeadLetterQueue, describeQueue, makeSettings } from '../attributes.ts'
import { queueUrl, type SqsAction } from '../request.ts'
import { queueArn } from '../store.ts'

/** Creating a queue again is fine as long as every attribute that is given has the value it has. */
export const createQueue: SqsAction = ({ input, call, store }) => {
  const name = requiredText(input, 'QueueName')
  if (name.endsWith('.fifo')) throw new ServiceError('UnsupportedOperation', 'The sandbox has standard queues only.')
  if (!/^[\w-]{1,80}$/.test(name)) {
    const why = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
    throw new ServiceError('InvalidParameterValue', why)
  }
  const place = { name, region: call.region, account: call.account }
  const attributes = textMap(input, 'Attributes')
  const settings = makeSettings(attributes)
  const existing = store.byArn(queueArn(place))
  if (existing !== undefined) {
    const current = describeQueue(existing)
    const other = Object.keys(attributes).find((attribute) => current[attribute] !== attributes[attribute])
    if (other !== undefined) {
      const message = `A queue already exists with the same name and a different value for attribute ${other}`
      throw new ServiceError('QueueNameExists', message)
    }
  } else {
    checkDeadLetterQueue(settings, call.region, store)
    store.create(place, settings).tags = textMap(input, 'tags')
  }
  return { QueueUrl: queueUrl(call, place) }
}
