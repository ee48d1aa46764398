import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../../sandbox/s3/checksums/checksum.ts'
import { errorOf, makeBucket, put, raw, s3, setVersioning } from '../../support/s3-bucket.ts'

const KEYS = ['a b+c', 'ünï/😀', 'new\nline', '../up', 'a//b/', '%41&=?#', "it's (~!*)", 'x'.repeat(1024)]

async function text(command: GetObjectCommand): Promise<string> {
  return (await s3.send(command)).Body!.transformToString()
}

describe('PutObject, GetObject, HeadObject', () => {
  it.each(KEYS)('take the key %j', async (Key) => {
    const Bucket = await makeBucket('Enabled')
    const { VersionId } = await put(Bucket, Key, 'body')
    expect(await text(new GetObjectCommand({ Bucket, Key }))).toBe('body')
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket, EncodingType: 'url' }))
    const listed = decodeURIComponent(Versions![0]!.Key!.replaceAll('+', ' '))
    expect({ ...Versions![0], Key: listed }).toMatchObject({ Key, VersionId, IsLatest: true })
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key, VersionId }))).ContentLength).toBe(4)
  })

  it('keep metadata, system headers, tags and storage class', async () => {
    const Bucket = await makeBucket('Enabled')
    await put(Bucket, 'k', 'body', {
      Metadata: { owner: 'me', 'x-y': 'z' },
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentDisposition: 'inline',
      ContentEncoding: 'br',
      ContentLanguage: 'en',
      StorageClass: 'STANDARD_IA',
      Tagging: 'a=b%20c&d=',
    })
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).toMatchObject({
      Metadata: { owner: 'me', 'x-y': 'z' },
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentDisposition: 'inline',
      ContentEncoding: 'br',
      ContentLanguage: 'en',
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'AES256',
      TagCount: 2,
      ETag: `"${createHash('md5').update('body').digest('hex')}"`,
    })
  })

  it('give ranges, and say where there is none', async () => {
    const Bucket = await makeBucket()
    await put(Bucket, 'k', '0123456789')
    const range = async (Range: string) => text(new GetObjectCommand({ Bucket, Key: 'k', Range }))
    expect(await Promise.all(['bytes=2-4', 'bytes=7-', 'bytes=-3', 'bytes=8-99', 'lines=1-2'].map(range))).toEqual([
      '234',
      '789',
      '789',
      '89',
      '0123456789',
    ])
    const { ContentRange, ContentLength } = await s3.send(
      new HeadObjectCommand({ Bucket, Key: 'k', Range: 'bytes=2-4' }),
    )
    expect({ ContentRange, ContentLength }).toEqual({ ContentRange: 'bytes 2-4/10', ContentLength: 3 })
    expect(await errorOf(range('bytes=10-'))).toEqual({ name: 'InvalidRange', status: 416 })
  })

  it('obey conditions', async () => {
    const Bucket = await makeBucket()
    const { ETag } = await put(Bucket, 'k')
    const get = (more: object) => s3.send(new GetObjectCommand({ Bucket, Key: 'k', ...more }))
    const past = new Date(0)
    const future = new Date(Date.now() + 60_000)
    expect((await get({ IfMatch: ETag, IfUnmodifiedSince: past })).ETag).toBe(ETag)
    expect((await get({ IfNoneMatch: '"other"', IfModifiedSince: future })).ETag).toBe(ETag)
    expect((await errorOf(get({ IfMatch: '"other"' }))).status).toBe(412)
    expect((await errorOf(get({ IfUnmodifiedSince: past }))).status).toBe(412)
    expect((await errorOf(get({ IfNoneMatch: ETag }))).status).toBe(304)
    expect((await errorOf(get({ IfModifiedSince: future }))).status).toBe(304)

    expect(await errorOf(put(Bucket, 'k', 'y', { IfNoneMatch: '*' }))).toEqual({
      name: 'PreconditionFailed',
      status: 412,
    })
    expect((await errorOf(put(Bucket, 'k', 'y', { IfMatch: '"other"' }))).status).toBe(412)
    expect(await errorOf(put(Bucket, 'new', 'y', { IfMatch: ETag! }))).toEqual({ name: 'NoSuchKey', status: 404 })
    await put(Bucket, 'k', 'y', { IfMatch: ETag! })
    await put(Bucket, 'new', 'y', { IfNoneMatch: '*' })
    expect(await text(new GetObjectCommand({ Bucket, Key: 'k' }))).toBe('y')
  })

  it('refuse keys beyond 1,024 bytes, and metadata beyond 2 KB', async () => {
    const Bucket = await makeBucket()
    expect(await errorOf(put(Bucket, 'é'.repeat(513)))).toEqual({ name: 'KeyTooLongError', status: 400 })
    const Metadata = { a: 'x'.repeat(2048) }
    expect(await errorOf(put(Bucket, 'k', 'x', { Metadata }))).toEqual({ name: 'MetadataTooLarge', status: 400 })
  })

  it('ask for the customer key that an object was put with', async () => {
    const Bucket = await makeBucket('Enabled')
    const key = Buffer.alloc(32, 7)
    const SSECustomerKey = key.toString('base64')
    const customer = {
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey,
      SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
    }
    await put(Bucket, 'k', 'body', customer)
    expect((await errorOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })))).status).toBe(400)
    expect(await errorOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k' })))).toEqual({
      name: 'InvalidRequest',
      status: 400,
    })
    expect(await text(new GetObjectCommand({ Bucket, Key: 'k', ...customer }))).toBe('body')
  })
})

describe('checksums', () => {
  it('are CRC64NVME where the client gives none', async () => {
    const Bucket = await makeBucket()
    await raw('PUT', `/${Bucket}/k`, { body: 'hello' })
    const head = (ChecksumMode?: 'ENABLED') => s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode }))
    const { value } = checksumOf('CRC64NVME', Buffer.from('hello'))
    expect(await head('ENABLED')).toMatchObject({ ChecksumCRC64NVME: value, ChecksumType: 'FULL_OBJECT' })
    expect(await head()).not.toHaveProperty('ChecksumType')
  })

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('%s is verified and kept', async (algorithm) => {
    const Bucket = await makeBucket()
    const small = checksumOf(algorithm, Buffer.from('hello')).value
    const large = Buffer.alloc(100_000, 'abc')
    const field = `Checksum${algorithm}`
    await put(Bucket, 'small', 'hello', { [field]: small })
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'large', Body: large, [field]: checksumOf(algorithm, large).value }),
    )
    const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
    expect(await head('small')).toMatchObject({ [field]: small })
    expect(await head('large')).toMatchObject({ [field]: checksumOf(algorithm, large).value })
    expect(await errorOf(put(Bucket, 'small', 'hellO', { [field]: small }))).toEqual({ name: 'BadDigest', status: 400 })
    expect((await errorOf(put(Bucket, 'small', 'hello', { [field]: 'AAAA' }))).name).toBe('InvalidRequest')
  })

  it('come in trailers of streamed bodies', async () => {
    const Bucket = await makeBucket()
    const pieces = Array.from({ length: 40 }, (_, n) => Buffer.alloc(5000, n))
    const Body = Readable.from(pieces)
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: 200_000, ChecksumAlgorithm: 'SHA256' }))
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }))
    const expected = Buffer.concat(pieces)
    expect(got.ChecksumSHA256).toBe(checksumOf('SHA256', expected).value)
    expect(Buffer.from(await got.Body!.transformToByteArray()).equals(expected)).toBe(true)
    expect(got.ContentEncoding).toBeUndefined()

    const wire = (checksum: string) => ({
      body: `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`,
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
    })
    const right = checksumOf('CRC32', Buffer.from('hello')).value
    expect((await raw('PUT', `/${Bucket}/t`, wire(right))).status).toBe(200)
    const refused = await raw('PUT', `/${Bucket}/t`, wire('AAAAAA=='))
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('<Code>BadDigest</Code>')
  })

  it('also Content-MD5 and the signed SHA-256 are held against the body', async () => {
    const Bucket = await makeBucket()
    const refuse = async (headers: Record<string, string>) => {
      const reply = await raw('PUT', `/${Bucket}/k`, { body: 'hello', headers })
      return `${reply.status} ${/<Code>(.*)<\/Code>/.exec(await reply.text())?.[1]}`
    }
    expect(await refuse({ 'content-md5': createHash('md5').update('other').digest('base64') })).toBe('400 BadDigest')
    expect(await refuse({ 'content-md5': 'nonsense' })).toBe('400 InvalidDigest')
    expect(await refuse({ 'x-amz-content-sha256': '0'.repeat(64) })).toBe('400 XAmzContentSHA256Mismatch')
  })
})

describe('deletes', () => {
  it('make markers, which say so themselves', async () => {
    const Bucket = await makeBucket('Enabled')
    const { VersionId } = await put(Bucket, 'k')
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
    expect(marker).toMatchObject({ DeleteMarker: true })

    const latest = await raw('HEAD', `/${Bucket}/k`)
    expect(latest.status).toBe(404)
    expect(latest.headers.get('x-amz-delete-marker')).toBe('true')
    expect(latest.headers.get('x-amz-version-id')).toBe(marker.VersionId)
    for (const method of ['HEAD', 'GET']) {
      const byId = await raw(method, `/${Bucket}/k?versionId=${marker.VersionId}`)
      expect(byId.status).toBe(405)
      expect(byId.headers.get('x-amz-delete-marker')).toBe('true')
      expect(byId.headers.get('allow')).toBe('DELETE')
      expect((await byId.text()) === '').toBe(method === 'HEAD')
    }
    expect(await text(new GetObjectCommand({ Bucket, Key: 'k', VersionId }))).toBe('x')

    const undone = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }))
    expect(undone).toMatchObject({ DeleteMarker: true, VersionId: marker.VersionId })
    expect(await text(new GetObjectCommand({ Bucket, Key: 'k' }))).toBe('x')
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }))
    const gone = await errorOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId })))
    expect(gone).toEqual({ name: 'NoSuchVersion', status: 404 })
  })

  it('tell malformed version ids from unknown ones', async () => {
    const Bucket = await makeBucket('Enabled')
    await put(Bucket, 'k')
    const get = (VersionId: string) => errorOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId })))
    expect(await get('nonsense')).toEqual({ name: 'InvalidArgument', status: 400 })
    expect(await get('a'.repeat(32))).toEqual({ name: 'NoSuchVersion', status: 404 })
    expect(await get('null')).toEqual({ name: 'NoSuchVersion', status: 404 })
  })

  it('leave nothing of an unversioned object, and a null version of a suspended one', async () => {
    const Bucket = await makeBucket()
    expect((await put(Bucket, 'k', 'first')).VersionId).toBeUndefined()
    await put(Bucket, 'k', 'second')
    await setVersioning(Bucket, 'Enabled')
    const kept = await put(Bucket, 'k', 'third')
    await setVersioning(Bucket, 'Suspended')
    expect((await put(Bucket, 'k', 'fourth')).VersionId).toBe('null')
    const versions = async () => (await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []
    expect((await versions()).map(({ VersionId }) => VersionId)).toEqual(['null', kept.VersionId])
    expect(await text(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }))).toBe('fourth')
    expect(await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))).toMatchObject({ VersionId: 'null' })
    expect((await versions()).map(({ VersionId }) => VersionId)).toEqual([kept.VersionId])
  })

  it('of many each succeed or fail by themselves', async () => {
    const Bucket = await makeBucket('Enabled')
    const { VersionId } = await put(Bucket, 'a&\u0001')
    const Objects = [{ Key: 'a&\u0001', VersionId }, { Key: 'b' }, { Key: 'c', VersionId: 'nonsense' }]
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    expect(Deleted).toMatchObject([
      { Key: 'a&\u0001', VersionId },
      { Key: 'b', DeleteMarker: true },
    ])
    expect(Errors).toMatchObject([{ Key: 'c', Code: 'InvalidArgument' }])
    const quiet = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'b' }], Quiet: true } }))
    expect(quiet.Deleted).toBeUndefined()
  })
})

describe('CopyObject', () => {
  it('takes along what the source has, unless told to replace it', async () => {
    const Bucket = await makeBucket('Enabled')
    const old = await put(Bucket, 'source é', 'old', {
      Metadata: { a: '1' },
      Tagging: 't=1',
      ContentType: 'text/plain',
    })
    await put(Bucket, 'source é', 'new')
    const CopySource = encodeURI(`${Bucket}/source é?versionId=${old.VersionId}`)
    const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    expect(copied).toMatchObject({ CopySourceVersionId: old.VersionId, CopyObjectResult: { ETag: old.ETag } })
    const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }))
    expect(await head('copy')).toMatchObject({ Metadata: { a: '1' }, TagCount: 1, ContentType: 'text/plain' })
    const replace = { MetadataDirective: 'REPLACE', TaggingDirective: 'REPLACE', Metadata: { b: '2' } } as const
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource, ...replace }))
    const replaced = await head('copy')
    expect(replaced.Metadata).toEqual({ b: '2' })
    expect(replaced.TagCount).toBeUndefined()
    expect(await text(new GetObjectCommand({ Bucket, Key: 'copy' }))).toBe('old')
  })

  it('obeys conditions on both sides, and refuses to change nothing', async () => {
    const Bucket = await makeBucket('Enabled')
    const { ETag } = await put(Bucket, 'k')
    const copy = (Key: string, more: object = {}) =>
      s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/k`, ...more }))
    expect((await errorOf(copy('k'))).name).toBe('InvalidRequest')
    expect((await errorOf(copy('c', { CopySourceIfMatch: '"no"' }))).status).toBe(412)
    expect((await errorOf(copy('c', { CopySourceIfNoneMatch: ETag }))).status).toBe(412)
    await copy('c', { CopySourceIfMatch: ETag, IfNoneMatch: '*' })
    expect((await errorOf(copy('c', { IfNoneMatch: '*' }))).status).toBe(412)
    expect((await errorOf(copy('c', { IfMatch: '"no"' }))).status).toBe(412)
    await copy('k', { MetadataDirective: 'REPLACE', IfMatch: ETag })
    const missing = errorOf(s3.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/none` })))
    expect(await missing).toEqual({ name: 'NoSuchKey', status: 404 })
  })
})

describe('tags and attributes', () => {
  it('tags are put, read and removed by version', async () => {
    const Bucket = await makeBucket('Enabled')
    const { VersionId } = await put(Bucket, 'k')
    await put(Bucket, 'k')
    const at = { Bucket, Key: 'k', VersionId }
    const TagSet = [{ Key: 'état', Value: '<&>' }]
    await s3.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }))
    expect((await s3.send(new GetObjectTaggingCommand(at))).TagSet).toEqual(TagSet)
    expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet).toEqual([])
    await s3.send(new DeleteObjectTaggingCommand(at))
    expect((await s3.send(new GetObjectTaggingCommand(at))).TagSet).toEqual([])
    const twice = { TagSet: [...TagSet, ...TagSet] }
    expect((await errorOf(s3.send(new PutObjectTaggingCommand({ ...at, Tagging: twice })))).name).toBe('InvalidTag')
  })

  it('GetObjectAttributes', async () => {
    const Bucket = await makeBucket('Enabled')
    const { ETag, VersionId } = await put(Bucket, 'k', 'hello')
    const ObjectAttributes = ['ETag', 'Checksum', 'ObjectSize', 'StorageClass'] as const
    const got = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: [...ObjectAttributes] }),
    )
    expect(got).toMatchObject({
      VersionId,
      ETag: ETag!.replaceAll('"', ''),
      ObjectSize: 5,
      StorageClass: 'STANDARD',
      Checksum: { ChecksumCRC32: checksumOf('CRC32', Buffer.from('hello')).value, ChecksumType: 'FULL_OBJECT' },
    })
  })
})
