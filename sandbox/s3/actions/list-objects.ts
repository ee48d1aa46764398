import type { Reply } from '../../types.ts'
import { contentsXml, listAsk, ownerXml, prefixesXml } from '../listing.ts'
import { type BucketRequest, query } from '../request.ts'
import { listObjects as list } from '../store/listing.ts'
import { document, elements, rawXmlReply, xml } from '../xml.ts'

/** Version 1. `NextMarker` comes only with a delimiter; without one the last key is the marker. */
export function listObjects(request: BucketRequest): Reply {
  const asked = listAsk(request)
  const { encode, delimiter } = asked
  const marker = query(request, 'marker') ?? ''
  const page = list(request.bucket, asked, marker === '' ? undefined : marker)
  const owner = ownerXml(request)
  const head = elements({
    Name: request.bucketName,
    Prefix: encode(asked.prefix),
    Marker: encode(marker),
    NextMarker: page.next !== undefined && delimiter !== '' ? encode(page.next.key) : undefined,
    MaxKeys: asked.maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    IsTruncated: page.next !== undefined,
    EncodingType: asked.encodingType,
  })
  let contents = ''
  for (const version of page.entries) contents += `<Contents>${contentsXml(version, encode)}${owner}</Contents>`
  const prefixes = xml('CommonPrefixes', prefixesXml(page.commonPrefixes, encode))
  return rawXmlReply(document('ListBucketResult', head + contents + prefixes))
}
