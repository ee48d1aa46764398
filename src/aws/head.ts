/**
 * HeadObject by the SDK's own parts (endpoint, credentials, signer, sockets), without its middleware.
 *
 * A HEAD is what Landfall does for every version, and of what one costs this process, the SDK's stack (some twenty
 * steps that serialise, resolve and retry) is three quarters. A HEAD has no body on either way, so the steps have little
 * to do. See docs/adr/0006-lean-head.md for what is left out and who does it instead.
 *
 * Source: Amazon S3 API reference, HeadObject.
 */
import type { S3Client } from '@aws-sdk/client-s3'
import type { Clock } from '../ports.ts'
import { failed, type Headers, makeSendLean } from './lean.ts'
import type { HeadAnswer } from './looks.ts'
import { RETRIGGERED, SOURCE_VERSION } from '../domain/repair/marks.ts'

export interface HeadOf {
  readonly bucket: string
  readonly key: string
  readonly versionId: string
  /** Asks for checksums, which of KMS objects needs `kms:Decrypt`. */
  readonly checksums: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The members of the SDK's answer that a look is made of (looks.ts). Throws what the SDK would: an error with
 * `$metadata.httpStatusCode` and `$response.headers` for every status but 200, the connection's own otherwise.
 */
export type SendHead = (client: S3Client, head: HeadOf) => Promise<HeadAnswer>

/** `count` is told of each request as it leaves. */
export function makeSendHead(needs: { readonly clock: Clock; readonly count: () => void }): SendHead {
  const send = makeSendLean(needs)
  return async (client, { bucket, key, versionId, checksums, signal }) => {
    const answer = await send(client, {
      method: 'HEAD',
      bucket,
      key,
      query: { versionId },
      ...(checksums && { headers: { 'x-amz-checksum-mode': 'ENABLED' } }),
      signal,
    })
    // Nothing will come, but until it is read the socket is not free for another request.
    answer.body.resume()
    if (answer.statusCode === 200) return outputOf(answer.headers)
    throw failed(answer)
  }
}

function outputOf(headers: Headers): HeadAnswer {
  const date = (name: string): Date | undefined => (headers[name] === undefined ? undefined : new Date(headers[name]))
  const number = (name: string): number | undefined => (headers[name] === undefined ? undefined : Number(headers[name]))
  return {
    DeleteMarker: headers['x-amz-delete-marker'] === 'true',
    VersionId: headers['x-amz-version-id'],
    ContentLength: number('content-length'),
    ETag: headers['etag'],
    LastModified: date('last-modified'),
    ReplicationStatus: headers['x-amz-replication-status'] as HeadAnswer['ReplicationStatus'],
    ChecksumType: headers['x-amz-checksum-type'] as HeadAnswer['ChecksumType'],
    ChecksumCRC64NVME: headers['x-amz-checksum-crc64nvme'],
    ChecksumCRC32: headers['x-amz-checksum-crc32'],
    ChecksumCRC32C: headers['x-amz-checksum-crc32c'],
    ChecksumSHA1: headers['x-amz-checksum-sha1'],
    ChecksumSHA256: headers['x-amz-checksum-sha256'],
    Metadata: marksOf(headers),
    TagCount: number('x-amz-tagging-count'),
    ObjectLockMode: headers['x-amz-object-lock-mode'] as HeadAnswer['ObjectLockMode'],
    ObjectLockRetainUntilDate: date('x-amz-object-lock-retain-until-date'),
    ObjectLockLegalHoldStatus: headers['x-amz-object-lock-legal-hold'] as HeadAnswer['ObjectLockLegalHoldStatus'],
    StorageClass: headers['x-amz-storage-class'] as HeadAnswer['StorageClass'],
  }
}

/** Only Landfall's own: what else people write there is nobody's business. */
function marksOf(headers: Headers): Record<string, string> | undefined {
  let marks: Record<string, string> | undefined
  for (const name of [SOURCE_VERSION, RETRIGGERED]) {
    const value = headers[`x-amz-meta-${name}`]
    if (value !== undefined) (marks ??= {})[name] = value
  }
  return marks
}
