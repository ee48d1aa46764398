import type { IncomingHttpHeaders } from 'node:http'
import type { Call } from '../types.ts'
import { S3Error } from './errors.ts'

/**
 * Parameters of the signature itself, and checksums: SDKs sign the checksum of an empty body into a URL for an upload
 * whose body they don't know yet.
 */
const NOT_HEADERS =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|sdk-checksum-.*|checksum-(?!mode).*)$/

/**
 * The headers that count. A presigned URL carries `x-amz-*` headers in its query (API reference, "Authenticating requests:
 * using query parameters"); a real header of the same name comes first.
 */
export function headersOf(call: Call): IncomingHttpHeaders {
  if (!isPresigned(call)) return call.headers
  const signed: IncomingHttpHeaders = {}
  for (const [name, value] of call.query) {
    const header = name.toLowerCase()
    if (header.startsWith('x-amz-') && !NOT_HEADERS.test(header)) signed[header] = value
  }
  return { ...signed, ...call.headers }
}

/** @throws S3Error `AccessDenied` where a presigned URL is out of date */
export function checkExpiry(call: Call, now: number): void {
  if (!isPresigned(call)) return
  const signedAt = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(call.query.get('X-Amz-Date') ?? '')
  const seconds = Number(call.query.get('X-Amz-Expires') ?? Number.NaN)
  if (signedAt === null || !Number.isInteger(seconds) || seconds < 1 || seconds > 604_800) {
    throw new S3Error('AuthorizationQueryParametersError')
  }
  const [, year, month, day, hour, minute, second] = signedAt.map(Number)
  const expires = Date.UTC(year!, month! - 1, day, hour, minute, second) + seconds * 1000
  if (now <= expires) return
  throw new S3Error('AccessDenied', {
    message: 'Request has expired',
    elements: {
      'X-Amz-Expires': seconds,
      Expires: new Date(expires).toISOString(),
      ServerTime: new Date(now).toISOString(),
    },
  })
}

function isPresigned(call: Call): boolean {
  return call.query.size > 0 && call.query.has('X-Amz-Signature')
}
