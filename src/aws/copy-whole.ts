/**
 * Copies an object by one request: CopyObject where S3 may do it by itself, else a GET that runs into a PUT, with no more
 * in memory than what is on its way. S3 verifies what it is sent against the source's MD5 and checksum, before there is
 * a version.
 *
 * Source: Amazon S3 API reference, CopyObject, GetObject, PutObject.
 */
import { Readable } from 'node:stream'
import { CopyObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { abortable } from './clients.ts'
import { bare, checksumOf, hasPlainEtag } from './copy-attributes.ts'
import { type CopyJob, copySourceOf, reading, writing, type Written } from './copy-job.ts'
import { copying } from './copy-stops.ts'

/** S3's own limit of CopyObject and PutObject. */
export const MOST_AT_ONCE = 5 * 2 ** 30

export async function copyWhole(job: CopyJob): Promise<Written> {
  return job.direct ? copyDirectly(job) : copyThrough(job)
}

async function copyDirectly(job: CopyJob): Promise<Written> {
  await job.pace(job.size)
  await job.lookAgain()
  const checksum = checksumOf(job.head)
  const command = new CopyObjectCommand({
    Bucket: job.to.place.bucket,
    Key: job.toKey ?? job.key,
    ...copySourceOf(job),
    ...job.condition,
    ...job.attributes,
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'COPY',
    ...(checksum?.type === 'FULL_OBJECT' && { ChecksumAlgorithm: checksum.algorithm }),
  })
  const answer = await copying(writing(job), () => job.to.client.send(command, abortable(job.signal)))
  return { versionId: answer.VersionId ?? 'null' }
}

async function copyThrough(job: CopyJob): Promise<Written> {
  const checksum = checksumOf(job.head)
  const etag = bare(job.head.ETag)
  const isMd5 = hasPlainEtag(job.head) && /^[0-9a-f]{32}$/.test(etag)
  const body = await open(job)
  const command = new PutObjectCommand({
    Bucket: job.to.place.bucket,
    Key: job.toKey ?? job.key,
    ExpectedBucketOwner: job.to.owner,
    Body: body,
    ContentLength: job.size,
    ...job.condition,
    ...job.attributes,
    ...(job.tagging !== undefined && { Tagging: job.tagging }),
    ...(isMd5 && { ContentMD5: Buffer.from(etag, 'hex').toString('base64') }),
    ...(checksum?.type === 'FULL_OBJECT' && { [checksum.field]: checksum.value }),
  })
  const answer = await copying(writing(job), () => streamed(body, job.signal, (o) => job.to.client.send(command, o)))
  return { versionId: answer.VersionId ?? 'null' }
}

/**
 * Sends a request with this body. The SDK has no ear for a body that fails: its error would end the process, and the
 * request would never end. S3 makes nothing of a body that is cut off.
 */
export async function streamed<T>(
  body: Readable | Uint8Array,
  signal: AbortSignal | undefined,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abortSignal = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
  let fault: unknown
  if (body instanceof Readable) {
    body.once('error', (error) => {
      fault ??= error
      controller.abort()
    })
  }
  try {
    return await send({ abortSignal })
  } catch (error) {
    throw signal?.aborted === true ? error : (fault ?? error)
  } finally {
    if (body instanceof Readable) body.destroy()
  }
}

/**
 * The object's bytes, or those of `range` (first and last). A last look comes before the last of them: a write of
 * minutes must not rest on a look from before it.
 */
export async function open(
  job: CopyJob,
  range?: { readonly first: number; readonly last: number; readonly lookLast: boolean },
): Promise<Readable | Uint8Array> {
  const length = range === undefined ? job.size : range.last - range.first + 1
  if (length === 0) {
    await job.lookAgain()
    return new Uint8Array(0)
  }
  const command = new GetObjectCommand({
    Bucket: job.from.place.bucket,
    Key: job.key,
    VersionId: job.versionId,
    IfMatch: job.head.ETag,
    ExpectedBucketOwner: job.from.owner,
    ...(range !== undefined && { Range: `bytes=${range.first}-${range.last}` }),
  })
  const answer = await copying(reading(job), () => job.from.client.send(command, abortable(job.signal)))
  return Readable.from(paced(job, answer.Body as Readable, length, range?.lookLast ?? true), { objectMode: false })
}

async function* paced(job: CopyJob, body: Readable, length: number, lookLast: boolean): AsyncGenerator<Buffer> {
  let left = length
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      left -= chunk.length
      await job.pace(chunk.length)
      if (left <= 0 && lookLast) await job.lookAgain()
      yield chunk
    }
  } finally {
    body.destroy()
  }
}
