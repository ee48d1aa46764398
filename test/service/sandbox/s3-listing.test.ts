import {
  DeleteObjectCommand,
  type ListObjectsCommandOutput,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from 'vitest'
import { errorOf, makeBucket, put, raw, s3 } from '../../support/s3-bucket.ts'

const KEYS = ['a', 'a/1', 'a/2', 'b/1', 'c d', 'é', '\ue000', '😀']
let Bucket: string

beforeAll(async () => {
  Bucket = await makeBucket('Enabled')
  for (const key of KEYS.toReversed()) await put(Bucket, key, key)
  await s3.send(new DeleteObjectCommand({ Bucket, Key: (await put(Bucket, 'gone')) && 'gone' }))
})

describe('listings over the wire', () => {
  it('V2 pages by tokens', async () => {
    const keys: (string | undefined)[] = []
    for (let ContinuationToken: string | undefined; ;) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3, ContinuationToken }))
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key))
      expect(page.KeyCount).toBe(page.Contents?.length)
      ContinuationToken = page.NextContinuationToken
      if (page.IsTruncated !== true) break
    }
    expect(keys).toEqual(KEYS)
    const after = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter: 'c', FetchOwner: true }))
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(KEYS.slice(4))
    expect(after.Contents?.[0]?.Owner).toBeDefined()
    const wrong = s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'nonsense' }))
    expect((await errorOf(wrong)).name).toBe('InvalidArgument')
  })

  it('V1 pages by markers, which may be common prefixes', async () => {
    const seen: (string | undefined)[] = []
    for (let Marker: string | undefined; ;) {
      const ask = { Bucket, Marker, MaxKeys: 2, Delimiter: '/' }
      const page: ListObjectsCommandOutput = await s3.send(new ListObjectsCommand(ask))
      seen.push(
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      )
      if (page.IsTruncated !== true) break
      Marker = page.NextMarker
    }
    expect(seen).toEqual(['a', 'a/', 'c d', 'b/', 'é', '\ue000', '😀'])
  })

  it('versions page by key and version, and show markers', async () => {
    const seen: string[] = []
    for (let more: object = {}; ;) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'gone', MaxKeys: 1, ...more }))
      for (const each of page.Versions ?? []) seen.push(`version ${each.Key} ${each.IsLatest}`)
      for (const each of page.DeleteMarkers ?? []) seen.push(`marker ${each.Key} ${each.IsLatest}`)
      if (page.IsTruncated !== true) break
      more = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
    }
    expect(seen).toEqual(['marker gone true', 'version gone false'])
    const marker = { Bucket, VersionIdMarker: 'a'.repeat(32) }
    expect((await errorOf(s3.send(new ListObjectVersionsCommand(marker)))).name).toBe('InvalidArgument')
  })

  it('encode keys where asked to, as S3 does', async () => {
    const text = await (await raw('GET', `/${Bucket}?encoding-type=url&prefix=c%20d`)).text()
    expect(text).toContain('<Key>c+d</Key>')
    expect(text).toContain('<EncodingType>url</EncodingType>')
    const emoji = await (
      await raw('GET', `/${Bucket}?encoding-type=url&prefix=%F0`.replace('%F0', '%F0%9F%98%80'))
    ).text()
    expect(emoji).toContain('<Key>%F0%9F%98%80</Key>')
  })

  it('write control characters as references where not', async () => {
    const own = await makeBucket()
    await put(own, 'a\u0001\tb<')
    expect(await (await raw('GET', `/${own}`)).text()).toContain('<Key>a&#x1;&#x9;b&lt;</Key>')
  })

  it('give nothing for max-keys 0, a thousand at most, and refuse nonsense', async () => {
    expect(await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }))).toMatchObject({
      KeyCount: 0,
      IsTruncated: false,
    })
    expect(await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }))).toMatchObject({
      KeyCount: 8,
      MaxKeys: 5000,
    })
    for (const query of ['max-keys=-1', 'max-keys=many', 'encoding-type=base64']) {
      expect((await raw('GET', `/${Bucket}?${query}`)).status, query).toBe(400)
    }
  })
})
