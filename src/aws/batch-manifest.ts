/**
 * The manifest of a batch job: a CSV of bucket, key and version id, no header, keys URL-encoded; in the bucket of
 * `redrive.batch`. One token, one manifest: what is there already is what its job was made of, and is never written over.
 *
 * Source: S3 user guide, "Specifying a manifest"; S3 API reference, PutObject.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as breathe } from 'node:timers/promises'
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { attempt, awsError, statusOf } from '../domain/aws-errors.ts'
import type { ToDrive } from '../domain/repair/words.ts'
import { LandfallError } from '../domain/errors.ts'

export interface ManifestAt {
  readonly bucket: string
  readonly key: string
  /** Twelve digits: manifests name keys, and a freed bucket name may be a stranger's. */
  readonly owner: string
  readonly region: string
}

export interface Manifest {
  /** Without quotes. */
  readonly etag: string
  /** False: another one was there under this token, and it stays. */
  readonly same: boolean
}

/** S3's own limit for one PUT; a million rows of the longest keys, each character three of them, stay below. */
const MOST_BYTES = 5 * 2 ** 30
/** Rows handed over at a time: few and big enough that a million of them is no million writes. */
const CHUNK_CHARS = 64 * 1024

/**
 * The rows are made twice, once to know length and hash and once to send them, so that they are never held: S3 then
 * verifies what it was sent. Throws `LandfallError`.
 */
export async function writeManifest(
  s3: S3Client,
  at: ManifestAt,
  sourceBucket: string,
  versions: readonly ToDrive[],
): Promise<Manifest> {
  const sorted = inOrder(versions)
  const { bytes, sha256 } = await measure(sourceBucket, sorted)
  if (bytes > MOST_BYTES)
    throw new LandfallError('INTERNAL', `a manifest of ${bytes} bytes is more than one PUT may have`)
  const place = { Bucket: at.bucket, Key: at.key, ExpectedBucketOwner: at.owner }
  const during = { action: 's3:PutObject', resource: `${at.bucket}/${at.key}`, region: at.region }
  try {
    const put = await s3.send(
      new PutObjectCommand({
        ...place,
        Body: Readable.from(chunksOf(sourceBucket, sorted)),
        ContentLength: bytes,
        ContentType: 'text/csv',
        ChecksumSHA256: sha256,
        IfNoneMatch: '*',
      }),
    )
    return { etag: bare(put.ETag), same: true }
  } catch (error) {
    // 409: another process of ours is at it just now, and its own is the same or comes first.
    if (statusOf(error) !== 412 && statusOf(error) !== 409) throw awsError(error, during)
    const reading = { ...during, action: 's3:GetObject' }
    const there = await attempt(reading, () => s3.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' })))
    return { etag: bare(there.ETag), same: there.ChecksumSHA256 === sha256 }
  }
}

/** The same versions give the same bytes, in whatever order the ledger gave them. */
function inOrder(versions: readonly ToDrive[]): readonly ToDrive[] {
  return versions.toSorted((a, b) => compare(a.key, b.key) || compare(a.versionId, b.versionId))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

async function measure(
  bucket: string,
  versions: readonly ToDrive[],
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for (const chunk of chunksOf(bucket, versions)) {
    hash.update(chunk)
    bytes += chunk.length
    // A million rows take a second, in which nothing else of this process would run.
    await breathe()
  }
  return { bytes, sha256: hash.digest('base64') }
}

function* chunksOf(bucket: string, versions: readonly ToDrive[]): Generator<Buffer> {
  let text = ''
  for (const version of versions) {
    text += rowOf(bucket, version)
    if (text.length >= CHUNK_CHARS) {
      yield Buffer.from(text, 'latin1')
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text, 'latin1')
}

/** Encoded, a key holds no comma, quote or line break, so nothing has to be quoted, and every character is ASCII. */
function rowOf(bucket: string, { key, versionId }: ToDrive): string {
  return `${bucket},${encodeURIComponent(key)},${encodeURIComponent(versionId)}\n`
}

function bare(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}
