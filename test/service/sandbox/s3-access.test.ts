import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'
import { errorOf } from '../../support/s3-bucket.ts'

let aws: LocalAws
let Bucket: string

beforeAll(async () => {
  aws = await startLocalAws()
  Bucket = await aws.bucket('access')
})
beforeEach(() => aws.faults({ access: [] }))
afterAll(() => aws.close())

describe('grants taken away', () => {
  it('refuse what they cover, and nothing else', async () => {
    const s3 = aws.s3()
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
    const head = (more: object) => s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ...more }))
    await aws.faults({ access: [{ bucket: Bucket, deny: ['s3:GetObjectVersion'] }] })
    expect((await errorOf(head({ VersionId }))).status).toBe(403)
    await head({})
    await aws.faults({ access: [{ bucket: Bucket, deny: ['s3:ListBucketVersions', 's3:PutObject'] }] })
    await head({ VersionId })
    const list = s3.send(new ListObjectVersionsCommand({ Bucket }))
    expect(await errorOf(list)).toEqual({ name: 'AccessDenied', status: 403 })
    const put = s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
    expect(await errorOf(put)).toEqual({ name: 'AccessDenied', status: 403 })
  })

  it('a missing key looks forbidden to who may not list', async () => {
    const missing = () => errorOf(aws.s3().send(new HeadObjectCommand({ Bucket, Key: 'none' })))
    expect((await missing()).status).toBe(404)
    await aws.faults({ access: [{ bucket: Bucket, deny: ['s3:ListBucket'] }] })
    expect((await missing()).status).toBe(403)
  })
})

describe('presigned URLs', () => {
  const sign = (seconds: number, age: number, more = '') => {
    const date = new Date(Date.now() - age * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const credential = `${ACCOUNT}%2F20260101%2Feu-west-1%2Fs3%2Faws4_request`
    return `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=${date}&X-Amz-Expires=${seconds}&X-Amz-SignedHeaders=host&X-Amz-Signature=0${more}`
  }
  const at = (query: string) => `${aws.sandbox.url}/${Bucket}/signed?${query}`

  it('carry headers in their query', async () => {
    const url = at(sign(60, 0, '&x-amz-meta-a=b&x-amz-storage-class=STANDARD_IA'))
    expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200)
    const got = await aws.s3().send(new GetObjectCommand({ Bucket, Key: 'signed' }))
    expect(got).toMatchObject({ Metadata: { a: 'b' }, StorageClass: 'STANDARD_IA' })
    const typed = await fetch(at(sign(60, 0, '&response-content-type=text%2Fcsv')))
    expect([typed.headers.get('content-type'), await typed.text()]).toEqual(['text/csv', 'hello'])
  })

  it('run out', async () => {
    const late = await fetch(at(sign(60, 61)))
    expect(late.status).toBe(403)
    expect(await late.text()).toContain('Request has expired')
    expect((await fetch(at(sign(0, 0)))).status).toBe(400)
  })
})

describe('one seed', () => {
  it('gives the same ids to the same writes, whatever other buckets do', async () => {
    const ids = async (noise: boolean): Promise<unknown> => {
      const world = await startLocalAws('same')
      await Promise.all([world.bucket('one'), world.bucket('other')])
      const put = (name: string) => world.s3().send(new PutObjectCommand({ Bucket: name, Key: 'k', Body: 'x' }))
      if (noise) await put('other')
      const written = [await put('one'), await put('one')].map(({ VersionId }) => VersionId)
      await world.close()
      return written
    }
    const [alone, among] = [await ids(false), await ids(true)]
    expect(alone).toEqual(among)
  })
})
