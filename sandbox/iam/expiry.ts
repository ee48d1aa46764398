import { ServiceError } from '../http/errors.ts'
import type { Principal, Refusal, SandboxClock, ServiceName } from '../types.ts'

const EXPIRED: Refusal = {
  status: 403,
  code: 'ExpiredToken',
  message: 'The security token included in the request is expired',
}

/** What the JSON protocols call it (AWS common errors). */
const EXPIRED_JSON: Refusal = { ...EXPIRED, code: 'ExpiredTokenException' }

const WORDS: Partial<Record<ServiceName, Refusal>> = {
  s3: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' },
  s3control: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' },
  sqs: EXPIRED_JSON,
  cloudwatch: EXPIRED_JSON,
}

/** @throws ServiceError where the session's credentials are out of date */
export function checkSession({ session }: Principal, service: ServiceName, clock: SandboxClock): void {
  if (session === undefined || service === 'control' || clock.now() < session.expires) return
  const { code, message, status } = WORDS[service] ?? EXPIRED
  throw new ServiceError(code, message, status)
}
