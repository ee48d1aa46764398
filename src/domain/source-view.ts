/** What the looks at the source mean for one version. */
import { bestLook, type PairPolicy, type SourceFact } from './situation.ts'
import type { OpenVersion } from './version.ts'

type How = 'head' | 'list'

/**
 * - `unknown`: no look yet
 * - `pending`, `completed`, `failed`, `replica`: S3's replication status; `none`: S3 says it is not replicated
 * - `silent`: it is there, and the look gives no status (delete markers, listings, pairs that S3 does not replicate)
 * - `other`: this `null` version has other content now
 * - `absent`: deleted for good
 * - `refused`: we may not look
 */
export type SourceView =
  | { readonly kind: 'unknown' | 'pending' | 'completed' | 'failed' | 'replica' | 'none' | 'silent' }
  | { readonly kind: 'other' | 'absent'; readonly how: How }
  | { readonly kind: 'refused'; readonly grant: string }

const STATUS = {
  PENDING: 'pending',
  COMPLETED: 'completed',
  FAILED: 'failed',
  REPLICA: 'replica',
  none: 'none',
  unknown: 'silent',
} as const

export function viewSource(version: OpenVersion, policy: PairPolicy, fact: SourceFact): SourceView {
  const best = bestLook(fact)
  if (best === undefined) return { kind: 'unknown' }
  const { look, how } = best
  switch (look.kind) {
    case 'absent':
      return { kind: 'absent', how }
    case 'refused':
      return { kind: 'refused', grant: look.grant }
    case 'marker':
      // Under any other id than `null` a marker cannot take an object's place; S3 never tells a marker's status.
      return version.versionId === 'null' && version.kind === 'object' ? { kind: 'other', how } : { kind: 'silent' }
    case 'object': {
      if (version.versionId === 'null' && (version.kind === 'marker' || differs(version, look))) {
        return { kind: 'other', how }
      }
      // With `match: content` another tool makes the replicas: S3's status, or that there is none, says nothing.
      if (policy.match === 'content' || version.kind === 'marker' || how === 'list') return { kind: 'silent' }
      return { kind: STATUS[look.replication] }
    }
  }
}

function differs(version: OpenVersion, look: { readonly size: number; readonly etag?: string | undefined }): boolean {
  if (version.size !== undefined && version.size !== look.size) return true
  return version.etag !== undefined && look.etag !== undefined && version.etag !== look.etag
}
