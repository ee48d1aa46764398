/**
 * The versions of one key, by `ListObjectVersions`: needs `s3:ListBucketVersions` alone, no right to read objects.
 *
 * The listing goes by key in UTF-8 order, versions newest first, so `Prefix=key` begins with the key's own versions,
 * and the first entry of another key ends them, however many keys share the prefix.
 * Source: Amazon S3 API reference, ListObjectVersions.
 */
import {
  ListObjectVersionsCommand,
  type DeleteMarkerEntry,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  type S3Client,
} from '@aws-sdk/client-s3'
import { LandfallError } from '../domain/errors.ts'
import type { Look } from '../ports.ts'
import { abortable } from './clients.ts'
import { lookOfMarker, lookOfVersion, type Seen } from './looks.ts'

interface KeyAt {
  readonly bucket: string
  readonly key: string
  readonly signal?: AbortSignal | undefined
}

/** Nearly every key has few versions, and the rest of a full page is other keys: 400 kB of XML to parse for nothing. */
const FIRST_PAGE = 20
const FULL_PAGE = 1000

/** Pages are read until the version id turns up, or the key is over. */
export async function listVersion(s3: S3Client, at: KeyAt & { readonly versionId: string }): Promise<Look> {
  for await (const page of pagesOf(s3, at, FIRST_PAGE)) {
    const found = page.find((seen) => seen.versionId === at.versionId)
    if (found !== undefined) return found
  }
  return { kind: 'absent' }
}

/** Newest first. */
export async function listKey(s3: S3Client, at: KeyAt & { readonly limit: number }): Promise<readonly Seen[]> {
  const all: Seen[] = []
  if (at.limit <= 0) return all
  for await (const page of pagesOf(s3, at, at.limit)) {
    all.push(...page.slice(0, at.limit - all.length))
    if (all.length >= at.limit) break
  }
  return all
}

async function* pagesOf(s3: S3Client, at: KeyAt, firstPage: number): AsyncGenerator<readonly Seen[]> {
  let after: string | undefined
  for (;;) {
    const page = await s3.send(
      new ListObjectVersionsCommand({
        Bucket: at.bucket,
        Prefix: at.key,
        MaxKeys: after === undefined ? Math.min(firstPage, FULL_PAGE) : FULL_PAGE,
        // XML 1.0 has no way to write control characters, which keys may hold.
        EncodingType: 'url',
        ...(after === undefined ? {} : { KeyMarker: at.key, VersionIdMarker: after }),
      }),
      abortable(at.signal),
    )
    const { seen, over } = ownEntries(page, at.key)
    yield seen
    // Truncated, and no entry of another key yet: the page ended amid this key's versions.
    if (over || page.IsTruncated !== true) return
    after = page.NextVersionIdMarker
    // Ending here would report versions as absent that are only on the next page.
    if (after === undefined)
      throw new LandfallError('AWS_ERROR', `a listing of ${at.bucket} ends without its next marker`)
  }
}

function ownEntries(
  page: ListObjectVersionsCommandOutput,
  key: string,
): { readonly seen: readonly Seen[]; readonly over: boolean } {
  const all = page.Versions ?? []
  const allMarkers = page.DeleteMarkers ?? []
  const isOwn = (entry: { readonly Key?: string | undefined }): boolean => decoded(page, entry.Key ?? '') === key
  const versions = all.filter(isOwn)
  const markers = allMarkers.filter(isOwn)
  return {
    seen: merged(versions, markers),
    over: versions.length < all.length || markers.length < allMarkers.length,
  }
}

/**
 * The document interleaves versions and markers; the SDK hands them over as two lists, each newest first. The latest is
 * known by its flag, the others by their times: whole seconds, and a marker is taken as newer where both fall into one.
 */
function merged(versions: readonly ObjectVersion[], markers: readonly DeleteMarkerEntry[]): readonly Seen[] {
  const seen: Seen[] = []
  let v = 0
  let m = 0
  while (v < versions.length || m < markers.length) {
    const version = versions[v]
    const marker = markers[m]
    if (version !== undefined && (marker === undefined || isNewer(version, marker))) {
      seen.push(lookOfVersion(version))
      v++
    } else if (marker !== undefined) {
      seen.push(lookOfMarker(marker))
      m++
    }
  }
  return seen
}

function isNewer(version: ObjectVersion, marker: DeleteMarkerEntry): boolean {
  if (version.IsLatest === true) return true
  if (marker.IsLatest === true) return false
  return (version.LastModified?.getTime() ?? 0) > (marker.LastModified?.getTime() ?? 0)
}

/** S3 writes a space as `+`. Stores that ignore the encoding say so by leaving `EncodingType` out. */
function decoded(page: ListObjectVersionsCommandOutput, key: string): string {
  return page.EncodingType === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key
}
