import type { Reply } from '../../types.ts'
import { checkCustomerKey, customerKeyOf } from '../attributes.ts'
import { checkRead } from '../conditions.ts'
import { invalidArgument } from '../errors.ts'
import { findObject, versionHeader } from '../find.ts'
import { checksumElements } from '../listing.ts'
import { type BucketRequest, header, query } from '../request.ts'
import type { StoredVersion } from '../store/version.ts'
import { type XmlValue, xmlReply } from '../xml.ts'

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']

export function getObjectAttributes(request: BucketRequest): Reply {
  const { access, bucket, key } = request
  // Its route asks for the attributes' own grant; S3 wants the right to read, too.
  access.check(bucket, query(request, 'versionId') === undefined ? 's3:GetObject' : 's3:GetObjectVersion', key)
  const asked = (header(request, 'x-amz-object-attributes') ?? '').split(',').map((each) => each.trim())
  const strange = asked.find((each) => !ATTRIBUTES.includes(each))
  if (strange !== undefined) {
    throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', strange)
  }
  const version = findObject(request)
  checkCustomerKey(version.customerKeyMd5, customerKeyOf(request.headers))
  checkRead(request.headers, version)
  const wants = (name: string): boolean => asked.includes(name)
  const content = {
    ETag: wants('ETag') ? version.etag : undefined,
    Checksum: wants('Checksum') ? checksumElements(version.checksum) : undefined,
    ObjectParts: wants('ObjectParts') ? partsXml(request, version) : undefined,
    StorageClass: wants('StorageClass') ? version.storageClass : undefined,
    ObjectSize: wants('ObjectSize') ? version.size : undefined,
  }
  return xmlReply('GetObjectAttributesResponse', content, {
    ...versionHeader(bucket, version),
    'last-modified': new Date(version.lastModified).toUTCString(),
  })
}

/** The parts themselves come only where they have checksums of their own; this store keeps their sizes alone. */
function partsXml(request: BucketRequest, { partSizes }: StoredVersion): XmlValue {
  if (partSizes === undefined) return undefined
  const most = Number(header(request, 'x-amz-max-parts') ?? 1000)
  const marker = Number(header(request, 'x-amz-part-number-marker') ?? 0)
  const page = partSizes.slice(marker, marker + most)
  return {
    PartsCount: partSizes.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: marker + page.length,
    MaxParts: most,
    IsTruncated: marker + page.length < partSizes.length,
    Part: page.map((size, index) => ({ PartNumber: marker + index + 1, Size: size })),
  }
}
