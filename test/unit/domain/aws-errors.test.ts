import { describe, expect, test } from 'vitest'
import { awsError, isAbort, namesOtherRegion } from '../../../src/domain/aws-errors.ts'
import { LandfallError, type ErrorCode } from '../../../src/domain/errors.ts'

const during = { action: 's3:GetObjectVersion', resource: 'documents', region: 'eu-west-1' }

/** As the SDK makes them. */
function sdk(
  name: string,
  status?: number,
  more: { message?: string; code?: string; headers?: Record<string, string> } = {},
) {
  return Object.assign(new Error(more.message ?? ''), {
    name,
    ...(more.code === undefined ? {} : { code: more.code }),
    $metadata: { httpStatusCode: status, requestId: 'r1', attempts: 2 },
    $response: { headers: more.headers ?? {} },
  })
}

const table: readonly (readonly [Error, ErrorCode])[] = [
  [sdk('SlowDown', 503), 'AWS_THROTTLED'],
  [sdk('503', 503), 'AWS_THROTTLED'],
  [sdk('Unknown', 429), 'AWS_THROTTLED'],
  [sdk('RequestLimitExceeded', 400), 'AWS_THROTTLED'],
  [sdk('TooManyRequestsException', 400), 'AWS_THROTTLED'],
  [sdk('com.amazonaws.sqs#RequestThrottled', 400), 'AWS_THROTTLED'],
  [sdk('InternalError', 500), 'AWS_UNREACHABLE'],
  [sdk('Unknown', 504), 'AWS_UNREACHABLE'],
  [sdk('TimeoutError'), 'AWS_UNREACHABLE'],
  [sdk('RequestTimeout', 400), 'AWS_UNREACHABLE'],
  [sdk('Error', undefined, { code: 'ECONNREFUSED' }), 'AWS_UNREACHABLE'],
  [sdk('Error', undefined, { code: 'ECONNRESET' }), 'AWS_UNREACHABLE'],
  [sdk('Error', undefined, { code: 'ENOTFOUND' }), 'AWS_UNREACHABLE'],
  [new AggregateError([sdk('Error', undefined, { code: 'ECONNREFUSED' })]), 'AWS_UNREACHABLE'],
  [new Error('wrapped', { cause: sdk('Error', undefined, { code: 'EPIPE' }) }), 'AWS_UNREACHABLE'],
  [sdk('InvalidAccessKeyId', 403), 'AWS_REFUSED'],
  [sdk('SignatureDoesNotMatch', 403), 'AWS_REFUSED'],
  [sdk('ExpiredToken', 400), 'AWS_REFUSED'],
  [sdk('ExpiredTokenException', 400), 'AWS_REFUSED'],
  [sdk('InvalidClientTokenId', 403), 'AWS_REFUSED'],
  [sdk('CredentialsProviderError'), 'AWS_REFUSED'],
  [sdk('RequestTimeTooSkewed', 403), 'AWS_REFUSED'],
  [sdk('AccessDenied', 403), 'ACCESS_DENIED'],
  [sdk('AccessDeniedException', 400), 'ACCESS_DENIED'],
  [sdk('403', 403), 'ACCESS_DENIED'],
  [sdk('NoSuchBucket', 404), 'BUCKET_MISSING'],
  [sdk('QueueDoesNotExist', 400), 'QUEUE_MISSING'],
  [sdk('AWS.SimpleQueueService.NonExistentQueue', 400), 'QUEUE_MISSING'],
  [sdk('PermanentRedirect', 301), 'BUCKET_REGION'],
  [sdk('301', 301), 'BUCKET_REGION'],
  [sdk('AuthorizationHeaderMalformed', 400), 'BUCKET_REGION'],
  [sdk('400', 400, { headers: { 'x-amz-bucket-region': 'eu-west-2' } }), 'BUCKET_REGION'],
  [sdk('400', 400, { headers: { 'x-amz-bucket-region': 'eu-west-1' } }), 'AWS_ERROR'],
  [sdk('MalformedXML', 400), 'AWS_ERROR'],
  [sdk('NotImplemented', 501), 'AWS_ERROR'],
  [new TypeError('a bug'), 'AWS_ERROR'],
]

describe('awsError', () => {
  test.each(table.map(([error, code]) => [error.name, code, error] as const))('%s is %s', (_, code, error) => {
    const made = awsError(error, during)
    expect(made).toBeInstanceOf(LandfallError)
    expect(made).toMatchObject({ code, cause: error })
  })

  test('names the action, the bucket and its region', () => {
    expect(awsError(sdk('AccessDenied', 403), during).message).toBe(
      's3:GetObjectVersion is denied on documents (eu-west-1)',
    )
    expect(awsError(sdk('InternalError', 500), during).message).toBe(
      's3:GetObjectVersion on documents (eu-west-1): InternalError: HTTP 500',
    )
  })

  test('takes the action from AWS where it says which one it denied', () => {
    const message = 'User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x'
    expect(awsError(sdk('AccessDenied', 403, { message }), during)).toMatchObject({
      message: 'kms:Decrypt is denied on documents (eu-west-1)',
      details: { action: 'kms:Decrypt', awsCode: 'AccessDenied', status: 403, requestId: 'r1', attempts: 2 },
    })
  })

  test('names the right region, from the header, or from the message', () => {
    const header = sdk('301', 301, { headers: { 'x-amz-bucket-region': 'eu-west-2' } })
    expect(awsError(header, during).message).toBe('bucket documents (eu-west-1) lives in the region eu-west-2')
    const message = "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'"
    expect(awsError(sdk('AuthorizationHeaderMalformed', 400, { message }), during).message).toContain('us-east-1')
  })

  test('says that the clock is wrong where it is', () => {
    expect(awsError(sdk('RequestTimeTooSkewed', 403), during)).toHaveProperty('hint', expect.stringContaining('clock'))
    const message = 'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z'
    const sqs = sdk('InvalidSignatureException', 400, { message })
    expect(awsError(sqs, during)).toHaveProperty('hint', expect.stringContaining('clock'))
    expect(awsError(sdk('SignatureDoesNotMatch', 403), during)).not.toHaveProperty('hint', expect.stringMatching(/NTP/))
  })

  test('lets the abort and our own errors through', () => {
    const abort = AbortSignal.abort().reason as Error
    const own = new LandfallError('QUEUE_MISSING', 'x')
    expect(awsError(abort, during)).toBe(abort)
    expect(awsError(own, during)).toBe(own)
    expect(isAbort(abort)).toBe(true)
    expect(isAbort(own)).toBe(false)
    expect(isAbort('AbortError')).toBe(false)
  })

  test('does not fall over what is no error', () => {
    expect(awsError('odd', during)).toMatchObject({ code: 'AWS_ERROR' })
    expect(awsError(undefined, during)).toMatchObject({ code: 'AWS_ERROR' })
  })
})

test('namesOtherRegion: only where S3 names one, and it differs', () => {
  const error = sdk('400', 400, { headers: { 'x-amz-bucket-region': 'eu-west-2' } })
  expect(namesOtherRegion(error, 'eu-west-1')).toBe(true)
  expect(namesOtherRegion(error, 'eu-west-2')).toBe(false)
  expect(namesOtherRegion(sdk('400', 400), 'eu-west-1')).toBe(false)
})
