import type { Reply } from '../../types.ts'
import { contentsOf, listAsk, ownerIn, prefixesXml } from '../listing.ts'
import { type BucketRequest, query } from '../request.ts'
import { listObjects as list } from '../store/listing.ts'
import { xmlReply } from '../xml.ts'

/** Version 1. `NextMarker` comes only with a delimiter; without one the last key is the marker. */
export function listObjects(request: BucketRequest): Reply {
  const asked = listAsk(request)
  const { encode, delimiter } = asked
  const marker = query(request, 'marker') ?? ''
  const page = list(request.bucket, asked, marker === '' ? undefined : marker)
  const owner = ownerIn(request)
  return xmlReply('ListBucketResult', {
    Name: request.bucketName,
    Prefix: encode(asked.prefix),
    Marker: encode(marker),
    NextMarker: page.next !== undefined && delimiter !== '' ? encode(page.next.key) : undefined,
    MaxKeys: asked.maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    IsTruncated: page.next !== undefined,
    EncodingType: asked.encodingType,
    Contents: page.entries.map((version) => ({ ...contentsOf(version, encode), Owner: owner })),
    CommonPrefixes: prefixesXml(page.commonPrefixes, encode),
  })
}
