import { ServiceError } from '../../http/errors.ts'
import { texts } from '../../http/input.ts'
import { describeQueue } from '../attributes.ts'
import { type SqsAction, theQueue } from '../request.ts'

const OPTIONAL = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds']

export const getQueueAttributes: SqsAction = (request) => {
  const all = describeQueue(theQueue(request))
  const names = texts(request.input, 'AttributeNames')
  if (names.includes('All')) return { Attributes: all }
  const unknown = names.find((name) => !(name in all) && !OPTIONAL.includes(name))
  if (unknown !== undefined) throw new ServiceError('InvalidAttributeName', `Unknown Attribute ${unknown}.`)
  const asked = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
  return Object.keys(asked).length === 0 ? {} : { Attributes: asked }
}
