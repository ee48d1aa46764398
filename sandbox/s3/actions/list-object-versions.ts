import type { Reply } from '../../types.ts'
import { invalidArgument } from '../errors.ts'
import { contentsOf, listAsk, ownerIn, prefixesXml, wholeSeconds } from '../listing.ts'
import { type BucketRequest, checkVersionId, query } from '../request.ts'
import { type ListedVersion, listVersions } from '../store/listing.ts'
import { document, rawXmlReply, xml, type XmlValue } from '../xml.ts'

/** Versions and markers in one sequence: byte order of the keys, newest first in each. */
export function listObjectVersions(request: BucketRequest): Reply {
  const asked = listAsk(request)
  const { encode, delimiter } = asked
  const key = query(request, 'key-marker') ?? ''
  const versionId = query(request, 'version-id-marker') ?? ''
  if (versionId !== '' && key === '') {
    const message = 'A version-id marker cannot be specified without a key marker.'
    throw invalidArgument(message, 'version-id-marker', versionId)
  }
  if (versionId !== '') checkVersionId(versionId, 'version-id-marker')
  const after = key === '' ? undefined : { key, versionId: versionId === '' ? undefined : versionId }
  const page = listVersions(request.bucket, asked, after)
  const owner = ownerIn(request)
  const head: Record<string, XmlValue> = {
    Name: request.bucketName,
    Prefix: encode(asked.prefix),
    KeyMarker: encode(key),
    VersionIdMarker: versionId,
    NextKeyMarker: page.next && encode(page.next.key),
    NextVersionIdMarker: page.next?.versionId,
    MaxKeys: asked.maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    IsTruncated: page.next !== undefined,
    EncodingType: asked.encodingType,
  }
  let inside = fields(head)
  for (const listed of page.entries) inside += entry(listed, encode, owner)
  inside += xml('CommonPrefixes', prefixesXml(page.commonPrefixes, encode))
  return rawXmlReply(document('ListVersionsResult', inside))
}

function fields(of: Record<string, XmlValue>): string {
  return Object.entries(of).reduce((text, [name, value]) => text + xml(name, value), '')
}

/** The elements of versions and markers are mixed, in the order of the listing: a list of each would lose it. */
function entry({ version, isLatest }: ListedVersion, encode: (text: string) => string, owner: XmlValue): string {
  const shared = { VersionId: version.versionId, IsLatest: isLatest, Owner: owner }
  if (!version.deleteMarker) return xml('Version', { ...contentsOf(version, encode), ...shared })
  const marker = { Key: encode(version.key), LastModified: wholeSeconds(version.lastModified), ...shared }
  return xml('DeleteMarker', marker)
}
