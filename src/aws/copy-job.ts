/** One copy that was looked at and found to be free: what its writers need to know. */
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { BucketPlace } from '../config/estate.ts'
import type { During } from '../domain/aws-errors.ts'
import type { Pace } from '../ports.ts'
import type { Attributes } from './copy-attributes.ts'

export interface CopySide {
  readonly client: S3Client
  readonly place: BucketPlace
  /** Twelve digits: bytes must not go to, or come from, a stranger's bucket that was given a freed name. */
  readonly owner: string
}

export interface CopyJob {
  readonly key: string
  /** Where the copy has another key than the original. */
  readonly toKey?: string | undefined
  readonly versionId: string
  readonly from: CopySide
  readonly to: CopySide
  /** The source's version, with its checksums where they may be read. */
  readonly head: HeadObjectCommandOutput
  readonly size: number
  readonly attributes: Attributes
  /** Where the writer has to name the tags itself; undefined for none. */
  readonly tagging: string | undefined
  /** On what the key holds at `to`: the write is refused when somebody else was there since. */
  readonly condition: { readonly IfMatch: string } | { readonly IfNoneMatch: '*' }
  /** S3 copies by itself: one principal may read `from` and write `to`. */
  readonly direct: boolean
  /**
   * Direct copies name no version but read the current one, on the condition of its ETag: S3 then refuses what was
   * overwritten or deleted in the very moment. False for a copy in place, whose own condition does that.
   */
  readonly current: boolean
  /** Looks at both sides again, for writes that take long; throws `Stopped` when it is not free any more. */
  readonly lookAgain: () => Promise<void>
  readonly pace: Pace
  readonly signal: AbortSignal | undefined
}

export interface Written {
  readonly versionId: string
}

export function reading({ from, key }: CopyJob): During {
  return { action: 's3:GetObjectVersion', resource: `${from.place.bucket}/${key}`, region: from.place.region }
}

export function writing({ to, key, toKey = key }: CopyJob): During {
  return { action: 's3:PutObject', resource: `${to.place.bucket}/${toKey}`, region: to.place.region }
}

/** The members by which CopyObject and UploadPartCopy name their source. */
export function copySourceOf({ from, to, key, versionId, head, current }: CopyJob) {
  const path = `${from.place.bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
  return {
    CopySource: current ? path : `${path}?versionId=${encodeURIComponent(versionId)}`,
    CopySourceIfMatch: head.ETag,
    ExpectedBucketOwner: to.owner,
    ExpectedSourceBucketOwner: from.owner,
  }
}
