/**
 * May we list a bucket? The answer gives S3's bodyless HEAD errors their meaning, and is kept for a while.
 *
 * Source: Amazon S3 API reference, HeadObject, "Permissions": a missing key answers 404 with `s3:ListBucket`, else 403.
 */
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { BucketPlace } from '../config/estate.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { Clock } from '../ports.ts'
import type { Aws } from './clients.ts'
import { awsError } from '../domain/aws-errors.ts'

/** - `readable`: it is there, and we may list it · `hidden`: listing is denied, so absence can't be told */
export type Access = 'readable' | 'hidden'

/** Long enough to cost nothing beside the looks, short enough that a new grant, or a deleted bucket, is seen soon. */
const KEEP_MS = 2 * 60_000

export function makeBucketAccess(needs: { readonly aws: Pick<Aws, 's3'>; readonly clock: Clock }): {
  /** Throws what `awsError` makes of a listing that failed for another reason than a missing grant; that is not kept. */
  of(place: BucketPlace): Promise<Access>
} {
  const known = new Map<string, { readonly until: number; readonly access: Promise<Access> }>()
  return {
    async of(place) {
      const name = `${place.account} ${place.region} ${place.bucket}`
      const now = needs.clock.now()
      const kept = known.get(name)
      if (kept !== undefined && kept.until > now) return kept.access
      // Kept while it runs: a thousand looks refused at one time ask once.
      const entry = { until: now + KEEP_MS, access: probe(needs.aws, place) }
      known.set(name, entry)
      try {
        return await entry.access
      } catch (error) {
        if (known.get(name) === entry) known.delete(name)
        throw error
      }
    },
  }
}

/** One `ListObjectsV2` of one key. Its errors have bodies, unlike HeadBucket's, so each is told from the others. */
export async function probe(aws: Pick<Aws, 's3'>, place: BucketPlace): Promise<Access> {
  try {
    await aws.s3(place).send(new ListObjectsV2Command({ Bucket: place.bucket, MaxKeys: 1 }))
    return 'readable'
  } catch (error) {
    const fault = awsError(error, { action: 's3:ListBucket', resource: place.bucket, region: place.region })
    // A denied AssumeRole comes as a LandfallError already: that is about the credentials, not about this bucket.
    if (isLandfallError(fault) && fault.code === 'ACCESS_DENIED' && !isLandfallError(error)) return 'hidden'
    throw fault
  }
}
