import type { Reply } from '../../types.ts'
import { invalidArgument } from '../errors.ts'
import { contentsXml, listAsk, ownerXml, prefixesXml } from '../listing.ts'
import { type BucketRequest, query } from '../request.ts'
import { listObjects as list } from '../store/listing.ts'
import { document, elements, rawXmlReply, xml } from '../xml.ts'

export function listObjectsV2(request: BucketRequest): Reply {
  const asked = listAsk(request)
  const { encode, delimiter } = asked
  const token = query(request, 'continuation-token')
  const startAfter = query(request, 'start-after')
  const after = token === undefined ? startAfter : fromToken(token)
  const page = list(request.bucket, asked, after === '' ? undefined : after)
  const owner = query(request, 'fetch-owner') === 'true' ? ownerXml(request) : ''
  const head = elements({
    Name: request.bucketName,
    Prefix: encode(asked.prefix),
    ContinuationToken: token,
    NextContinuationToken: page.next === undefined ? undefined : toToken(page.next.key),
    StartAfter: startAfter === undefined ? undefined : encode(startAfter),
    KeyCount: page.entries.length + page.commonPrefixes.length,
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

/** Opaque to clients. The mark in front tells a token from anything else that a client may send. */
const MARK = 'after:'

function toToken(key: string): string {
  return Buffer.from(MARK + key, 'utf8').toString('base64')
}

function fromToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (text.startsWith(MARK)) return text.slice(MARK.length)
  throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token)
}
