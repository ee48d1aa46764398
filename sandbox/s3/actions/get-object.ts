import type { Reply } from '../../types.ts'
import { checkRead } from '../conditions.ts'
import { findObject } from '../find.ts'
import { checkCustomerKey, customerKeyOf } from '../attributes.ts'
import { objectHeaders } from '../headers.ts'
import { lockHeaders } from '../object-lock.ts'
import { spanOf } from '../range.ts'
import { type BucketRequest, header, query } from '../request.ts'

/** Presigned URLs may say how a browser shall take the answer. */
const RESPONSE_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const

/** GetObject and HeadObject: the service sends no body to HEAD. */
export function getObject(request: BucketRequest): Reply {
  const { bucket, call } = request
  const version = findObject(request)
  checkCustomerKey(version.customerKeyMd5, customerKeyOf(request.headers))
  checkRead(request.headers, version)
  const span = spanOf(version, header(request, 'range'), query(request, 'partNumber'))
  const headers = objectHeaders(
    bucket,
    version,
    span === undefined ? header(request, 'x-amz-checksum-mode') : undefined,
  )
  // How many tags there are is for who may read them (API reference, "HeadObject").
  const tagging = query(request, 'versionId') === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
  if (version.tags !== undefined && !request.access.allows(bucket, tagging, request.key)) {
    delete headers['x-amz-tagging-count']
  }
  if (version.lock !== undefined) Object.assign(headers, lockHeaders(request, version.lock))
  if (call.query.size > 0) {
    for (const name of RESPONSE_HEADERS) {
      const value = query(request, `response-${name}`)
      if (value !== undefined) headers[name] = value
    }
  }
  const head = call.method === 'HEAD'
  if (span === undefined) {
    headers['content-length'] = version.size
    return { status: 200, headers, body: head ? undefined : version.body }
  }
  headers['content-length'] = span.end - span.start
  headers['content-range'] = `bytes ${span.start}-${Math.max(span.end - 1, 0)}/${version.size}`
  if (span.parts !== undefined) headers['x-amz-mp-parts-count'] = span.parts
  return { status: 206, headers, body: head ? undefined : version.body.subarray(span.start, span.end) }
}
