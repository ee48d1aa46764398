import { versionHeader } from './find.ts'
import type { Bucket } from './store/bucket.ts'
import type { ObjectAttributes } from './store/multipart.ts'
import type { StoredVersion } from './store/version.ts'

type Headers = Record<string, string | number>

/** What HEAD and GET say of a version, beside the length. */
export function objectHeaders(bucket: Bucket, version: StoredVersion, checksumMode: string | undefined): Headers {
  const headers: Headers = {
    'accept-ranges': 'bytes',
    'last-modified': new Date(version.lastModified).toUTCString(),
    etag: `"${version.etag}"`,
    'content-type': version.contentType ?? 'binary/octet-stream',
  }
  if (bucket.versioning !== undefined) headers['x-amz-version-id'] = version.versionId
  if (version.replication !== undefined) headers['x-amz-replication-status'] = version.replication
  if (version.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = version.storageClass
  if (version.headers !== undefined) Object.assign(headers, version.headers)
  if (version.metadata !== undefined) {
    for (const [name, value] of Object.entries(version.metadata)) headers[`x-amz-meta-${name}`] = value
  }
  if (version.tags !== undefined) headers['x-amz-tagging-count'] = Object.keys(version.tags).length
  Object.assign(headers, encryptionHeaders(version))
  if (checksumMode?.toUpperCase() === 'ENABLED') checksumHeaders(version, headers)
  return headers
}

/** What a write answers. */
export function writtenHeaders(bucket: Bucket, version: StoredVersion): Headers {
  const headers: Headers = {
    etag: `"${version.etag}"`,
    ...versionHeader(bucket, version),
    ...encryptionHeaders(version),
  }
  checksumHeaders(version, headers)
  return headers
}

export function encryptionHeaders(of: Pick<ObjectAttributes, 'sse' | 'customerKeyMd5'>): Record<string, string> {
  if (of.customerKeyMd5 !== undefined) {
    return {
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      'x-amz-server-side-encryption-customer-key-md5': of.customerKeyMd5,
    }
  }
  return of.sse === undefined ? {} : { 'x-amz-server-side-encryption': of.sse }
}

function checksumHeaders(version: StoredVersion, headers: Headers): void {
  const { checksum } = version
  if (checksum === undefined) return
  headers[`x-amz-checksum-${checksum.algorithm.toLowerCase()}`] = checksum.value
  headers['x-amz-checksum-type'] = checksum.type
}
