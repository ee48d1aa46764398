import type { IncomingHttpHeaders } from 'node:http'
import type { Call, Principal, SandboxClock, SandboxRandom } from '../types.ts'
import { S3Error } from './errors.ts'
import type { Access } from './access.ts'
import type { NotificationHooks } from './others.ts'
import type { Bucket } from './store/bucket.ts'
import type { S3Store, Writer } from './store/store.ts'

/** What every action gets. The bucket is there, in the request's region, and the caller may do this (service.ts). */
export interface S3Request {
  readonly call: Call
  /** The call's headers; of a presigned URL also those that stand in its query. */
  readonly headers: IncomingHttpHeaders
  readonly store: S3Store
  readonly clock: SandboxClock
  readonly random: SandboxRandom
  readonly hooks: NotificationHooks
  readonly access: Access
  readonly who: Principal
  readonly bucketName: string
  readonly key: string
  readonly writer: Writer
}

export interface BucketRequest extends S3Request {
  readonly bucket: Bucket
}

/** A header as one string. */
export function header(request: S3Request, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

export function query(request: S3Request, name: string): string | undefined {
  return request.call.query.get(name) ?? undefined
}

/** S3's own shape of ids; what can't be one is refused, not looked for. */
const VERSION_ID = /^[A-Za-z0-9._-]{32}$/

/** @throws S3Error `InvalidArgument` */
export function checkVersionId(versionId: string, parameter = 'versionId'): string {
  if (versionId === 'null' || VERSION_ID.test(versionId)) return versionId
  const message = versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified'
  throw new S3Error('InvalidArgument', { message, elements: { ArgumentName: parameter, ArgumentValue: versionId } })
}

/** The version id of the query, checked; undefined where the request names none. */
export function versionIdOf(request: S3Request): string | undefined {
  const versionId = query(request, 'versionId')
  return versionId === undefined ? undefined : checkVersionId(versionId)
}
