/** The versions of a bucket below a prefix: a lifecycle hides keys behind markers, and a version stays readable. */
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import type { DumpStore, ListedVersion } from '../ports.ts'
import { abortable } from './clients.ts'
import { type DumpPlaceNeeds, send } from './dump-place.ts'

export function makeVersions(at: DumpPlaceNeeds): DumpStore['versions'] {
  const { aws, place, owner } = at
  return async ({ prefix, after, signal }) => {
    const command = new ListObjectVersionsCommand({
      Bucket: place.bucket,
      ExpectedBucketOwner: owner,
      Prefix: prefix,
      // XML 1.0 has no way to write control characters, which keys may hold.
      EncodingType: 'url',
      ...(after !== undefined && { KeyMarker: after.key }),
      ...(after?.versionId !== undefined && { VersionIdMarker: after.versionId }),
    })
    const page = await send(at, 's3:ListBucketVersions', async () => aws.s3(place).send(command, abortable(signal)))
    const objects = (page.Versions ?? []).map((entry): ListedVersion => {
      const etag = entry.ETag?.replaceAll('"', '')
      return { ...common(entry), kind: 'object', size: entry.Size ?? 0, ...(etag !== undefined && { etag }) }
    })
    const markers = (page.DeleteMarkers ?? []).map((entry): ListedVersion => ({
      ...common(entry),
      kind: 'marker',
      size: 0,
    }))
    const versions = [...objects, ...markers].toSorted(byKeyAndTime)
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return { versions }
    const versionId = page.NextVersionIdMarker
    return { versions, next: { key: decoded(page.NextKeyMarker), ...(versionId !== undefined && { versionId }) } }
  }
}

interface Entry {
  readonly Key?: string | undefined
  readonly VersionId?: string | undefined
  readonly IsLatest?: boolean | undefined
  readonly LastModified?: Date | undefined
}

function common(entry: Entry) {
  return {
    key: decoded(entry.Key ?? ''),
    versionId: entry.VersionId ?? 'null',
    latest: entry.IsLatest === true,
    lastModified: entry.LastModified?.getTime() ?? 0,
  }
}

/** S3 gives objects and markers as two lists; of one key the latest goes first, then by time. */
function byKeyAndTime(one: ListedVersion, other: ListedVersion): number {
  const keys = Buffer.compare(Buffer.from(one.key), Buffer.from(other.key))
  if (keys !== 0) return keys
  return Number(other.latest) - Number(one.latest) || other.lastModified - one.lastModified
}

function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
