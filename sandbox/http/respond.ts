import type { ServerResponse } from 'node:http'
import type { Reply, ServiceName } from '../types.ts'

/** Writes a reply. A HEAD reply brings its own content-length; every other one is measured here. */
export function respond(response: ServerResponse, service: ServiceName, requestId: string, reply: Reply): void {
  if (response.destroyed || response.headersSent) return
  const { body } = reply
  const headers: Record<string, string | number> = {
    [service === 's3' || service === 's3control' ? 'x-amz-request-id' : 'x-amzn-requestid']: requestId,
    ...reply.headers,
  }
  if (body === undefined) {
    if (reply.status !== 204 && reply.status !== 304) headers['content-length'] ??= 0
    response.writeHead(reply.status, headers).end()
  } else if (typeof body === 'string' || Buffer.isBuffer(body)) {
    // Encoded here: node would join head and text, and encode (and measure) the whole once more.
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    headers['content-length'] = bytes.length
    response.writeHead(reply.status, headers).end(bytes)
  } else {
    headers['content-length'] = body.reduce((total, part) => total + part.length, 0)
    response.writeHead(reply.status, headers)
    for (const part of body) response.write(part)
    response.end()
  }
}
