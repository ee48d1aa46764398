/** One question of the domain, asked of the buckets. */
import { isLandfallError } from '../domain/errors.ts'
import type { Ask, FoundLook } from '../domain/situation.ts'
import type { Look, ObjectStore } from '../ports.ts'

/** As many versions and markers of one key as are looked through. */
const KEY_LIMIT = 1000

export type AskBuckets = (
  pair: string,
  key: string,
  ask: Omit<Ask, 'kind'>,
  signal: AbortSignal,
) => Promise<Look | readonly FoundLook[]>

/** Rejects with the `LandfallError` of a look that failed; a denied one is an answer. */
export function makeLook(objects: ObjectStore): AskBuckets {
  return async (pair, key, ask, signal) => {
    const at = { pair, side: ask.side, key, versionId: ask.versionId, signal }
    switch (ask.how) {
      case 'head':
      case 'copy':
      case 'newer':
        return objects.head({ ...at, checksums: ask.checksums })
      case 'list':
        return objects.listVersion(at)
      case 'key':
        return objects.listKey({ ...at, limit: KEY_LIMIT }).catch(refusal)
    }
  }
}

/** A listing that is denied is a look that was refused, as a HEAD's 403 is: the grant is named, and nothing is missing. */
function refusal(error: unknown): Look {
  if (isLandfallError(error) && error.code === 'ACCESS_DENIED') {
    return { kind: 'refused', status: 403, grant: 's3:ListBucketVersions' }
  }
  throw error
}
