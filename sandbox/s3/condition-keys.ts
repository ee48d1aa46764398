/** S3's own condition keys (Service authorization reference, "Amazon S3"). */
import type { Keys } from '../iam/context.ts'
import type { Call } from '../types.ts'
import type { Guarded } from './access.ts'
import { headersOf } from './presigned.ts'
import { Bucket } from './store/bucket.ts'
import { latestIn, versionIn } from './store/store.ts'

export interface Asking {
  readonly call: Call | undefined
  readonly bucket: Guarded
  readonly key: string | undefined
}

const QUERY: Readonly<Record<string, string>> = {
  's3:prefix': 'prefix',
  's3:delimiter': 'delimiter',
  's3:max-keys': 'max-keys',
  's3:versionid': 'versionId',
}

const HEADER: Readonly<Record<string, string>> = {
  's3:object-lock-mode': 'x-amz-object-lock-mode',
  's3:object-lock-retain-until-date': 'x-amz-object-lock-retain-until-date',
  's3:object-lock-legal-hold': 'x-amz-object-lock-legal-hold',
  's3:if-match': 'if-match',
  's3:if-none-match': 'if-none-match',
}

export function s3Keys({ call, bucket, key }: Asking): Keys {
  return (name) => {
    if (!name.startsWith('s3:')) return undefined
    if (name === 's3:resourceaccount') return bucket.account
    const [existing] = after(name, 's3:existingobjecttag/')
    if (existing !== undefined) return tagOf(bucket, key, call?.query.get('versionId') ?? undefined, existing)
    return call === undefined ? undefined : ofRequest(name, call)
  }
}

function ofRequest(name: string, call: Call): string | readonly string[] | undefined {
  const parameter = QUERY[name]
  if (parameter !== undefined) return call.query.get(parameter) ?? undefined
  const presigned = call.query.has('X-Amz-Signature')
  if (name === 's3:authtype') return presigned ? 'REST-QUERY-STRING' : 'REST-HEADER'
  if (name === 's3:signatureversion') return 'AWS4-HMAC-SHA256'
  const headers = headersOf(call)
  const tags = headers['x-amz-tagging']
  const [tag] = after(name, 's3:requestobjecttag/')
  if (tag !== undefined) return typeof tags === 'string' ? valueOf(new URLSearchParams(tags), tag) : undefined
  if (name === 's3:requestobjecttagkeys') {
    return typeof tags === 'string' ? [...new URLSearchParams(tags).keys()] : undefined
  }
  const value = headers[HEADER[name] ?? name.slice('s3:'.length)]
  return HEADER[name] !== undefined || name.startsWith('s3:x-amz-') ? value : undefined
}

function after(name: string, prefix: string): [string] | [] {
  return name.startsWith(prefix) ? [name.slice(prefix.length)] : []
}

/** Condition keys have no case; what stands behind the slash is compared so, too. */
function valueOf(pairs: Iterable<readonly [string, string]>, wanted: string): string | undefined {
  for (const [name, value] of pairs) if (name.toLowerCase() === wanted) return value
  return undefined
}

function tagOf(bucket: Guarded, key: string | undefined, versionId: string | undefined, wanted: string) {
  if (key === undefined || !(bucket instanceof Bucket)) return undefined
  const version = versionId === undefined ? latestIn(bucket, key) : versionIn(bucket, key, versionId)
  return valueOf(Object.entries(version?.tags ?? {}), wanted)
}
