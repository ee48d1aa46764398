import { createHash } from 'node:crypto'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectTaggingCommand,
  PutBucketEncryptionCommand,
  PutBucketReplicationCommand,
  type ReplicationRule,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { type CopyWorld, MAIN, makeCopyWorld, toDrive } from '../../support/copy-world.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'

const MIB = 2 ** 20

/** Uploads at the source as parts of these sizes. */
async function putParts(
  world: CopyWorld,
  key: string,
  sizes: readonly number[],
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<string> {
  const s3 = world.client('source')
  const at = { Bucket: world.pair.source.bucket, Key: key }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...more }))
  const Parts = []
  for (const [i, size] of sizes.entries()) {
    const PartNumber = i + 1
    const Body = Buffer.alloc(size, PartNumber)
    const part = await s3.send(
      new UploadPartCommand({ ...at, UploadId, PartNumber, Body, ChecksumAlgorithm: more.ChecksumAlgorithm }),
    )
    Parts.push({ ...part, PartNumber })
  }
  const done = await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
  return done.VersionId!
}

describe.each(['one', 'two'] as const)('copy, %s account(s)', (accounts) => {
  let world: CopyWorld
  beforeAll(async () => {
    pointSdkAt(inject('sandboxUrl'), MAIN)
    world = await makeCopyWorld({ accounts })
  })
  afterAll(() => {
    world.close()
    vi.unstubAllEnvs()
  })
  const copy = (key: string, versionId: string) => world.copier.copy(world.pair.name, toDrive(key, versionId))

  async function expectCopied(key: string, versionId: string): Promise<string> {
    const outcome = await copy(key, versionId)
    expect(outcome).toMatchObject({ kind: 'copied' })
    const { replicaId } = outcome as { replicaId: string }
    expect(outcome).not.toHaveProperty('overtaken')
    const [source, replica] = [await world.head('source', key, versionId), await world.head('destination', key)]
    expect(replica.VersionId).toBe(replicaId)
    expect(replica.Metadata).toEqual({ ...source.Metadata, 'landfall-source-version': versionId })
    expect(replica.ETag).toBe(source.ETag)
    expect(await world.body('destination', key)).toEqual(await world.body('source', key, versionId))
    return replicaId
  }

  test('with all that belongs to it', async () => {
    const key = 'all of/it é+ü %20?.pdf'
    const versionId = await world.put('source', key, 'content', {
      ContentType: 'application/pdf',
      ContentEncoding: 'identity',
      ContentDisposition: 'attachment; filename="a.pdf"',
      ContentLanguage: 'cy',
      CacheControl: 'max-age=60',
      Expires: new Date(Date.UTC(2030, 0, 1)),
      StorageClass: 'STANDARD_IA',
      Metadata: { supplier: '92191', name: '=?UTF-8?B?w6k=?=', empty: '' },
      Tagging: 'avStatus.result=pass&note=a%20b%26c',
      ChecksumAlgorithm: 'SHA256',
    })
    await expectCopied(key, versionId)
    const replica = await world.head('destination', key)
    expect(replica).toMatchObject({
      ContentType: 'application/pdf',
      ContentEncoding: 'identity',
      ContentDisposition: 'attachment; filename="a.pdf"',
      ContentLanguage: 'cy',
      CacheControl: 'max-age=60',
      ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT',
      StorageClass: 'STANDARD_IA',
      ChecksumSHA256: (await world.head('source', key)).ChecksumSHA256,
    })
    const tags = await world
      .client('destination')
      .send(new GetObjectTaggingCommand({ Bucket: world.pair.destination.bucket, Key: key }))
    expect(Object.fromEntries(tags.TagSet!.map(({ Key, Value }) => [Key, Value]))).toEqual({
      'avStatus.result': 'pass',
      note: 'a b&c',
    })
  })

  test('of no bytes, of one, and of more than one read of a socket', async () => {
    for (const size of [0, 1, 3 * MIB + 1]) {
      const key = `sizes/${size}`
      await expectCopied(key, await world.put('source', key, Buffer.alloc(size, 7)))
    }
  })

  test.each<[string, readonly number[], Partial<CreateMultipartUploadCommandInput>]>([
    ['a full-object checksum', [5 * MIB, 5 * MIB, 17], { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' }],
    ['a composite checksum', [5 * MIB, 5 * MIB, 17], { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' }],
    ['uneven parts', [5 * MIB, 6 * MIB, 17], { ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' }],
  ])('uploaded in parts, with %s, so that its checksum proves the copy', async (name, sizes, more) => {
    const key = `parts/${name}`
    const versionId = await putParts(world, key, sizes, { ...more, ContentType: 'x/y', Tagging: 'a=1' })
    expect(await copy(key, versionId)).toMatchObject({ kind: 'copied', bytes: sizes.reduce((a, b) => a + b) })
    const [source, replica] = [await world.head('source', key), await world.head('destination', key)]
    const sums = ({ ChecksumSHA256, ChecksumCRC64NVME, ChecksumCRC32, ChecksumType }: typeof source) => ({
      ChecksumSHA256,
      ChecksumCRC64NVME,
      ChecksumCRC32,
      ChecksumType,
    })
    expect(sums(replica)).toEqual(sums(source))
    expect(replica).toMatchObject({ ContentType: 'x/y', TagCount: 1, ContentLength: source.ContentLength })
    expect(await world.uploads('destination')).toBe(0)
  })

  test('over what is older: a version and a marker that the source has too, and a version it has no more', async () => {
    const older = await world.put('source', 'over', 'older')
    await expectCopied('over', older)
    const newer = await world.put('source', 'over', 'newer')
    await expectCopied('over', newer)
    expect(await world.versions('destination', 'over')).toHaveLength(2)
  })

  test('twice gives one version', async () => {
    const versionId = await world.put('source', 'twice', 'x')
    const replicaId = await expectCopied('twice', versionId)
    expect(await copy('twice', versionId)).toEqual({ kind: 'copied', replicaId, bytes: 0 })
    expect(await world.versions('destination', 'twice')).toEqual([replicaId])
  })

  test('never of what is not current, nor over what is newer', async () => {
    const first = await world.put('source', 'stops', 'first')
    const second = await world.put('source', 'stops', 'second')
    const stopped = async (versionId: string, why: RegExp): Promise<void> => {
      const before = await world.versions('destination', 'stops')
      expect(await copy('stops', versionId)).toEqual({ kind: 'stopped', why: expect.stringMatching(why) })
      expect(await world.versions('destination', 'stops')).toEqual(before)
    }
    await stopped(first, /newer version is current at the source/)
    await stopped('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', /not at the source any more/)
    const foreign = await world.put('destination', 'stops', 'a newer one')
    await stopped(second, /newer version that the source does not have/)
    await world.mark('destination', 'stops')
    await stopped(second, /delete marker on top that the source does not have/)
    await world.mark('source', 'stops')
    await stopped(second, /deleted at the source/)
    expect(await world.body('destination', 'stops', foreign)).toEqual(Buffer.from('a newer one'))
    const marker = { ...toDrive('stops', second), kind: 'marker' as const }
    expect(await world.copier.copy(world.pair.name, marker)).toMatchObject({ kind: 'stopped' })
  })

  test('races: what is written or deleted between look and write stops it, and leaves no upload behind', async () => {
    for (const parts of [false, true]) {
      for (const [name, race] of [
        ['overwritten at the source', (key: string) => world.put('source', key, 'newer')],
        ['deleted at the source', (key: string) => world.mark('source', key)],
        ['written at the destination', (key: string) => world.put('destination', key, 'newer')],
        ['deleted at the destination', (key: string) => world.mark('destination', key)],
      ] as const) {
        const key = `race/${name} ${parts}`
        const versionId = parts ? await putParts(world, key, [5 * MIB, 9]) : await world.put('source', key, 'x')
        let raced = false
        // What is copied waits for its share of the bytes before it is read: here the others come.
        const pace = async (): Promise<void> => {
          if (!raced) await race(key)
          raced = true
        }
        const outcome = await world.copierWith({ pace }).copy(world.pair.name, toDrive(key, versionId))
        expect(outcome, key).toMatchObject({ kind: 'stopped' })
        expect(await world.versions('destination', key), key).toHaveLength(name.endsWith('destination') ? 1 : 0)
      }
    }
    expect(await world.uploads('destination')).toBe(0)
  })

  test('a signal ends it, and its upload', async () => {
    const versionId = await putParts(world, 'aborted', [5 * MIB, 9])
    const controller = new AbortController()
    const copier = world.copierWith({ pace: async () => controller.abort() })
    const copying = copier.copy(world.pair.name, toDrive('aborted', versionId), controller.signal)
    await expect(copying).rejects.toMatchObject({ name: 'AbortError' })
    expect(await world.uploads('destination')).toBe(0)
    expect(await world.versions('destination', 'aborted')).toEqual([])
  })
})

describe('a copy in place', () => {
  let world: CopyWorld
  beforeAll(async () => {
    pointSdkAt(inject('sandboxUrl'), MAIN)
    world = await makeCopyWorld()
  })
  afterAll(() => {
    world.close()
    vi.unstubAllEnvs()
  })
  const retrigger = (key: string, versionId: string) => world.copier.retrigger(world.pair.name, toDrive(key, versionId))

  test('makes a new version with all that belongs to it, which names the old one', async () => {
    const versionId = await world.put('source', 'again', 'content', {
      ContentType: 'text/plain',
      Metadata: { supplier: '92191' },
      Tagging: 'a=1',
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'arn:aws:kms:eu-west-1:111111111111:key/one',
    })
    const outcome = await retrigger('again', versionId)
    expect(outcome).toMatchObject({ kind: 'copied', bytes: 7 })
    const { replicaId } = outcome as { replicaId: string }
    expect(await world.versions('source', 'again')).toEqual([replicaId, versionId])
    expect(await world.head('source', 'again')).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { supplier: '92191', 'landfall-retriggered': versionId },
      TagCount: 1,
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'arn:aws:kms:eu-west-1:111111111111:key/one',
    })
    expect(await world.versions('destination', 'again')).toEqual([])
    // Another hand, or another attempt, finds that it is not current any more.
    expect(await retrigger('again', versionId)).toMatchObject({ kind: 'stopped' })
  })

  test('stops at a marker or a newer version, on either side, and at a race', async () => {
    const versionId = await world.put('source', 'stop', 'x')
    await world.put('destination', 'stop', 'newer')
    expect(await retrigger('stop', versionId)).toMatchObject({ kind: 'stopped', why: expect.stringMatching(/newer/) })
    await world.mark('source', 'stop')
    expect(await retrigger('stop', versionId)).toMatchObject({ kind: 'stopped', why: expect.stringMatching(/deleted/) })
    for (const [name, race] of [
      ['overwritten', (key: string) => world.put('source', key, 'newer')],
      ['deleted', (key: string) => world.mark('source', key)],
    ] as const) {
      const raced = await world.put('source', name, 'x')
      const copier = world.copierWith({ pace: async () => void (await race(name)) })
      expect(await copier.retrigger(world.pair.name, toDrive(name, raced))).toMatchObject({ kind: 'stopped' })
      expect(await world.versions('source', name)).toHaveLength(2)
    }
  })
})

test('a pair that only lists is left alone: nothing could tell whose copy a version is', async () => {
  pointSdkAt(inject('sandboxUrl'), MAIN)
  const world = await makeCopyWorld({ pair: { evidence: 'list' } })
  const versionId = await world.put('source', 'k', 'x')
  const stopped = { kind: 'stopped', why: expect.stringMatching(/evidence: list/) }
  expect(await world.copier.copy(world.pair.name, toDrive('k', versionId))).toEqual(stopped)
  expect(await world.copier.retrigger(world.pair.name, toDrive('k', versionId))).toEqual(stopped)
  world.close()
  vi.unstubAllEnvs()
})

describe('what is bigger than one request may copy', () => {
  const MOST = 5 * MIB
  test.each(['one', 'two'] as const)(
    'goes in its own parts (%s account(s)), and so does its copy in place',
    async (accounts) => {
      pointSdkAt(inject('sandboxUrl'), MAIN)
      const world = await makeCopyWorld({ accounts })
      const copier = world.copierWith({ mostAtOnce: MOST })
      const versionId = await putParts(world, 'big', [MOST, 5 * MIB + 3, 9], { Tagging: 'a=1', Metadata: { b: 'c' } })
      expect(await copier.copy(world.pair.name, toDrive('big', versionId))).toMatchObject({ kind: 'copied' })
      const [source, replica] = [await world.head('source', 'big'), await world.head('destination', 'big')]
      expect(replica).toMatchObject({ ETag: source.ETag, ChecksumCRC64NVME: source.ChecksumCRC64NVME, TagCount: 1 })
      expect(replica.Metadata).toEqual({ b: 'c', 'landfall-source-version': versionId })

      const alone = await putParts(world, 'again', [MOST, 9], { Tagging: 'a=1' })
      const outcome = await copier.retrigger(world.pair.name, toDrive('again', alone))
      expect(outcome).toMatchObject({ kind: 'copied', bytes: MOST + 9 })
      const [before, after] = [await world.head('source', 'again', alone), await world.head('source', 'again')]
      expect(after).toMatchObject({ ETag: before.ETag, TagCount: 1, Metadata: { 'landfall-retriggered': alone } })
      expect(await world.uploads('source')).toBe(0)
      const raced = world.copierWith({
        mostAtOnce: MOST,
        pace: async () => void (await world.put('source', 'again', 'newer')),
      })
      expect(await raced.retrigger(world.pair.name, toDrive('again', after.VersionId!))).toMatchObject({
        kind: 'stopped',
      })
      expect(await world.uploads('source')).toBe(0)
      world.close()
      vi.unstubAllEnvs()
    },
  )
})

describe('encryption', () => {
  let world: CopyWorld
  beforeAll(async () => {
    pointSdkAt(inject('sandboxUrl'), MAIN)
    world = await makeCopyWorld()
  })
  afterAll(() => {
    world.close()
    vi.unstubAllEnvs()
  })
  const SSEKMSKeyId = 'arn:aws:kms:eu-west-1:111111111111:key/source'
  const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const
  const copy = (key: string, versionId: string, copier = world.copierWith({})) =>
    copier.copy(world.pair.name, toDrive(key, versionId))

  test('what KMS encrypts is not copied to where nothing of the kind would', async () => {
    const versionId = await world.put('source', 'kms', 'x', kms)
    expect(await copy('kms', versionId)).toEqual({ kind: 'stopped', why: expect.stringMatching(/KMS/) })
  })

  test("but by the destination's own default, or by the rule's key", async () => {
    const { source, destination } = world.pair
    const Default = {
      SSEAlgorithm: 'aws:kms',
      KMSMasterKeyID: 'arn:aws:kms:eu-west-2:111111111111:key/default',
    } as const
    const Rules = [{ ApplyServerSideEncryptionByDefault: Default }]
    await world
      .client('destination')
      .send(
        new PutBucketEncryptionCommand({ Bucket: destination.bucket, ServerSideEncryptionConfiguration: { Rules } }),
      )
    const first = await world.put('source', 'by default', 'x', kms)
    expect(await copy('by default', first)).toMatchObject({ kind: 'copied' })
    expect(await world.head('destination', 'by default')).toMatchObject({ SSEKMSKeyId: Default.KMSMasterKeyID })

    const ReplicaKmsKeyID = 'arn:aws:kms:eu-west-2:111111111111:key/rule'
    const rule: ReplicationRule = {
      ID: 'r',
      Status: 'Enabled',
      Priority: 1,
      // Covers nothing that is written here: only what it says of replicas is wanted.
      Filter: { And: { Prefix: 'by rule', Tags: [{ Key: 'never', Value: 'set' }] } },
      DeleteMarkerReplication: { Status: 'Disabled' },
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
      Destination: {
        Bucket: `arn:aws:s3:::${destination.bucket}`,
        StorageClass: 'GLACIER_IR',
        EncryptionConfiguration: { ReplicaKmsKeyID },
      },
    }
    await world.client('source').send(
      new PutBucketReplicationCommand({
        Bucket: source.bucket,
        ReplicationConfiguration: { Role: `arn:aws:iam::${MAIN}:role/replication`, Rules: [rule] },
      }),
    )
    const second = await world.put('source', 'by rule', 'x', kms)
    expect(await copy('by rule', second)).toMatchObject({ kind: 'copied' })
    expect(await world.head('destination', 'by rule')).toMatchObject({
      SSEKMSKeyId: ReplicaKmsKeyID,
      StorageClass: 'GLACIER_IR',
    })
  })

  test('what only its owner can read, and what is archived, is left', async () => {
    const SSECustomerKey = Buffer.alloc(32, 1).toString('base64')
    const owned = await world.put('source', 'sse-c', 'x', {
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey,
      SSECustomerKeyMD5: createHash('md5').update(Buffer.alloc(32, 1)).digest('base64'),
    })
    expect(await copy('sse-c', owned)).toEqual({ kind: 'stopped', why: expect.stringMatching(/SSE-C/) })
    const archived = await world.put('source', 'cold', 'x', { StorageClass: 'DEEP_ARCHIVE' })
    expect(await copy('cold', archived)).toEqual({ kind: 'stopped', why: expect.stringMatching(/archived/) })
  })
})

describe('an answer that is lost', () => {
  test.each(['of the copy', 'of the completion'])(
    '%s: the version that was made is found, and counts',
    async (which) => {
      pointSdkAt(inject('sandboxUrl'), MAIN)
      const world = await makeCopyWorld()
      const key = `lost ${which}`
      const parts = which === 'of the completion'
      // Nothing but the parts proves a composite checksum, so it is copied by them.
      const composite = { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' } as const
      const versionId = parts
        ? await putParts(world, key, [5 * MIB, 9], composite)
        : await world.put('source', key, 'x')
      let lost = 0
      world.bulk('destination').middlewareStack.add(
        (next, context) => async (args) => {
          const answer = await next(args)
          const command = parts ? 'CompleteMultipartUploadCommand' : 'CopyObjectCommand'
          if (context['commandName'] !== command || lost++ > 0) return answer
          throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
        },
        { step: 'deserialize', priority: 'high', name: 'lose', override: true },
      )
      const outcome = await world.copier.copy(world.pair.name, toDrive(key, versionId))
      expect(lost).toBe(1)
      const replica = await world.head('destination', key)
      expect(outcome).toEqual({ kind: 'copied', replicaId: replica.VersionId, bytes: 0 })
      expect(await world.versions('destination', key)).toEqual([replica.VersionId])
      world.close()
      vi.unstubAllEnvs()
    },
  )
})
