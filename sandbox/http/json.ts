import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Call, Refusal, Reply } from '../types.ts'
import { ServiceError } from './errors.ts'

const unzip = promisify(gunzip)

/** The body as text; SDKs gzip CloudWatch requests above 10 KiB. */
export async function readText(call: Call): Promise<string> {
  const body = await call.body()
  if (call.headers['content-encoding'] !== 'gzip') return body.toString('utf8')
  const plain = await unzip(body).catch(() => {
    throw new ServiceError('SerializationException', 'The body is not gzip, as its content-encoding says.')
  })
  return plain.toString('utf8')
}

/** A JSON request body, which must be an object; an empty one is `{}`. */
export async function readJson(call: Call): Promise<Record<string, unknown>> {
  const text = await readText(call)
  if (text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ServiceError('SerializationException', 'The body is no JSON document.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('SerializationException', 'The body must be a JSON object.')
  }
  return value as Record<string, unknown>
}

export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** AWS JSON 1.0. */
export function awsJsonReply(body: unknown): Reply {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body ?? {}) }
}

/**
 * An AWS JSON 1.0 error. `queryCode` is the code that the service used in its query protocol days; SDKs read it from
 * `x-amzn-query-error` and keep raising the error by its old name.
 */
export function awsJsonError(namespace: string, error: Refusal, queryCode?: string): Reply {
  const headers: Record<string, string> = { 'content-type': 'application/x-amz-json-1.0' }
  if (queryCode !== undefined) {
    headers['x-amzn-query-error'] = `${queryCode};${error.status >= 500 ? 'Receiver' : 'Sender'}`
  }
  const body = { __type: `${namespace}#${error.code}`, message: error.message }
  return { status: error.status, headers, body: JSON.stringify(body) }
}
