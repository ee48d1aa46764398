import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { checksumOf, compositeOf } from '../../../sandbox/s3/checksums/checksum.ts'
import { errorOf, makeBucket, put, s3 } from '../../support/s3-bucket.ts'

const LEAST = 5 * 1024 ** 2
const FIRST = Buffer.alloc(LEAST, 'one')
const LAST = Buffer.from('two')
const WHOLE = Buffer.concat([FIRST, LAST])

interface Upload {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

async function start(Bucket: string, Key: string, more: object = {}): Promise<Upload> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
  return { Bucket, Key, UploadId: UploadId! }
}

async function part(upload: Upload, PartNumber: number, Body: Buffer, more: object = {}): Promise<CompletedPart> {
  const { $metadata: _, ...part } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body, ...more }))
  return { PartNumber, ...part }
}

function complete(upload: Upload, Parts: CompletedPart[], more: Partial<CompleteMultipartUploadCommandInput> = {}) {
  return s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }))
}

const bare = ({ PartNumber, ETag }: CompletedPart): CompletedPart => ({ PartNumber, ETag })

describe('multipart uploads', () => {
  it('join their parts into one version', async () => {
    const Bucket = await makeBucket('Enabled')
    const upload = await start(Bucket, 'k', { Metadata: { a: 'b' }, ContentType: 'text/plain', Tagging: 't=1' })
    const parts = [await part(upload, 2, FIRST), await part(upload, 7, LAST)]
    await part(upload, 9, LAST) // not named in the end: thrown away
    const done = await complete(upload, parts.map(bare))
    const md5s = [FIRST, LAST].map((body) => createHash('md5').update(body).digest())
    expect(done.ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`)
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }))
    expect(got).toMatchObject({
      Metadata: { a: 'b' },
      ContentType: 'text/plain',
      TagCount: 1,
      VersionId: done.VersionId,
      ChecksumCRC64NVME: checksumOf('CRC64NVME', WHOLE).value,
      ChecksumType: 'FULL_OBJECT',
    })
    expect(Buffer.from(await got.Body!.transformToByteArray()).equals(WHOLE)).toBe(true)

    const second = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', PartNumber: 2 }))
    expect(second).toMatchObject({ PartsCount: 2, ContentRange: `bytes ${LEAST}-${LEAST + 2}/${LEAST + 3}` })
    expect(await second.Body!.transformToString()).toBe('two')
    const third = s3.send(new GetObjectCommand({ Bucket, Key: 'k', PartNumber: 3 }))
    expect((await errorOf(third)).status).toBe(416)
    const ObjectAttributes = ['ObjectParts' as const]
    const attributes = await s3.send(new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes }))
    expect(attributes.ObjectParts).toMatchObject({ TotalPartsCount: 2, Parts: [{ Size: LEAST }, { Size: 3 }] })
    expect(await errorOf(complete(upload, parts.map(bare)))).toEqual({ name: 'NoSuchUpload', status: 404 })
  })

  const composite = (algorithm: 'SHA256' | 'CRC32') =>
    compositeOf(
      algorithm,
      [FIRST, LAST].map((body) => checksumOf(algorithm, body).value),
    )
  it.each([
    ['SHA256', undefined, composite('SHA256')],
    ['CRC32', 'COMPOSITE', composite('CRC32')],
    ['CRC32C', 'FULL_OBJECT', checksumOf('CRC32C', WHOLE)],
    ['CRC64NVME', undefined, checksumOf('CRC64NVME', WHOLE)],
  ] as const)('%s of type %s', async (ChecksumAlgorithm, ChecksumType, expected) => {
    const Bucket = await makeBucket()
    const field = `Checksum${ChecksumAlgorithm}`
    const open = () => start(Bucket, 'k', { ChecksumAlgorithm, ChecksumType })
    const upload = await open()
    const send = (to: Upload, number: number, body: Buffer) =>
      part(to, number, body, { ChecksumAlgorithm: ChecksumAlgorithm as ChecksumAlgorithm })
    const parts = [await send(upload, 1, FIRST), await send(upload, 2, LAST)]
    expect(parts[1]).toMatchObject({ [field]: checksumOf(ChecksumAlgorithm, LAST).value })
    const wrong = [parts[0]!, { ...parts[1]!, [field]: checksumOf(ChecksumAlgorithm, FIRST).value }]
    expect((await errorOf(complete(upload, wrong))).name).toBe('InvalidPart')
    const bad = complete(upload, parts, { [field]: checksumOf(ChecksumAlgorithm, LAST).value })
    expect((await errorOf(bad)).name).toBe('BadDigest')
    expect(await complete(upload, parts)).toMatchObject({ [field]: expected.value, ChecksumType: expected.type })
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }))).toMatchObject({
      [field]: expected.value,
      ChecksumType: expected.type,
    })
  })

  it('refuse parts that are missing, out of order or too small, and to overwrite', async () => {
    const Bucket = await makeBucket()
    await put(Bucket, 'k', 'there')
    const upload = await start(Bucket, 'k')
    const parts = [await part(upload, 1, LAST), await part(upload, 2, LAST)].map(bare)
    const refuse = async (named: CompletedPart[], more: object = {}) =>
      (await errorOf(complete(upload, named, more))).name
    expect(await refuse(parts)).toBe('EntityTooSmall')
    expect(await refuse(parts.toReversed())).toBe('InvalidPartOrder')
    expect(await refuse([{ ...parts[0]!, ETag: '"other"' }])).toBe('InvalidPart')
    expect(await refuse([{ PartNumber: 3, ETag: parts[0]!.ETag }])).toBe('InvalidPart')
    expect(await refuse([parts[0]!], { IfNoneMatch: '*' })).toBe('PreconditionFailed')
    expect(await refuse([parts[0]!], { MpuObjectSize: 4 })).toBe('InvalidRequest')
    await complete(upload, [parts[0]!], { MpuObjectSize: 3 })
  })

  it('take parts from objects', async () => {
    const Bucket = await makeBucket('Enabled')
    await put(Bucket, 'source', '0123456789')
    const upload = await start(Bucket, 'k')
    const at = { ...upload, PartNumber: 1, CopySource: `${Bucket}/source` }
    const copied = await s3.send(new UploadPartCopyCommand({ ...at, CopySourceRange: 'bytes=2-4' }))
    const outside = s3.send(new UploadPartCopyCommand({ ...at, CopySourceRange: 'bytes=8-10' }))
    expect((await errorOf(outside)).name).toBe('InvalidArgument')
    await complete(upload, [{ PartNumber: 1, ETag: copied.CopyPartResult!.ETag }])
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }))
    expect(await got.Body!.transformToString()).toBe('234')
  })

  it('are listed with their parts until they end', async () => {
    const Bucket = await makeBucket()
    const b = await start(Bucket, 'b/1')
    const a = await start(Bucket, 'a')
    const again = await start(Bucket, 'a')
    for (const number of [3, 1, 2]) await part(a, number, LAST)
    const page = await s3.send(new ListPartsCommand({ ...a, MaxParts: 2 }))
    expect(page).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1, Size: 3 }, { PartNumber: 2 }] })
    const rest = await s3.send(new ListPartsCommand({ ...a, PartNumberMarker: page.NextPartNumberMarker }))
    expect(rest.Parts).toMatchObject([{ PartNumber: 3 }])

    const list = (more: object) => s3.send(new ListMultipartUploadsCommand({ Bucket, ...more }))
    const seen: (string | undefined)[] = []
    for (let more: object = {}; ;) {
      const { Uploads = [], IsTruncated, NextKeyMarker, NextUploadIdMarker } = await list({ MaxUploads: 1, ...more })
      seen.push(...Uploads.map(({ UploadId }) => UploadId))
      if (IsTruncated !== true) break
      more = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
    }
    expect(new Set(seen.slice(0, 2))).toEqual(new Set([a.UploadId, again.UploadId]))
    expect(seen[2]).toBe(b.UploadId)
    expect((await list({ Delimiter: '/' })).CommonPrefixes).toEqual([{ Prefix: 'b/' }])
    await s3.send(new AbortMultipartUploadCommand(b))
    expect(await errorOf(part(b, 1, LAST))).toEqual({ name: 'NoSuchUpload', status: 404 })
    expect((await list({})).Uploads).toHaveLength(2)
  })
})
