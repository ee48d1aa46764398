import { hash } from 'node:crypto'
import type { Refusal, Reply } from '../types.ts'
import type { S3Error } from './errors.ts'
import { XML_HEAD, xml } from './xml.ts'

/** S3's second id of a request (`x-amz-id-2`, `HostId`). */
export function hostIdOf(requestId: string): string {
  return hash('sha256', requestId, 'base64')
}

/** An answer to HEAD, and 304, carry no document. */
export function errorReply(
  error: Refusal & Partial<Pick<S3Error, 'elements' | 'headers'>>,
  at: { method: string; resource: string; requestId: string },
): Reply {
  const hostId = hostIdOf(at.requestId)
  const headers = { 'x-amz-id-2': hostId, ...error.headers }
  if (at.method === 'HEAD' || error.status === 304) return { status: error.status, headers }
  const document = xml('Error', {
    Code: error.code,
    Message: error.message,
    ...error.elements,
    Resource: at.resource,
    RequestId: at.requestId,
    HostId: hostId,
  })
  return { status: error.status, headers: { ...headers, 'content-type': 'application/xml' }, body: XML_HEAD + document }
}
