import { ServiceError } from '../http/errors.ts'

const PREFIX = 'AWS.SimpleQueueService.'

/** Errors that had another code in the query protocol, which SDKs still raise (header `x-amzn-query-error`). */
const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: `${PREFIX}NonExistentQueue`,
  QueueNameExists: 'QueueAlreadyExists',
  ExpiredTokenException: 'ExpiredToken',
  BatchRequestTooLong: `${PREFIX}BatchRequestTooLong`,
  EmptyBatchRequest: `${PREFIX}EmptyBatchRequest`,
  TooManyEntriesInBatchRequest: `${PREFIX}TooManyEntriesInBatchRequest`,
  BatchEntryIdsNotDistinct: `${PREFIX}BatchEntryIdsNotDistinct`,
  InvalidBatchEntryId: `${PREFIX}InvalidBatchEntryId`,
  UnsupportedOperation: `${PREFIX}UnsupportedOperation`,
}

export function queryCode(code: string): string {
  return QUERY_CODES[code] ?? code
}

export function noSuchQueue(): ServiceError {
  return new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.')
}

export function badHandle(handle: string): ServiceError {
  return new ServiceError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  )
}

export function notInFlight(handle: string): ServiceError {
  const reason = 'Message does not exist or is not available for visibility timeout change'
  const message = `Value ${handle} for parameter ReceiptHandle is invalid. Reason: ${reason}.`
  return new ServiceError('InvalidParameterValue', message)
}
