import { describe, expect, test } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { redisError } from '../../../src/queues/redis.ts'
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
    ['thrown by nobody we know', 'AWS_UNREACHABLE'],
  ])('%s is %s', (error, code) => {
    expect(sqsError(error, 'ReceiveMessage', 'events')).toMatchObject({ code })
  })

  test('says what was done to which queue, and why', () => {
    const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
    const { message } = sqsError(refused, 'ReceiveMessage', 'events')
    expect(message).toBe('ReceiveMessage on queue events: AggregateError: ECONNREFUSED')
  })

  test('an error that is known already stays what it is', () => {
    const known = new LandfallError('ACCESS_DENIED', 'GetQueueUrl')
    expect(sqsError(known, 'ReceiveMessage', 'events')).toBe(known)
  })
})

describe('Redis', () => {
  test.each([
    [named('ReplyError', 'WRONGPASS invalid username-password pair'), 'REDIS_REFUSED'],
    [named('ReplyError', 'NOAUTH Authentication required.'), 'REDIS_REFUSED'],
    [named('ReplyError', "OOM command not allowed when used memory > 'maxmemory'."), 'REDIS_FULL'],
    [named('ReplyError', 'LOADING Redis is loading the dataset in memory'), 'REDIS_UNREACHABLE'],
    [named('ReplyError', 'CLUSTERDOWN The cluster is down'), 'REDIS_UNREACHABLE'],
    [named('Error', 'Connection is closed.'), 'REDIS_UNREACHABLE'],
    [named('Error', "Stream isn't writeable and enableOfflineQueue options is false"), 'REDIS_UNREACHABLE'],
    [named('Error', 'Command timed out'), 'REDIS_UNREACHABLE'],
    [named('Error', 'read ECONNRESET', { code: 'ECONNRESET', syscall: 'read' }), 'REDIS_UNREACHABLE'],
    [
      named('ClusterAllFailedError', 'Failed to refresh slots cache.', {
        lastNodeError: new Error('WRONGPASS invalid username-password pair'),
      }),
      'REDIS_REFUSED',
    ],
    [new AggregateError([new Error('connect ECONNREFUSED ::1:6379')]), 'REDIS_UNREACHABLE'],
    [named('ReplyError', 'ERR unknown command'), 'INTERNAL'],
    [named('Error', 'Missing lock for job verify-1'), 'INTERNAL'],
  ])('%s is %s', (error, code) => {
    expect(redisError(error)).toMatchObject({ code })
  })
})
