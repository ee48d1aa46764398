import type { Reply } from '../../types.ts'
import { ownerOf } from '../owner.ts'
import { query, type S3Request } from '../request.ts'
import { xmlReply } from '../xml.ts'

export function listBuckets(request: S3Request): Reply {
  const prefix = query(request, 'prefix') ?? ''
  const region = query(request, 'bucket-region')
  const after = query(request, 'continuation-token')
  const most = Number(query(request, 'max-buckets') ?? 10_000)
  const mine = [...request.store.buckets.values()]
    .filter(({ account, name }) => account === request.who.account && name.startsWith(prefix))
    .filter((bucket) => region === undefined || bucket.region === region)
    .filter(({ name }) => after === undefined || name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const page = mine.slice(0, most)
  return xmlReply('ListAllMyBucketsResult', {
    Owner: ownerOf(request.who.account),
    Buckets: {
      Bucket: page.map((bucket) => ({
        Name: bucket.name,
        CreationDate: new Date(bucket.created).toISOString(),
        BucketRegion: bucket.region,
      })),
    },
    ContinuationToken: mine.length > page.length ? page.at(-1)?.name : undefined,
    Prefix: prefix === '' ? undefined : prefix,
  })
}
