/** SQS' errors, by name and status, as Landfall's codes. */
import { type ErrorCode, isLandfallError, LandfallError } from '../domain/errors.ts'

/** Names as the SDK gives them; the long one is the query protocol's, which SQS-compatible servers still send. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  QueueDoesNotExist: 'QUEUE_MISSING',
  'AWS.SimpleQueueService.NonExistentQueue': 'QUEUE_MISSING',
  QueueDeletedRecently: 'QUEUE_MISSING',
  AccessDenied: 'ACCESS_DENIED',
  AccessDeniedException: 'ACCESS_DENIED',
  KmsAccessDenied: 'ACCESS_DENIED',
  KmsDisabled: 'ACCESS_DENIED',
  KmsInvalidState: 'ACCESS_DENIED',
  KmsNotFound: 'ACCESS_DENIED',
  CredentialsProviderError: 'AWS_REFUSED',
  ExpiredToken: 'AWS_REFUSED',
  ExpiredTokenException: 'AWS_REFUSED',
  IncompleteSignature: 'AWS_REFUSED',
  InvalidClientTokenId: 'AWS_REFUSED',
  InvalidSecurity: 'AWS_REFUSED',
  MissingAuthenticationToken: 'AWS_REFUSED',
  SignatureDoesNotMatch: 'AWS_REFUSED',
  UnrecognizedClientException: 'AWS_REFUSED',
  RequestThrottled: 'AWS_THROTTLED',
  Throttling: 'AWS_THROTTLED',
  ThrottlingException: 'AWS_THROTTLED',
  TooManyRequestsException: 'AWS_THROTTLED',
  KmsThrottled: 'AWS_THROTTLED',
}

/**
 * `during` is the API action, e.g. `ReceiveMessage`. What is unknown counts as unreachable, hence retryable: intake must
 * outlive whatever SQS says.
 */
export function sqsError(error: unknown, during: string, queue: string): LandfallError {
  if (isLandfallError(error)) return error
  const { name, message, status } = anatomy(error)
  return new LandfallError(codeOf(name, status), `${during} on queue ${queue}: ${name}: ${message}`, {
    cause: error,
    details: { queue, action: during, ...(status === undefined ? {} : { status }) },
  })
}

function codeOf(name: string, status: number | undefined): ErrorCode {
  const known = CODES[name]
  if (known !== undefined) return known
  if (status === 429 || status === 503) return 'AWS_THROTTLED'
  if (status === 401 || status === 403) return 'ACCESS_DENIED'
  return 'AWS_UNREACHABLE'
}

function anatomy(error: unknown): { name: string; message: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined }
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  // A refused connection is an AggregateError without a message of its own; its code says more.
  const { code } = error as { code?: unknown }
  const message = error.message === '' && typeof code === 'string' ? code : error.message
  return { name: error.name, message, status: $metadata?.httpStatusCode }
}
