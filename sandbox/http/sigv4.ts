import type { IncomingHttpHeaders } from 'node:http'

/** The credential scope of a SigV4 signature: who, where, and which service the client meant to call. */
export interface Scope {
  readonly accessKey: string
  readonly region: string
  /** `s3`, `sqs`, `sns`, `sts`, `iam`, `monitoring` */
  readonly service: string
}

// Credential=AKID/20261124/eu-west-1/s3/aws4_request
const HEADER = /Credential=([^/,\s]+)\/[^/]*\/([^/]+)\/([^/]+)\/aws4_request/

/** From the Authorization header or a presigned query (`X-Amz-Credential`). The signature itself is not checked. */
export function readScope(headers: IncomingHttpHeaders, search: string): Scope | undefined {
  const authorization = headers.authorization
  const match = authorization === undefined ? presigned(search) : HEADER.exec(authorization)
  if (match === undefined || match === null) return undefined
  return { accessKey: match[1]!, region: match[2]!, service: match[3]! }
}

function presigned(search: string): RegExpExecArray | null {
  if (!search.includes('X-Amz-Credential=')) return null
  const credential = new URLSearchParams(search).get('X-Amz-Credential')
  return credential === null ? null : HEADER.exec(`Credential=${credential}`)
}
