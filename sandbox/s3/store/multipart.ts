import type { StoredChecksum } from '../../types.ts'
import type { Algorithm } from '../checksums/checksum.ts'
import type { VersionDraft } from './version.ts'

export interface StoredPart {
  readonly number: number
  readonly body: Buffer
  /** Hex MD5 of the part. */
  readonly etag: string
  readonly lastModified: number
  /** Of the upload's algorithm. */
  readonly checksum: StoredChecksum
}

/** What the finished object takes over from CreateMultipartUpload. */
export type ObjectAttributes = Pick<
  VersionDraft,
  'contentType' | 'metadata' | 'headers' | 'tags' | 'storageClass' | 'sse' | 'customerKeyMd5' | 'lock'
>

export interface MultipartUpload {
  readonly id: string
  readonly key: string
  readonly initiated: number
  readonly attributes: ObjectAttributes
  /** Absent where the client asked for none: parts then get S3's own CRC64NVME, and so does the object. */
  readonly algorithm: Algorithm | undefined
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE'
  readonly parts: Map<number, StoredPart>
}
