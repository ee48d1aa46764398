import { describe, expect, it } from 'vitest'
import { readVersionPage } from '../../../src/aws/version-xml.ts'

const page = (inside: string): Buffer =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListVersionsResult>`,
  )

const AWS = `<Name>b</Name><Prefix/><KeyMarker></KeyMarker><VersionIdMarker/><NextKeyMarker>a%2Bb+c</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker><MaxKeys>3</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
<DeleteMarker><Key>a%2Bb+c</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-15T12:00:00.000Z</LastModified><Owner><ID>x</ID><DisplayName>Version</DisplayName></Owner></DeleteMarker>
<Version><Key>a%2Bb+c</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest><LastModified>2026-01-15T11:00:00.000Z</LastModified><ETag>&quot;d41d-2&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>5000000000</Size><StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus><Owner><ID>x</ID></Owner></Version>
<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>`

describe('a page of versions', () => {
  it('is read in its own order, with S3 elements in any order', () => {
    expect(readVersionPage(page(AWS))).toEqual({
      versions: [
        { key: 'a+b c', versionId: 'v1', kind: 'marker', lastModified: Date.UTC(2026, 0, 15, 12), latest: true },
        {
          key: 'a+b c',
          versionId: 'v2',
          kind: 'object',
          size: 5e9,
          etag: 'd41d-2',
          lastModified: Date.UTC(2026, 0, 15, 11),
          latest: false,
        },
      ],
      next: { key: 'a+b c', versionId: 'v2' },
    })
  })

  it('ends at upTo', () => {
    expect(readVersionPage(page(AWS), 'a')).toEqual({ versions: [] })
    expect(readVersionPage(page(AWS), 'b').next).toBeDefined()
  })

  it('of a store that ignores the encoding is taken as it is', () => {
    const plain =
      '<IsTruncated>false</IsTruncated><Version><Key>ä%20&amp;&#x1;+</Key><VersionId>null</VersionId><Size>0</Size></Version>'
    expect(readVersionPage(page(plain)).versions[0]).toMatchObject({ key: 'ä%20&\u0001+', versionId: 'null', size: 0 })
  })

  it('may be empty', () => {
    expect(readVersionPage(page('<IsTruncated>false</IsTruncated>'))).toEqual({ versions: [] })
  })

  it.each([
    ['is none', Buffer.from('<html>gateway</html>')],
    ['is cut off', page(AWS).subarray(0, 600)],
    ['ends without a marker', page('<IsTruncated>true</IsTruncated>')],
    ['has a key that is no UTF-8', page('<EncodingType>url</EncodingType><Version><Key>%FF</Key></Version>')],
  ])('that %s is an error, never an end', (_name, bytes) => {
    expect(() => readVersionPage(bytes)).toThrow(expect.objectContaining({ code: 'AWS_ERROR' }) as Error)
  })
})
