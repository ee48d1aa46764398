import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeAws, type Aws } from '../../../src/aws/clients.ts'
import { makeObjectStore } from '../../../src/aws/object-store.ts'
import type { ObjectStore } from '../../../src/ports.ts'
import { s3Error, startFakeAws, type FakeAws, type FakeReply, type FakeRequest } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate } from '../../support/small-estate.ts'

const at = { pair: 'documents', side: 'destination', key: 'a.pdf', versionId: 'v1' } as const
const LISTING = s3Xml(
  '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>0</KeyCount></ListBucketResult>',
)

let fake: FakeAws
let now: number
let log: ReturnType<typeof recordingLog>
let aws: Aws
let store: ObjectStore
beforeEach(async () => {
  fake = await startFakeAws(() => 'hang')
  now = 0
  log = recordingLog()
  const estate = smallEstate()
  aws = makeAws({ estate, log, pathStyle: true })
  store = makeObjectStore({ estate, aws, log, clock: { now: () => now } })
})
afterEach(async () => {
  await fake[Symbol.asyncDispose]()
})

function s3Xml(xml: string): Exclude<FakeReply, string> {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xml }
}

/** HEADs are answered by `head`, listings by `list`. */
function answer(head: FakeReply | ((request: FakeRequest) => FakeReply), list: FakeReply = LISTING): void {
  fake.answer((request) => {
    if (request.method !== 'HEAD') return list
    return typeof head === 'function' ? head(request) : head
  })
}

const count = (method: string): number => fake.requests.filter((request) => request.method === method).length

function object(headers: Record<string, string>): FakeReply {
  return {
    status: 200,
    headers: { 'content-length': '0', etag: '"abc"', 'x-amz-version-id': 'v1', ...headers },
  }
}

describe('head of an object', () => {
  test('asks for one version, without checksums unless told to', async () => {
    answer(object({}))
    await store.head(at)
    await store.head({ ...at, checksums: true })
    expect(fake.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'HEAD /documents-destination/a.pdf?versionId=v1',
      'HEAD /documents-destination/a.pdf?versionId=v1',
    ])
    expect(fake.requests.map(({ headers }) => headers['x-amz-checksum-mode'])).toEqual([undefined, 'ENABLED'])
  })

  test.each([
    [undefined, 'none'],
    ['COMPLETE', 'COMPLETED'],
    ['COMPLETED', 'COMPLETED'],
    ['PENDING', 'PENDING'],
    ['FAILED', 'FAILED'],
    ['REPLICA', 'REPLICA'],
    ['SOMETHING_NEW', 'unknown'],
  ])('replication status %s reads as %s', async (status, replication) => {
    answer(object(status === undefined ? {} : { 'x-amz-replication-status': status }))
    expect(await store.head(at)).toMatchObject({ replication })
  })

  test('tags, lock and legal hold, each as one comparable value', async () => {
    answer(
      object({
        'x-amz-tagging-count': '3',
        'x-amz-object-lock-mode': 'COMPLIANCE',
        'x-amz-object-lock-retain-until-date': '2030-01-02T03:04:05Z',
        'x-amz-object-lock-legal-hold': 'ON',
        'x-amz-storage-class': 'GLACIER_IR',
      }),
    )
    expect(await store.head(at)).toMatchObject({
      etag: 'abc',
      tags: 3,
      lock: 'COMPLIANCE 2030-01-02T03:04:05.000Z, legal hold',
      storageClass: 'GLACIER_IR',
    })
    answer(object({ 'x-amz-object-lock-legal-hold': 'OFF' }))
    expect(await store.head(at)).toMatchObject({ tags: 0, lock: undefined, storageClass: 'STANDARD' })
  })

  test.each([
    [{ 'x-amz-checksum-type': 'FULL_OBJECT', 'x-amz-checksum-crc64nvme': 'abc=' }, 'CRC64NVME', 'FULL_OBJECT'],
    [{ 'x-amz-checksum-type': 'COMPOSITE', 'x-amz-checksum-crc32': 'abc=' }, 'CRC32', 'COMPOSITE'],
    [{ 'x-amz-checksum-sha256': 'abc=-12' }, 'SHA256', 'COMPOSITE'],
    [{ 'x-amz-checksum-sha1': 'abc=' }, 'SHA1', 'FULL_OBJECT'],
    [{ 'x-amz-checksum-type': 'NEW_KIND', 'x-amz-checksum-crc32c': 'abc=' }, 'CRC32C', undefined],
  ])('checksum %j is %s of type %s', async (headers, algorithm, type) => {
    answer(object(headers))
    const look = await store.head({ ...at, checksums: true })
    expect(look).toMatchObject({ checksums: [{ algorithm, type, value: Object.values(headers).at(-1) }] })
  })
})

describe('head that is refused', () => {
  test('405 with the marker header is a delete marker; another 405 is an error', async () => {
    answer({ status: 405, headers: { 'x-amz-delete-marker': 'true' } })
    expect(await store.head(at)).toEqual({ kind: 'marker', versionId: 'v1' })
    answer({ status: 405 })
    await expect(store.head(at)).rejects.toMatchObject({ code: 'AWS_ERROR' })
  })

  test('404 is absent, after one look at whether the bucket is there', async () => {
    answer({ status: 404 })
    expect(await store.head(at)).toEqual({ kind: 'absent' })
    expect(await store.head({ ...at, versionId: 'v2' })).toEqual({ kind: 'absent' })
    expect(count('GET')).toBe(1)
    answer({ status: 404 }, s3Error(404, 'NoSuchBucket'))
    now += 10 * 60_000
    await expect(store.head(at)).rejects.toMatchObject({ code: 'BUCKET_MISSING' })
  })

  test('403 where we may list is a missing right to read', async () => {
    answer({ status: 403 })
    expect(await store.head(at)).toEqual({ kind: 'refused', status: 403, grant: 's3:GetObjectVersion' })
  })

  test('403 where we may not list may be an absent version: the right to list is what to ask for', async () => {
    answer({ status: 403 }, s3Error(403, 'AccessDenied'))
    const refused = { kind: 'refused', status: 403, grant: 's3:ListBucket' }
    expect(await Promise.all(Array.from({ length: 50 }, () => store.head(at)))).toEqual(
      Array.from({ length: 50 }, () => refused),
    )
    expect(count('GET')).toBe(1)
    // A grant that was given meanwhile is seen.
    answer({ status: 403 })
    expect(await store.head(at)).toEqual(refused)
    now += 10 * 60_000
    expect(await store.head(at)).toMatchObject({ grant: 's3:GetObjectVersion' })
  })

  test.each(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'RequestTimeTooSkewed'])(
    '403 for %s is about the credentials, not about the version',
    async (code) => {
      answer({ status: 403 }, s3Error(403, code))
      await expect(store.head(at)).rejects.toMatchObject({ code: 'AWS_REFUSED' })
    },
  )

  test('a probe that was throttled is asked again', async () => {
    answer({ status: 403 }, s3Error(503, 'SlowDown'))
    await expect(store.head(at)).rejects.toMatchObject({ code: 'AWS_THROTTLED' })
    answer({ status: 403 })
    expect(await store.head(at)).toMatchObject({ kind: 'refused' })
  })

  test('400 is refused (SSE-C), or expired credentials, or another region', async () => {
    answer({ status: 400 })
    expect(await store.head(at)).toEqual({ kind: 'refused', status: 400, grant: 's3:ListBucketVersions' })
    now += 10 * 60_000
    answer({ status: 400 }, s3Error(400, 'ExpiredToken'))
    await expect(store.head(at)).rejects.toMatchObject({ code: 'AWS_REFUSED' })
    answer({ status: 400, headers: { 'x-amz-bucket-region': 'us-east-1' } })
    await expect(store.head(at)).rejects.toMatchObject({
      code: 'BUCKET_REGION',
      message: 'bucket documents-destination (eu-west-2) lives in the region us-east-1',
    })
  })

  test('301 names the right region, and is not followed', async () => {
    answer({ status: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' } })
    await expect(store.head(at)).rejects.toMatchObject({
      code: 'BUCKET_REGION',
      message: expect.stringMatching(/eu-west-1$/),
    })
    expect(fake.requests).toHaveLength(1)
  })

  test('without kms:Decrypt the object is seen without checksums, from then on by one request', async () => {
    answer(({ headers }) => (headers['x-amz-checksum-mode'] === 'ENABLED' ? { status: 403 } : object({})))
    expect(await store.head({ ...at, checksums: true })).toMatchObject({ kind: 'object', checksums: [] })
    expect(log.lines).toMatchObject([{ level: 'warn', ids: { grant: 'kms:Decrypt', bucket: 'documents-destination' } }])
    const before = fake.requests.length
    expect(await store.head({ ...at, checksums: true })).toMatchObject({ kind: 'object' })
    expect(fake.requests.length - before).toBe(1)
    expect(log.lines).toHaveLength(1)
  })

  test('a pair that the estate does not have is a bug, not an absent version', async () => {
    await expect(store.head({ ...at, pair: 'nobody' })).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

describe('listings', () => {
  const entry = (kind: string, key: string, versionId: string, time: string, latest = false): string =>
    `<${kind}><Key>${key}</Key><VersionId>${versionId}</VersionId><IsLatest>${latest}</IsLatest>` +
    `<LastModified>${time}</LastModified>${kind === 'Version' ? '<ETag>"e"</ETag><Size>1</Size>' : ''}</${kind}>`
  const page = (entries: readonly string[], more = ''): FakeReply =>
    s3Xml(
      `<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>` +
        `<IsTruncated>${more !== ''}</IsTruncated>${more}${entries.join('')}</ListVersionsResult>`,
    )

  test('keys are decoded, markers are put between versions by time', async () => {
    fake.answer(() =>
      page([
        entry('DeleteMarker', 'a+b%2B%0A', 'm2', '2026-01-03T00:00:00.000Z', true),
        entry('Version', 'a+b%2B%0A', 'v2', '2026-01-03T00:00:00.000Z'),
        entry('DeleteMarker', 'a+b%2B%0A', 'm1', '2026-01-02T00:00:00.000Z'),
        entry('Version', 'a+b%2B%0A', 'v1', '2026-01-01T00:00:00.000Z'),
        entry('Version', 'a+b%2B%0Ac', 'v9', '2026-01-01T00:00:00.000Z', true),
      ]),
    )
    const seen = await store.listKey({ ...at, key: 'a b+\n', limit: 10 })
    expect(seen.map(({ versionId }) => versionId)).toEqual(['m2', 'v2', 'm1', 'v1'])
  })

  test.each([
    ['DeleteMarker', 'Version'],
    ['Version', 'DeleteMarker'],
  ])('the latest, a %s, comes first, though the replicated time of the other is later', async (latest, other) => {
    fake.answer(() =>
      page([
        entry(latest, 'a.pdf', 'newest', '2026-01-01T00:00:00.000Z', true),
        entry(other, 'a.pdf', 'older', '2026-01-05T00:00:00.000Z'),
      ]),
    )
    const seen = await store.listKey({ ...at, limit: 10 })
    expect(seen.map(({ versionId }) => versionId)).toEqual(['newest', 'older'])
  })

  test('goes on by both markers while the key lasts, and stops where it is over', async () => {
    fake.answer(({ url }) => {
      const query = new URL(url, 'http://x').searchParams
      const marker = query.get('version-id-marker')
      if (marker === null) {
        return page(
          [entry('Version', 'a.pdf', 'v3', '2026-01-03T00:00:00.000Z', true)],
          '<NextKeyMarker>a.pdf</NextKeyMarker><NextVersionIdMarker>v3</NextVersionIdMarker>',
        )
      }
      return page(
        [
          entry('Version', 'a.pdf', 'v2', '2026-01-02T00:00:00.000Z'),
          entry('Version', 'a.pdf.1', 'v1', '2026-01-02T00:00:00.000Z'),
        ],
        '<NextKeyMarker>a.pdf.1</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>',
      )
    })
    expect(await store.listVersion(at)).toEqual({ kind: 'absent' })
    const queries = fake.requests.map(({ url }) => Object.fromEntries(new URL(url, 'http://x').searchParams))
    expect(queries).toMatchObject([
      { prefix: 'a.pdf', 'max-keys': '20', 'encoding-type': 'url' },
      { prefix: 'a.pdf', 'max-keys': '1000', 'key-marker': 'a.pdf', 'version-id-marker': 'v3' },
    ])
  })

  test('a page that is cut off, and says not where, is no proof of absence', async () => {
    const cut = '<NextKeyMarker>a.pdf</NextKeyMarker>'
    fake.answer(() => page([entry('Version', 'a.pdf', 'v3', '2026-01-03T00:00:00.000Z', true)], cut))
    await expect(store.listVersion(at)).rejects.toMatchObject({ code: 'AWS_ERROR' })
  })

  test('denied: one look is refused with its grant, a list throws', async () => {
    fake.answer(() => s3Error(403, 'AccessDenied'))
    expect(await store.listVersion(at)).toEqual({ kind: 'refused', status: 403, grant: 's3:ListBucketVersions' })
    await expect(store.listKey({ ...at, limit: 1 })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: 's3:ListBucketVersions is denied on documents-destination (eu-west-2)',
    })
    fake.answer(() => s3Error(403, 'InvalidAccessKeyId'))
    await expect(store.listVersion(at)).rejects.toMatchObject({ code: 'AWS_REFUSED' })
  })
})
