/**
 * What belongs to an object beside its bytes, and has to be carried over by whoever copies it. Pure.
 *
 * Source: Amazon S3 API reference, HeadObject and CopyObject; user guide, "Copying, moving, and renaming objects".
 */
import type { CopyObjectCommandInput, HeadObjectCommandOutput, Tag } from '@aws-sdk/client-s3'
import { Stopped } from './copy-stops.ts'

/** The members that CopyObject, PutObject and CreateMultipartUpload share. */
export type Attributes = Pick<
  CopyObjectCommandInput,
  | 'Metadata'
  | 'ContentType'
  | 'ContentEncoding'
  | 'ContentDisposition'
  | 'ContentLanguage'
  | 'CacheControl'
  | 'Expires'
  | 'WebsiteRedirectLocation'
  | 'StorageClass'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ObjectLockLegalHoldStatus'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'BucketKeyEnabled'
>

export type Encryption = Pick<Attributes, 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'>

/** Readable only after a restore, which is nobody's order. */
const ARCHIVED: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/**
 * `mark`: Landfall's own metadata, added to the object's. `now`: ms; S3 refuses locks that end in the past.
 * Throws `Stopped` for what can't be carried over whole.
 */
export function attributesOf(
  head: HeadObjectCommandOutput,
  {
    mark,
    encryption,
    storageClass,
    now,
  }: {
    readonly mark: Readonly<Record<string, string>>
    readonly encryption: Encryption
    /** In place of the object's own: what the replication rule says. */
    readonly storageClass?: string | undefined
    readonly now: number
  },
): Attributes {
  if ((head.MissingMeta ?? 0) > 0) throw new Stopped('it has metadata that S3 does not hand out')
  const own = head.StorageClass
  if (own !== undefined && ARCHIVED.has(own))
    throw new Stopped(`it is archived (${own}), and would have to be restored first`)
  const found = {
    Metadata: { ...head.Metadata, ...mark },
    ContentType: head.ContentType,
    ContentEncoding: head.ContentEncoding,
    ContentDisposition: head.ContentDisposition,
    ContentLanguage: head.ContentLanguage,
    CacheControl: head.CacheControl,
    Expires: expiresOf(head),
    WebsiteRedirectLocation: head.WebsiteRedirectLocation,
    StorageClass: (storageClass ?? own) as Attributes['StorageClass'],
    ...lockOf(head, now),
    ...encryption,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Attributes
}

/** The header is free text, and only a date can be written by the SDK. */
function expiresOf({ ExpiresString: text }: HeadObjectCommandOutput): Date | undefined {
  if (text === undefined) return undefined
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new Stopped(`its Expires header is no date: ${text}`)
  return date
}

function lockOf(head: HeadObjectCommandOutput, now: number): Partial<Attributes> {
  const until = head.ObjectLockRetainUntilDate
  const retained = head.ObjectLockMode !== undefined && until !== undefined && until.getTime() > now
  return {
    ...(retained && { ObjectLockMode: head.ObjectLockMode, ObjectLockRetainUntilDate: until }),
    ...(head.ObjectLockLegalHoldStatus === 'ON' && { ObjectLockLegalHoldStatus: 'ON' as const }),
  }
}

/** As the header `x-amz-tagging` has them; undefined for none. */
export function taggingOf(tags: readonly Tag[]): string | undefined {
  if (tags.length === 0) return undefined
  return new URLSearchParams(tags.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])).toString()
}

const FULL = [
  ['CRC64NVME', 'ChecksumCRC64NVME'],
  ['CRC32', 'ChecksumCRC32'],
  ['CRC32C', 'ChecksumCRC32C'],
  ['SHA256', 'ChecksumSHA256'],
  ['SHA1', 'ChecksumSHA1'],
] as const

export interface KnownChecksum {
  readonly algorithm: (typeof FULL)[number][0]
  readonly field: (typeof FULL)[number][1]
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
  readonly value: string
}

/** The object's checksum, by an algorithm that we can ask for again. */
export function checksumOf(head: HeadObjectCommandOutput): KnownChecksum | undefined {
  for (const [algorithm, field] of FULL) {
    const value = head[field]
    if (value === undefined) continue
    const composite = head.ChecksumType === undefined ? /-\d+$/.test(value) : head.ChecksumType === 'COMPOSITE'
    return { algorithm, field, type: composite ? 'COMPOSITE' : 'FULL_OBJECT', value }
  }
  return undefined
}

/** Whether the ETag is made of MD5s of the bytes: not under KMS or a customer's key. */
export function hasPlainEtag(
  head: Pick<HeadObjectCommandOutput, 'ServerSideEncryption' | 'SSECustomerAlgorithm'>,
): boolean {
  return head.SSECustomerAlgorithm === undefined && head.ServerSideEncryption?.startsWith('aws:kms') !== true
}

export function bare(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}
