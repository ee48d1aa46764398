import type { Reply } from '../../types.ts'
import { invalidArgument } from '../errors.ts'
import { contentsXml, listAsk, ownerXml, prefixesXml, wholeSeconds } from '../listing.ts'
import { type BucketRequest, checkVersionId, query } from '../request.ts'
import { type ListedVersion, listVersions } from '../store/listing.ts'
import { document, elements, escapeXml, rawXmlReply, xml } from '../xml.ts'

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
  const owner = ownerXml(request)
  const head = elements({
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
  })
  let entries = ''
  for (const listed of page.entries) entries += entry(listed, encode, owner)
  const prefixes = xml('CommonPrefixes', prefixesXml(page.commonPrefixes, encode))
  return rawXmlReply(document('ListVersionsResult', head + entries + prefixes))
}

/** The elements of versions and markers are mixed, in the order of the listing. */
function entry({ version, isLatest }: ListedVersion, encode: (text: string) => string, owner: string): string {
  const shared = `<VersionId>${version.versionId}</VersionId><IsLatest>${isLatest}</IsLatest>${owner}`
  if (!version.deleteMarker) return `<Version>${contentsXml(version, encode)}${shared}</Version>`
  const modified = `<LastModified>${wholeSeconds(version.lastModified)}</LastModified>`
  return `<DeleteMarker><Key>${escapeXml(encode(version.key))}</Key>${modified}${shared}</DeleteMarker>`
}
