/**
 * A retention as S3 lifecycle rules: the coarsest that never delete what the retention keeps. S3 counts days alone; it
 * knows neither weeks nor months, nor whether a dump was verified (S3 API reference, PutBucketLifecycleConfiguration).
 */
import { catalogPrefix, type DumpKeys } from './catalog.ts'
import type { RetentionCounts } from './retention.ts'

export interface LifecycleRule {
  readonly ID: string
  readonly Status: 'Enabled'
  readonly Filter: { readonly Prefix: string }
  readonly Expiration?: { readonly Days: number } | { readonly ExpiredObjectDeleteMarker: true }
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number }
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number }
}

/** Beyond so many days nothing is kept by the counts. Dumps are taken to be nightly: `last` counts as days. */
export function horizonDays({ last, daily, weekly, monthly, yearly }: RetentionCounts): number {
  return Math.max(last, daily, weekly * 7, monthly * 31, yearly * 366) + 1
}

export function lifecycleOf(
  dump: DumpKeys & { readonly name: string },
  retention: RetentionCounts,
): { readonly Rules: readonly LifecycleRule[] } {
  const days = horizonDays(retention)
  const common = { Status: 'Enabled', Filter: { Prefix: catalogPrefix(dump) } } as const
  return {
    Rules: [
      {
        ID: `landfall-${dump.name}-expire`,
        ...common,
        Expiration: { Days: days },
        // Counted from when it was hidden: another rule of the bucket may hide it long before the horizon.
        NoncurrentVersionExpiration: { NoncurrentDays: days },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      // S3 takes it with no number of days in the same rule.
      { ID: `landfall-${dump.name}-markers`, ...common, Expiration: { ExpiredObjectDeleteMarker: true } },
    ],
  }
}
