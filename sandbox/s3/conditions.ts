import type { IncomingHttpHeaders } from 'node:http'
import { S3Error } from './errors.ts'
import type { StoredVersion } from './store/version.ts'

/** The four conditions of a read; for a copy's source they come with a prefix. */
interface Conditions {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
  readonly ifUnmodifiedSince: string | undefined
}

/**
 * RFC 9110, section 13.2.2; API reference, "GetObject".
 * @throws S3Error `PreconditionFailed`, or `NotModified` with the headers of a 304
 */
export function checkRead(headers: IncomingHttpHeaders, version: StoredVersion): void {
  const failed = failedCondition(
    {
      ifMatch: headers['if-match'],
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
      ifUnmodifiedSince: headers['if-unmodified-since'],
    },
    version,
  )
  if (failed === undefined) return
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed)
  throw new S3Error('NotModified', {
    headers: { etag: `"${version.etag}"`, 'last-modified': new Date(version.lastModified).toUTCString() },
  })
}

/** @throws S3Error `PreconditionFailed` for each of `x-amz-copy-source-if-*` that does not hold */
export function checkCopySource(headers: IncomingHttpHeaders, version: StoredVersion): void {
  const get = (name: string): string | undefined => headers[`x-amz-copy-source-${name}`] as string | undefined
  const failed = failedCondition(
    {
      ifMatch: get('if-match'),
      ifNoneMatch: get('if-none-match'),
      ifModifiedSince: get('if-modified-since'),
      ifUnmodifiedSince: get('if-unmodified-since'),
    },
    version,
  )
  if (failed !== undefined) throw preconditionFailed(`x-amz-copy-source-${failed}`)
}

/**
 * The conditions of a write, on what the key holds now (PutObject, CopyObject, CompleteMultipartUpload, DeleteObject).
 * @throws S3Error `PreconditionFailed`; `NoSuchKey` where If-Match has nothing to match
 */
export function checkWrite(headers: IncomingHttpHeaders, key: string, latest: StoredVersion | undefined): void {
  const there = latest?.deleteMarker === false ? latest : undefined
  const none = headers['if-none-match']
  if (none !== undefined) {
    if (none !== '*') throw new S3Error('NotImplemented', { elements: { Header: 'If-None-Match' } })
    if (there !== undefined) throw preconditionFailed('If-None-Match')
  }
  const match = headers['if-match']
  if (match === undefined) return
  if (there === undefined) throw new S3Error('NoSuchKey', { elements: { Key: key } })
  if (!matches(match, there.etag)) throw preconditionFailed('If-Match')
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { elements: { Condition: condition } })
}

function failedCondition(conditions: Conditions, version: StoredVersion): string | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  // HTTP dates have whole seconds.
  const modified = Math.floor(version.lastModified / 1000)
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, version.etag)) return 'If-Match'
  } else if (ifUnmodifiedSince !== undefined && modified > secondsOf(ifUnmodifiedSince, Infinity)) {
    return 'If-Unmodified-Since'
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, version.etag) ? 'If-None-Match' : undefined
  if (ifModifiedSince !== undefined && modified <= secondsOf(ifModifiedSince, -Infinity)) return 'If-Modified-Since'
  return undefined
}

function matches(list: string, etag: string): boolean {
  return list.split(',').some((each) => {
    const tag = each.trim().replace(/^W\//, '')
    return tag === '*' || tag.replace(/^"|"$/g, '') === etag
  })
}

/** An unreadable date is no condition. */
function secondsOf(date: string, unreadable: number): number {
  const time = Date.parse(date)
  return Number.isNaN(time) ? unreadable : Math.floor(time / 1000)
}
