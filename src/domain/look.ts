/**
 * What one look at one side, or a destination's own event, says about one version. Plain data: `aws/` makes it,
 * `decide()` reads it.
 */
import type { VersionId63 } from './version.ts'

export type Side = 'source' | 'destination'

/** `COMPLETED` also where S3 spells it `COMPLETE`. Absent: S3 says this version is not replicated. */
export type ReplicationStatus = 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA'

export interface Checksum {
  readonly algorithm: string
  /** Values may be compared only where algorithm **and** type are equal. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE' | undefined
  readonly value: string
}

/** What one look at one side says about one version. */
export type Look =
  | {
      readonly kind: 'object'
      readonly versionId: string
      readonly size: number
      readonly etag?: string | undefined
      readonly lastModified?: number | undefined
      /** Only HEAD tells; `unknown` where the look was a listing. */
      readonly replication: ReplicationStatus | 'none' | 'unknown'
      readonly checksums: readonly Checksum[]
      /** Number of tags; undefined where the look can't tell. */
      readonly tags?: number | undefined
      /** `MODE until` and legal hold, as one comparable string; undefined where none, or the look can't tell. */
      readonly lock?: string | undefined
      readonly storageClass?: string | undefined
      /** Landfall's own metadata (repair/marks.ts), which only HEAD tells: the source's version that it is a copy of. */
      readonly copyOf?: string | undefined
      /** ... and the version that this one, a copy in place at the source, stands for. */
      readonly retriggerOf?: string | undefined
    }
  | { readonly kind: 'marker'; readonly versionId: string }
  /** Not there: 404 with the right to list, or not in the listing. */
  | { readonly kind: 'absent' }
  /** We may not, or cannot, look (403; 400 for SSE-C): this is never `absent`. `grant` is the action to ask for. */
  | { readonly kind: 'refused'; readonly status: number; readonly grant: string }

/** A destination's own ObjectCreated for a replica. */
export interface Arrival {
  readonly id: VersionId63
  /** Event time at the destination, ms. */
  readonly time: number
  readonly kind: 'object' | 'marker'
  readonly size?: number | undefined
  readonly etag?: string | undefined
}
