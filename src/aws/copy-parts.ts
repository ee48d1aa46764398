/**
 * Copies an object as it was uploaded, part by part: beyond 5 GiB there is no other way, and below it is what keeps a
 * composite checksum and the ETag, by which the copy can be proved. An upload that does not end as a version is aborted.
 *
 * Source: Amazon S3 API reference, CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload; user guide,
 * "Checking object integrity" (part-level checksums).
 */
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { LandfallError } from '../domain/errors.ts'
import { abortable } from './clients.ts'
import { bare, checksumOf, hasPlainEtag } from './copy-attributes.ts'
import { type CopyJob, copySourceOf, reading, writing, type Written } from './copy-job.ts'
import { copying } from './copy-stops.ts'
import { open, streamed } from './copy-whole.ts'

interface Part {
  readonly number: number
  readonly first: number
  readonly last: number
}

/** How many parts the object was uploaded in; undefined where by one PUT. */
export function partCount(etag: string | undefined): number | undefined {
  const count = /-(\d+)$/.exec(bare(etag))?.[1]
  return count === undefined ? undefined : Number(count)
}

export async function copyInParts(job: CopyJob, count: number): Promise<Written> {
  const parts = await partsOf(job, count)
  const checksum = checksumOf(job.head)
  const at = { Bucket: job.to.place.bucket, Key: job.toKey ?? job.key, ExpectedBucketOwner: job.to.owner }
  const { UploadId, ServerSideEncryption } = await copying(writing(job), () =>
    job.to.client.send(
      new CreateMultipartUploadCommand({
        ...at,
        ...job.attributes,
        ...(job.tagging !== undefined && { Tagging: job.tagging }),
        ...(checksum !== undefined && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
      }),
      abortable(job.signal),
    ),
  )
  if (UploadId === undefined) throw new LandfallError('AWS_ERROR', 'CreateMultipartUpload answered without an id')
  const upload = { ...at, UploadId }
  try {
    const done: CompletedPart[] = []
    for (const part of parts) done.push(await copyPart(job, upload, part))
    // What KMS encrypts has ETags of its own; its checksums prove it.
    if (hasPlainEtag(job.head) && hasPlainEtag({ ServerSideEncryption })) checkEtag(job, done)
    await job.lookAgain()
    const answer = await copying(writing(job), () =>
      job.to.client.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          ...job.condition,
          MultipartUpload: { Parts: done },
          MpuObjectSize: job.size,
          ...(checksum?.type === 'FULL_OBJECT' && { ChecksumType: checksum.type, [checksum.field]: checksum.value }),
        }),
        abortable(job.signal),
      ),
    )
    return { versionId: answer.VersionId ?? 'null' }
  } catch (error) {
    // Its parts would be billed for ever. Without the signal, which may be why we are here.
    await job.to.client.send(new AbortMultipartUploadCommand(upload)).catch(() => {})
    throw error
  }
}

async function copyPart(
  job: CopyJob,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
  part: Part,
): Promise<CompletedPart> {
  const { number: PartNumber, first, last } = part
  if (!job.direct) return sendPart(job, upload, part)
  await job.pace(last - first + 1)
  const command = new UploadPartCopyCommand({
    ...upload,
    ...copySourceOf(job),
    PartNumber,
    CopySourceRange: `bytes=${first}-${last}`,
  })
  const { CopyPartResult: result } = await copying(writing(job), () =>
    job.to.client.send(command, abortable(job.signal)),
  )
  return { PartNumber, ...sumsOf(result ?? {}) }
}

async function sendPart(
  job: CopyJob,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
  { number: PartNumber, first, last }: Part,
): Promise<CompletedPart> {
  const checksum = checksumOf(job.head)
  const Body = await open(job, { first, last, lookLast: false })
  const command = new UploadPartCommand({
    ...upload,
    PartNumber,
    Body,
    ContentLength: last - first + 1,
    ...(checksum !== undefined && { ChecksumAlgorithm: checksum.algorithm }),
  })
  const answer = await copying(writing(job), () => streamed(Body, job.signal, (o) => job.to.client.send(command, o)))
  return { PartNumber, ...sumsOf(answer) }
}

/** What CompleteMultipartUpload wants to have repeated. */
function sumsOf(answer: CompletedPart): CompletedPart {
  const { ETag, ChecksumCRC64NVME, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA1, ChecksumSHA256 } = answer
  return { ETag, ChecksumCRC64NVME, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA1, ChecksumSHA256 }
}

/**
 * By the part numbers of the source: where all but the last are of one size, the first and the last tell all of them.
 * Sizes that only happen to add up give another ETag, which is found before there is a version.
 */
async function partsOf(job: CopyJob, count: number): Promise<readonly Part[]> {
  const usual = await partSize(job, 1)
  const even = count === 1 || usual * (count - 1) + (await partSize(job, count)) === job.size
  const parts: Part[] = []
  let first = 0
  for (let number = 1; number <= count; number++) {
    const size = even ? Math.min(usual, job.size - first) : number === 1 ? usual : await partSize(job, number)
    parts.push({ number, first, last: first + size - 1 })
    first += size
  }
  if (first !== job.size) {
    throw new LandfallError(
      'AWS_ERROR',
      `the ${count} parts of ${job.key} have ${first} bytes, and the object ${job.size}`,
    )
  }
  return parts
}

async function partSize(job: CopyJob, PartNumber: number): Promise<number> {
  const { place, owner, client } = job.from
  const at = { Bucket: place.bucket, Key: job.key, VersionId: job.versionId, ExpectedBucketOwner: owner }
  const head = await copying(reading(job), () =>
    client.send(new HeadObjectCommand({ ...at, PartNumber }), abortable(job.signal)),
  )
  // 1 at least: a store that answers nonsense must not make us divide by it.
  return Math.max(1, head.ContentLength ?? 0)
}

/** The same parts have the same ETag: the MD5 of their MD5s. */
function checkEtag(job: CopyJob, done: readonly CompletedPart[]): void {
  const hash = createHash('md5')
  for (const { ETag } of done) hash.update(Buffer.from(bare(ETag), 'hex'))
  if (`${hash.digest('hex')}-${done.length}` === bare(job.head.ETag)) return
  throw new LandfallError('COPY_DIFFERS', `what was read of ${job.key} is not what its ETag says`)
}
