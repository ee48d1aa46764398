import { createHash } from 'node:crypto'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { type Aws, makeAws } from '../../../src/aws/clients.ts'
import { makeShipper } from '../../../src/aws/shipper.ts'
import type { Account } from '../../../src/config/estate.ts'
import type { Shipper } from '../../../src/ports.ts'
import { MAIN, OTHER } from '../../support/copy-world.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { smallEstate } from '../../support/small-estate.ts'

const MIB = 2 ** 20

describe.each(['one', 'two'] as const)('shipping, %s account(s)', (accounts) => {
  const from = { bucket: `${randomPrefix()}-staging`, region: 'eu-west-1', account: 'main', prefix: 'in/' }
  const to = {
    bucket: `${randomPrefix()}-backups`,
    region: 'eu-west-1',
    account: accounts === 'two' ? 'other' : 'main',
    prefix: 'out/',
  }
  const by = accounts === 'two' ? 'stream' : 'copy'
  let aws: Aws
  let shipper: Shipper
  let inParts: Shipper

  beforeAll(async () => {
    pointSdkAt(inject('sandboxUrl'), MAIN)
    const all: Record<string, Account> = {
      main: { name: 'main', id: MAIN },
      other: { name: 'other', id: OTHER, roleArn: `arn:aws:iam::${OTHER}:role/landfall` },
    }
    const estate = smallEstate({ accounts: all, shipments: [{ name: 'staging', from, to }] })
    aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
    await aws.s3(from).send(new CreateBucketCommand({ Bucket: from.bucket }))
    await aws.s3(to).send(new CreateBucketCommand({ Bucket: to.bucket }))
    const Versioning = { Status: 'Enabled' } as const
    await aws.s3(to).send(new PutBucketVersioningCommand({ Bucket: to.bucket, VersioningConfiguration: Versioning }))
    const clock = { now: () => Date.now() }
    shipper = makeShipper({ estate, aws, clock })
    inParts = makeShipper({ estate, aws, clock, mostAtOnce: MIB })
  })
  afterAll(() => {
    aws.close()
    vi.unstubAllEnvs()
  })

  const put = async (key: string, body: string | Buffer): Promise<unknown> =>
    aws
      .s3(from)
      .send(new PutObjectCommand({ Bucket: from.bucket, Key: `in/${key}`, Body: body, Metadata: { who: 'ann' } }))
  const ship = async (key: string, how = shipper) => how.ship('staging', `in/${key}`)

  async function shaOf(place: typeof from, key: string): Promise<string> {
    const answer = await aws.s3(place).send(new GetObjectCommand({ Bucket: place.bucket, Key: place.prefix + key }))
    return createHash('sha256')
      .update(await answer.Body!.transformToByteArray())
      .digest('hex')
  }
  async function versions(key: string): Promise<number> {
    const ask = { Bucket: to.bucket, Prefix: `out/${key}` }
    return (await aws.s3(to).send(new ListObjectVersionsCommand(ask))).Versions?.length ?? 0
  }

  test('whole, proved, with its metadata and where it is from; twice is once', async () => {
    await put('a.sql.gz', 'the dump')
    expect(await ship('a.sql.gz')).toMatchObject({
      kind: 'shipped',
      key: 'out/a.sql.gz',
      bytes: 8,
      by,
      proved: 'checksum',
    })
    const head = await aws.s3(to).send(new HeadObjectCommand({ Bucket: to.bucket, Key: 'out/a.sql.gz' }))
    expect(head.Metadata).toMatchObject({
      who: 'ann',
      'landfall-shipped-from': expect.stringContaining(from.bucket) as string,
    })
    expect(await ship('a.sql.gz')).toMatchObject({ kind: 'there', versionId: head.VersionId })
    expect(await versions('a.sql.gz')).toBe(1)
    expect(await shaOf(from, 'a.sql.gz')).toBe(await shaOf(to, 'a.sql.gz'))
  })

  test('with its tags', async () => {
    const at = { Bucket: from.bucket, Key: 'in/tagged.sql.gz' }
    await aws.s3(from).send(new PutObjectCommand({ ...at, Body: 'rows', Tagging: 'stage=production&who=a%20b' }))
    const shipped = await ship('tagged.sql.gz')
    expect(shipped).toMatchObject({ kind: 'shipped', by })
    expect(shipped).not.toHaveProperty('tagsLeft')
    expect(await tagsAt('out/tagged.sql.gz')).toEqual({ stage: 'production', who: 'a b' })
  })

  async function tagsAt(Key: string): Promise<Record<string, string>> {
    const { TagSet } = await aws.s3(to).send(new GetObjectTaggingCommand({ Bucket: to.bucket, Key }))
    return Object.fromEntries(TagSet!.map((tag) => [tag.Key!, tag.Value!]))
  }

  test('many at once make one version', async () => {
    await put('race.sql.gz', 'the dump')
    const outcomes = await Promise.all(Array.from({ length: 6 }, async () => ship('race.sql.gz')))
    expect(outcomes.filter(({ kind }) => kind === 'shipped').length).toBeLessThanOrEqual(1)
    expect(await versions('race.sql.gz')).toBe(1)
  })

  test('what was uploaded in parts goes in parts, and no upload stays open', async () => {
    const at = { Bucket: from.bucket, Key: 'in/parts.sql.gz' }
    const { UploadId } = await aws
      .s3(from)
      .send(new CreateMultipartUploadCommand({ ...at, Tagging: 'stage=production' }))
    const Parts = []
    for (const [index, size] of [5 * MIB, 5 * MIB, 777].entries()) {
      const part = { ...at, UploadId, PartNumber: index + 1, Body: Buffer.alloc(size, index) }
      Parts.push({ ...(await aws.s3(from).send(new UploadPartCommand(part))), PartNumber: index + 1 })
    }
    await aws.s3(from).send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    expect(await ship('parts.sql.gz', inParts)).toMatchObject({ kind: 'shipped', bytes: 10 * MIB + 777, by })
    expect(await tagsAt('out/parts.sql.gz')).toEqual({ stage: 'production' })
    expect(await shaOf(from, 'parts.sql.gz')).toBe(await shaOf(to, 'parts.sql.gz'))
    const open = await aws.s3(to).send(new ListMultipartUploadsCommand({ Bucket: to.bucket }))
    expect(open.Uploads ?? []).toEqual([])
  })

  test('the same bytes that somebody else put there are recognised; others are left alone', async () => {
    await put('b.sql.gz', 'the dump')
    await aws.s3(to).send(new PutObjectCommand({ Bucket: to.bucket, Key: 'out/b.sql.gz', Body: 'the dump' }))
    expect(await ship('b.sql.gz')).toMatchObject({ kind: 'there' })
    await put('b.sql.gz', 'another!')
    await expect(ship('b.sql.gz')).rejects.toMatchObject({ code: 'SHIP_TAKEN' })
    expect(await versions('b.sql.gz')).toBe(1)
  })

  test('what a marker hides at the destination is there all the same', async () => {
    await put('c.sql.gz', 'the dump')
    await ship('c.sql.gz')
    await aws.s3(to).send(new DeleteObjectCommand({ Bucket: to.bucket, Key: 'out/c.sql.gz' }))
    expect(await ship('c.sql.gz')).toMatchObject({ kind: 'there' })
    expect(await ship('never.sql.gz')).toEqual({ kind: 'gone' })
  })
})
