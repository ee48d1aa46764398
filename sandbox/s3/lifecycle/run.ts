/** Carries out a bucket's lifecycle rules, when told to: S3 does so once a day. */
import type { Bucket } from '../store/bucket.ts'
import { lengthOf, newestAt } from '../store/chain.ts'
import type { S3Store, Writer } from '../store/store.ts'
import type { StoredVersion } from '../store/version.ts'
import { dueOf, midnightAfter } from './due.ts'
import { type LifecycleRule, readRules } from './rules.ts'

/** What was done. */
export interface LifecycleCounts {
  /** Current versions that expired: delete markers that were added, or objects of an unversioned bucket that are gone. */
  expired: number
  /** Noncurrent versions that were deleted for good. */
  purged: number
  /** Delete markers that were all that was left of their keys. */
  markers: number
  /** Unfinished uploads. */
  aborted: number
}

const PRINCIPAL = 's3.amazonaws.com'

/** @param now as of when: nothing here looks at the clock, but for the times of what is written */
export function runLifecycle(store: S3Store, bucket: Bucket, now: number, requestId: string): LifecycleCounts {
  const counts: LifecycleCounts = { expired: 0, purged: 0, markers: 0, aborted: 0 }
  const document = bucket.documents.get('lifecycle')
  if (document === undefined) return counts
  const rules = readRules(document)
  const writer: Writer = { principal: PRINCIPAL, requestId, lifecycle: true }
  // A cursor does not outlive changes of what it walks over: so first all that is due, then the deeds.
  const deeds: (() => void)[] = []
  for (const cursor = bucket.objects.seek('', false); cursor.value !== undefined; cursor.next()) {
    const chain = cursor.value
    const versions: StoredVersion[] = []
    for (let at = 0; at < lengthOf(chain); at += 1) versions.push(newestAt(chain, at)!)
    const { key } = versions[0]!
    const due = dueOf(versions, rules, now)
    if (due.purges.length === 0 && !due.expires) continue
    deeds.push(() => {
      for (const { versionId } of due.purges) store.purge(bucket, key, versionId, writer)
      if (due.expires) store.remove(bucket, key, writer)
    })
    counts[due.loneMarker ? 'markers' : 'purged'] += due.purges.length
    if (due.expires) counts.expired += 1
  }
  for (const deed of deeds) deed()
  counts.aborted = abortUploads(bucket, rules, now)
  return counts
}

function abortUploads(bucket: Bucket, rules: readonly LifecycleRule[], now: number): number {
  let aborted = 0
  for (const { id, key, initiated } of bucket.uploads.values()) {
    const due = rules.some(
      ({ abortDays, filter }) =>
        abortDays !== undefined && key.startsWith(filter.prefix) && now >= midnightAfter(initiated, abortDays),
    )
    if (!due) continue
    bucket.uploads.delete(id)
    aborted += 1
  }
  return aborted
}
