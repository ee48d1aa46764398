/**
 * From the SDK's errors to Landfall's: one code each, with the action and the resource named. Works on names, texts and
 * status codes alone, so that aws/ and queues/ read them alike.
 *
 * Sources: Amazon S3 API reference, "Error responses"; Amazon SQS and AWS STS API references, "Common errors";
 * AWS SDKs guide, "Retry behavior".
 */
import { isLandfallError, LandfallError, type ErrorCode } from './errors.ts'

/** What was being done when it failed. */
export interface During {
  /** The IAM action, e.g. `s3:GetObjectVersion`: what the operator would have to grant. */
  readonly action: string
  /** What it was done to, as the configuration names it: a bucket, a queue, a role's ARN. Never a secret. */
  readonly resource: string
  readonly region?: string | undefined
}

const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'KmsThrottled',
  'LimitExceededException',
  'OverLimit',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
])

const SKEWED = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'])

const REFUSED = new Set([
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidSignatureException',
  'InvalidToken',
  'MissingAuthenticationToken',
  'NotSignedUp',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
])

const DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AllAccessDisabled',
  'KMS.AccessDeniedException',
  'KmsAccessDenied',
  'KmsDisabled',
  'KmsInvalidState',
  'KmsNotFound',
  'UnauthorizedAccess',
])

const NO_QUEUE = new Set([
  'QueueDoesNotExist',
  'QueueDeletedRecently',
  'AWS.SimpleQueueService.NonExistentQueue',
  'NonExistentQueue',
])

const WRONG_REGION = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'PermanentRedirect',
])

const NETWORK = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
])

const TIMEOUTS = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException'])

/** The fields that the SDK hangs on its errors; all of them may be missing. */
interface SdkError extends Error {
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string; readonly attempts?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  /** S3 names the right region in the body of a redirect too. */
  readonly Region?: unknown
}

/** True for what an `AbortSignal` makes of a call: this is the caller's own will, and no fault. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** HTTP status of an SDK error; undefined where no answer came. */
export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | undefined)?.$metadata?.httpStatusCode
}

/** One response header (lower case) of an SDK error. HEAD errors carry no body, so headers are all they say. */
export function headerOf(error: unknown, name: string): string | undefined {
  return (error as SdkError | undefined)?.$response?.headers?.[name]
}

/** The error's own name is AWS' code, except for HEAD, whose errors have none. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name.replace(/^.*#/, '') : ''
}

/**
 * The error to throw for what an SDK call threw: a `LandfallError`, or the same `AbortError`.
 * A `LandfallError` is handed back as it is (a role that can't be assumed, say).
 */
export function awsError(error: unknown, during: During): Error {
  if (error instanceof Error && (isAbort(error) || isLandfallError(error))) return error
  const code = codeOf(error, during.region)
  const said = error instanceof Error ? error.message : String(error)
  const action = deniedAction(said) ?? during.action
  return new LandfallError(code, messageOf(code, { error, said, action, during }), {
    cause: error,
    hint: hintOf(code, error),
    details: {
      action,
      resource: during.resource,
      region: during.region,
      awsCode: nameOf(error),
      status: statusOf(error),
      requestId: (error as SdkError | undefined)?.$metadata?.requestId,
      attempts: (error as SdkError | undefined)?.$metadata?.attempts,
    },
  })
}

/** Makes one call, and `awsError` of what it throws. */
export async function attempt<T>(during: During, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw awsError(error, during)
  }
}

/** S3 names the bucket's own region in a header, whatever the status, HEAD included. */
export function namesOtherRegion(error: unknown, region: string | undefined): boolean {
  const named = headerOf(error, 'x-amz-bucket-region')
  return named !== undefined && region !== undefined && named !== region
}

function codeOf(error: unknown, region: string | undefined): ErrorCode {
  const name = nameOf(error)
  const status = statusOf(error)
  if (THROTTLED.has(name)) return 'AWS_THROTTLED'
  if (SKEWED.has(name) || REFUSED.has(name)) return 'AWS_REFUSED'
  if (DENIED.has(name)) return 'ACCESS_DENIED'
  if (name === 'NoSuchBucket') return 'BUCKET_MISSING'
  if (NO_QUEUE.has(name)) return 'QUEUE_MISSING'
  if (WRONG_REGION.has(name) || (status === 400 && namesOtherRegion(error, region))) return 'BUCKET_REGION'
  if (isNetwork(error)) return 'AWS_UNREACHABLE'
  // Without a body (HEAD) or with one that is not AWS' (a proxy's): the status is all there is.
  if (status === 301 || status === 307) return 'BUCKET_REGION'
  if (status === 429 || status === 503) return 'AWS_THROTTLED'
  if (status === 401) return 'AWS_REFUSED'
  if (status === 403) return 'ACCESS_DENIED'
  // 501 is no outage: an S3-compatible store that lacks the action will lack it tomorrow.
  if (status !== undefined && status >= 500 && status !== 501) return 'AWS_UNREACHABLE'
  return 'AWS_ERROR'
}

function isNetwork(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false
  if (TIMEOUTS.has(error.name)) return true
  const code = (error as SdkError).code
  if (typeof code === 'string' && NETWORK.has(code)) return true
  // Node tries several addresses of one host, and then throws them all (happy eyeballs).
  if (error instanceof AggregateError && error.errors.some((inner) => isNetwork(inner, depth + 1))) return true
  return isNetwork(error.cause, depth + 1)
}

function messageOf(
  code: ErrorCode,
  at: { readonly error: unknown; readonly said: string; readonly action: string; readonly during: During },
): string {
  const { resource, region } = at.during
  const where = region === undefined ? resource : `${resource} (${region})`
  switch (code) {
    case 'ACCESS_DENIED':
      return `${at.action} is denied on ${where}`
    case 'BUCKET_MISSING':
      return `no bucket ${where}`
    case 'QUEUE_MISSING':
      return where.startsWith('queue ') ? `no ${where}` : `no queue ${where}`
    case 'BUCKET_REGION': {
      const right = rightRegion(at.error)
      return `bucket ${where} lives in ${right === undefined ? 'another region' : `the region ${right}`}`
    }
    default:
      return `${at.action} on ${where}: ${describe(at.error, at.said)}`
  }
}

/** Node's connection errors often have an empty message: their code is what helps. */
function describe(error: unknown, said: string): string {
  const code = (error as SdkError | undefined)?.code
  const name = typeof code === 'string' ? code : nameOf(error)
  const status = statusOf(error)
  const text = said !== '' ? said : status === undefined ? '' : `HTTP ${status}`
  if (text === '') return name === '' ? 'no answer' : name
  return name === '' || name === 'Error' || text.includes(name) ? text : `${name}: ${text}`
}

function hintOf(code: ErrorCode, error: unknown): string | undefined {
  const name = nameOf(error)
  const said = error instanceof Error ? error.message : ''
  if (code === 'AWS_REFUSED') {
    if (SKEWED.has(name) || /signature (expired|not yet current)/i.test(said)) {
      return 'The clock of this machine and that of AWS differ by more than AWS allows: set it right (chrony, NTP).'
    }
    if (name === 'CredentialsProviderError') {
      return 'No credentials were found. Set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the task a role.'
    }
    if (name.startsWith('ExpiredToken'))
      return 'The session has expired: log in again, or use a role that is refreshed.'
  }
  return undefined
}

/** `x-amz-bucket-region`, or what the body says. */
function rightRegion(error: unknown): string | undefined {
  const header = headerOf(error, 'x-amz-bucket-region')
  if (header !== undefined) return header
  const field = (error as SdkError | undefined)?.Region
  if (typeof field === 'string') return field
  return error instanceof Error ? /expecting '([a-z0-9-]+)'/.exec(error.message)?.[1] : undefined
}

/** AWS often says itself which action it denied (of KMS or STS, say, where the call was one of S3). */
function deniedAction(message: string): string | undefined {
  return /not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9]+)/.exec(message)?.[1]
}
