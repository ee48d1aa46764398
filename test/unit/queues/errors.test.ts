import { describe, expect, test } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { sqsError } from '../../../src/queues/sqs-errors.ts'

function named(name: string, message = 'no', rest: object = {}): Error {
  return Object.assign(new Error(message), { name, ...rest })
}

describe('SQS', () => {
  test.each([
    [named('QueueDoesNotExist'), 'QUEUE_MISSING'],
    [named('AWS.SimpleQueueService.NonExistentQueue'), 'QUEUE_MISSING'],
    [named('AccessDenied', 'no', { $metadata: { httpStatusCode: 403 } }), 'ACCESS_DENIED'],
    [named('KmsAccessDenied'), 'ACCESS_DENIED'],
    [named('SomethingNew', 'no', { $metadata: { httpStatusCode: 403 } }), 'ACCESS_DENIED'],
    [named('CredentialsProviderError'), 'AWS_REFUSED'],
    [named('ExpiredTokenException'), 'AWS_REFUSED'],
    [named('RequestThrottled'), 'AWS_THROTTLED'],
    [named('ServiceUnavailable', 'no', { $metadata: { httpStatusCode: 503 } }), 'AWS_THROTTLED'],
    [named('InternalError', 'no', { $metadata: { httpStatusCode: 500 } }), 'AWS_UNREACHABLE'],
    [named('TimeoutError'), 'AWS_UNREACHABLE'],
    [Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), 'AWS_UNREACHABLE'],
    ['thrown by nobody we know', 'AWS_ERROR'],
  ])('%s is %s', (error, code) => {
    expect(sqsError(error, 'ReceiveMessage', 'events')).toMatchObject({ code })
  })

  test('says what was done to which queue, and why', () => {
    const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
    const { message } = sqsError(refused, 'ReceiveMessage', 'events')
    expect(message).toBe('sqs:ReceiveMessage on queue events: ECONNREFUSED')
  })

  test('an error that is known already stays what it is', () => {
    const known = new LandfallError('ACCESS_DENIED', 'GetQueueUrl')
    expect(sqsError(known, 'ReceiveMessage', 'events')).toBe(known)
  })
})
