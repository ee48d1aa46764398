/**
 * From S3's answers to `Look`s. Pure.
 *
 * Source: Amazon S3 API reference, HeadObject and ListObjectVersions; user guide, "Checking object integrity".
 */
import type { DeleteMarkerEntry, HeadObjectCommandOutput, ObjectVersion } from '@aws-sdk/client-s3'
import { RETRIGGERED, SOURCE_VERSION } from '../domain/repair/marks.ts'
import type { Checksum, Look, ReplicationStatus } from '../ports.ts'

/** HeadObject's answer, by the SDK's names. */
export type HeadAnswer = Omit<HeadObjectCommandOutput, '$metadata'>

export type Seen = Look & { readonly kind: 'object' | 'marker' }

/** Where an answer names its checksums. New algorithms appear: what is not listed here is not compared. */
const CHECKSUMS = [
  ['CRC64NVME', 'ChecksumCRC64NVME'],
  ['CRC32', 'ChecksumCRC32'],
  ['CRC32C', 'ChecksumCRC32C'],
  ['SHA1', 'ChecksumSHA1'],
  ['SHA256', 'ChecksumSHA256'],
] as const satisfies readonly (readonly [string, keyof HeadObjectCommandOutput])[]

export function lookOfHead(head: HeadAnswer, versionId: string): Seen {
  // Not what AWS does (405), but some S3-compatible stores answer 200 with the header.
  if (head.DeleteMarker === true) return { kind: 'marker', versionId }
  return {
    kind: 'object',
    versionId: head.VersionId ?? versionId,
    size: head.ContentLength ?? 0,
    etag: bare(head.ETag),
    lastModified: head.LastModified?.getTime(),
    replication: replicationOf(head.ReplicationStatus),
    checksums: checksumsOf(head),
    // The header is absent where there are none, or where we may not read them: S3 does not say which.
    tags: head.TagCount ?? 0,
    lock: lockOf(head),
    storageClass: head.StorageClass ?? 'STANDARD',
    copyOf: head.Metadata?.[SOURCE_VERSION],
    retriggerOf: head.Metadata?.[RETRIGGERED],
  }
}

/** A listing says nothing of replication, tags and locks, and names algorithms only, not values. */
export function lookOfVersion(version: ObjectVersion): Seen {
  return {
    kind: 'object',
    versionId: version.VersionId ?? 'null',
    size: version.Size ?? 0,
    etag: bare(version.ETag),
    lastModified: version.LastModified?.getTime(),
    replication: 'unknown',
    checksums: [],
    storageClass: version.StorageClass ?? 'STANDARD',
  }
}

export function lookOfMarker(marker: DeleteMarkerEntry): Seen {
  return { kind: 'marker', versionId: marker.VersionId ?? 'null' }
}

/** S3 spells it `COMPLETE` in the SDK's model and `COMPLETED` on the wire; a status yet unknown is no statement. */
export function replicationOf(status: string | undefined): ReplicationStatus | 'none' | 'unknown' {
  switch (status) {
    case undefined:
      return 'none'
    case 'COMPLETE':
    case 'COMPLETED':
      return 'COMPLETED'
    case 'PENDING':
    case 'FAILED':
    case 'REPLICA':
      return status
    default:
      return 'unknown'
  }
}

function checksumsOf(head: HeadAnswer): readonly Checksum[] {
  return CHECKSUMS.flatMap(([algorithm, field]) => {
    const value = head[field]
    return value === undefined ? [] : [{ algorithm, type: typeOf(head.ChecksumType, value), value }]
  })
}

/** Objects from before the type was kept carry none: `-N` (the number of parts) marks a checksum of checksums. */
function typeOf(stated: string | undefined, value: string): Checksum['type'] {
  if (stated === 'FULL_OBJECT' || stated === 'COMPOSITE') return stated
  if (stated !== undefined) return undefined
  return /-\d+$/.test(value) ? 'COMPOSITE' : 'FULL_OBJECT'
}

function lockOf(head: HeadAnswer): string | undefined {
  const until = head.ObjectLockRetainUntilDate
  const parts = [
    ...(head.ObjectLockMode === undefined ? [] : [`${head.ObjectLockMode} ${until?.toISOString() ?? ''}`.trim()]),
    ...(head.ObjectLockLegalHoldStatus === 'ON' ? ['legal hold'] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}

function bare(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', '')
}
